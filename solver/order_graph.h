// Kernels, the bytes they touch, and the load of a step: what an order of kernels is judged by.
//
// A unit is bytes that live from the first kernel that touches it to the last (or from the start, or to the end). It
// counts twice: `plain`, its bytes, and `lines`, the bytes from each multiple of the alignment that it surely covers up
// to the next one; `pad` is what of its last line it does not fill. Different units cover different multiples, and the
// topmost line needs no padding, so no packing of a set of units is below max(sum of plain, sum of lines - largest
// pad). That is the load of the set. Taking a unit away never raises it: a unit with a pad has at least one line, which
// is more than any pad, and all lines are multiples of the alignment.
//
// The load of a step is that of the units live while its kernel runs; where the kernel may write one group of units
// over another that dies there, or so that both overlap, what counts of the units written is the `rest` that the choice
// leaves. What is live after a set of kernels depends on the set alone.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace l2opt {

// Lists of lists in one array: list i is values[first[i] .. first[i + 1]).
struct Lists {
  std::vector<int32_t> first{0}, values;

  size_t size() const { return first.size() - 1; }
  const int32_t* begin(size_t i) const { return values.data() + first[i]; }
  const int32_t* end(size_t i) const { return values.data() + first[i + 1]; }
  int32_t count(size_t i) const { return first[i + 1] - first[i]; }
  void close() { first.push_back(static_cast<int32_t>(values.size())); }  // what was added to values is one list
};

// List b holds the a whose lists hold b, rising; there are `wanted` of them.
Lists reversed(const Lists& lists, size_t wanted);

struct Unit {
  int64_t plain, lines, pad;  // bytes; pad < the alignment, and 0 if lines is
};

// `target` may be written over `source` by a kernel that is the first to touch the target and the last to touch the
// source. The target is written whole there, so every other kernel that touches it waits for that one; and it counts no
// more, in plain and in lines, than the units of the source that the kernel touches and the rest together. The rest is
// less than the target: in plain, and in lines or else in no pad that is smaller; so a choice never raises a load. A
// kernel with a choice that leaves a rest has one target, and lists the smaller rest first.
struct Choice {
  int32_t source, target;  // groups
  Unit rest{0, 0, 0};      // what counts of the target while the kernel runs
};

struct Graph {
  Lists before;      // kernel -> kernels that must run earlier
  Lists touched;     // kernel -> units, each once
  Lists choices_of;  // kernel -> choices; each target and source taken at most once, in this order
  std::vector<Choice> choices;
  std::vector<Unit> units;
  std::vector<int32_t> group;        // unit -> its group
  std::vector<uint8_t> from, until;  // unit -> live from the start, live until the end
  int32_t groups = 0;
  Unit base{0, 0, 0};  // live throughout, beside the units; the pad is the largest

  size_t kernels() const { return before.size(); }
};

}  // namespace l2opt
