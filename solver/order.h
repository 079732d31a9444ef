// Orders of kernels with a low peak load.
//
// A unit is bytes that live from the first kernel that touches it to the last (or from the start, or to the end). The
// load of a step is the bytes live while its kernel runs. Where a kernel may write one group of units over another that
// dies there, the bytes saved are not counted. What is live after a set of kernels has run depends on the set alone.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace l2opt {

// Lists of lists in one array: list i is values[first[i] .. first[i + 1]).
struct Lists {
  std::vector<int32_t> first, values;

  size_t size() const { return first.size() - 1; }
  const int32_t* begin(size_t i) const { return values.data() + first[i]; }
  const int32_t* end(size_t i) const { return values.data() + first[i + 1]; }
  int32_t count(size_t i) const { return first[i + 1] - first[i]; }
};

struct Choice {
  int32_t source, target;  // groups
  int64_t saved;           // bytes
};

struct Graph {
  Lists before;                       // kernel -> kernels that must run earlier
  Lists touched;                      // kernel -> units, each once
  Lists choices_of;                   // kernel -> choices, each target and source taken at most once, in this order
  std::vector<Choice> choices;
  std::vector<int64_t> size;          // unit -> bytes
  std::vector<int32_t> group;         // unit -> its group
  std::vector<uint8_t> from, until;   // unit -> live from the start, live until the end
  int32_t groups = 0;

  size_t kernels() const { return before.size(); }
};

// The largest load of a legal order. O(touches).
int64_t peak_load(const Graph& graph, const std::vector<int32_t>& order);

// A legal order. A beam over sets of kernels: the states of one level have run equally many; equal sets are kept once,
// with the lowest peak. A kernel whose step does not raise the peak and after which the load is no higher is run at once:
// that never hurts. The width follows from `nodes`, the number of kernels tried in all. Deterministic.
std::vector<int32_t> low_order(const Graph& graph, int64_t nodes);

}  // namespace l2opt
