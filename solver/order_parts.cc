#include "order_parts.h"

#include <numeric>

namespace l2opt {
namespace {

using Bits = std::vector<uint64_t>;

void set(Bits& bits, int32_t kernel) { bits[kernel >> 6] |= uint64_t{1} << (kernel & 63); }
bool has(const Bits& bits, int32_t kernel) { return bits[kernel >> 6] >> (kernel & 63) & 1; }

// Kernel -> all kernels that `lists` leads to, directly or not.
std::vector<Bits> closure(const Lists& lists, const std::vector<int32_t>& in_order, size_t words) {
  std::vector<Bits> related(lists.size(), Bits(words, 0));
  for (int32_t k : in_order)
    for (const int32_t* b = lists.begin(k); b != lists.end(k); ++b) {
      set(related[k], *b);
      for (size_t w = 0; w < words; ++w) related[k][w] |= related[*b][w];
    }
  return related;
}

// The least load of one kernel's step, from what is surely live.
class Steps {
 public:
  explicit Steps(const Network& network) : network_(network), graph_(network.graph) {
    if (graph_.kernels() > kMostRelated) return;
    above_ = ancestors(network);
    below_ = descendants(network);
  }

  int64_t least(int32_t kernel) const {
    std::vector<int32_t> sources, targets;
    for (const int32_t* c = graph_.choices_of.begin(kernel); c != graph_.choices_of.end(kernel); ++c)
      if (may_die(graph_.choices[*c].source, kernel)) targets.push_back(graph_.choices[*c].target);
    Unit sum = graph_.base;
    for (size_t u = 0; u < graph_.units.size(); ++u) {
      if (!live(static_cast<int32_t>(u), kernel)) continue;
      if (std::find(targets.begin(), targets.end(), graph_.group[u]) != targets.end()) continue;
      sum.plain += graph_.units[u].plain;
      sum.lines += graph_.units[u].lines;
      sum.pad = std::max(sum.pad, graph_.units[u].pad);
    }
    return std::max(sum.plain, sum.lines - sum.pad);
  }

 private:
  bool live(int32_t unit, int32_t kernel) const {
    bool before = graph_.from[unit] != 0, later = graph_.until[unit] != 0;
    for (const int32_t* k = network_.touchers.begin(unit); k != network_.touchers.end(unit); ++k) {
      if (*k == kernel) return true;
      if (above_.empty()) continue;
      before = before || has(above_[kernel], *k);
      later = later || has(below_[kernel], *k);
    }
    return (before && later) || (network_.touchers.count(unit) == 0 && graph_.until[unit]);
  }

  bool may_die(int32_t group, int32_t kernel) const {
    if (below_.empty()) return true;
    for (size_t u = 0; u < graph_.units.size(); ++u) {
      if (graph_.group[u] != group) continue;
      for (const int32_t* k = network_.touchers.begin(u); k != network_.touchers.end(u); ++k)
        if (has(below_[kernel], *k)) return false;
    }
    return true;
  }

  const Network& network_;
  const Graph& graph_;
  std::vector<Bits> above_, below_;
};

}  // namespace

std::vector<int32_t> cuts(const Graph& graph) {
  const auto n = static_cast<int32_t>(graph.kernels());
  // At a cut c, the last kernels before it (no kernel that waits for them is before c) must each have an edge to each
  // of the first after it (all that they wait for is before c). A kernel x is last for c in (x, first that waits for
  // x]; y is first for c in (last that y waits for, y].
  std::vector<int32_t> waits(n, n), needs(n, -1);
  for (int32_t y = 0; y < n; ++y)
    for (const int32_t* x = graph.before.begin(y); x != graph.before.end(y); ++x) {
      waits[*x] = std::min(waits[*x], y);
      needs[y] = std::max(needs[y], *x);
    }
  std::vector<int64_t> lasts(n + 2, 0), firsts(n + 2, 0), edges(n + 2, 0);
  for (int32_t y = 0; y < n; ++y) {
    ++lasts[y + 1], --lasts[waits[y] + 1];
    ++firsts[needs[y] + 1], --firsts[y + 1];
    for (const int32_t* x = graph.before.begin(y); x != graph.before.end(y); ++x)
      if (needs[y] < waits[*x]) ++edges[needs[y] + 1], --edges[waits[*x] + 1];
  }
  std::vector<int32_t> found;
  int64_t last = 0, first = 0, joined = 0;
  for (int32_t c = 0; c <= n; ++c) {
    last += lasts[c], first += firsts[c], joined += edges[c];
    if (joined == last * first || c == 0 || c == n) found.push_back(c);
  }
  return found;
}

Graph part(const Network& whole, const std::vector<int32_t>& order, int32_t lo, int32_t hi) {
  const Graph& graph = whole.graph;
  constexpr int32_t kDone = -1, kLater = -2;
  std::vector<int32_t> place(graph.kernels(), kLater);  // or the index in the part
  for (int32_t i = 0; i < hi; ++i) place[order[i]] = i < lo ? kDone : i - lo;

  Graph result;
  std::vector<int32_t> number(graph.units.size(), -1);
  std::vector<uint8_t> reused(graph.groups, 0);  // touched or needed after the part
  for (size_t u = 0; u < graph.units.size(); ++u) {
    bool from = graph.from[u] != 0, until = graph.until[u] != 0, inside = false;
    const bool idle = whole.touchers.count(u) == 0;
    for (const int32_t* k = whole.touchers.begin(u); k != whole.touchers.end(u); ++k) {
      from = from || place[*k] == kDone;
      until = until || place[*k] == kLater;
      inside = inside || place[*k] >= 0;
    }
    if (until) reused[graph.group[u]] = 1;
    if (inside || (idle && !until && lo == 0)) {
      number[u] = static_cast<int32_t>(result.units.size());
      result.units.push_back(graph.units[u]);
      result.group.push_back(graph.group[u]);
      result.from.push_back(from);
      result.until.push_back(until);
    } else if (until && (from || idle)) {
      result.base.plain += graph.units[u].plain;
      result.base.lines += graph.units[u].lines;
      result.base.pad = std::max(result.base.pad, graph.units[u].pad);
    }
  }
  result.base.plain += graph.base.plain;
  result.base.lines += graph.base.lines;
  result.base.pad = std::max(result.base.pad, graph.base.pad);
  result.groups = graph.groups;
  for (int32_t i = lo; i < hi; ++i) {
    const int32_t k = order[i];
    for (const int32_t* b = graph.before.begin(k); b != graph.before.end(k); ++b)
      if (place[*b] >= 0) result.before.values.push_back(place[*b]);
    for (const int32_t* u = graph.touched.begin(k); u != graph.touched.end(k); ++u)
      result.touched.values.push_back(number[*u]);
    for (const int32_t* c = graph.choices_of.begin(k); c != graph.choices_of.end(k); ++c) {
      if (reused[graph.choices[*c].source]) continue;
      result.choices_of.values.push_back(static_cast<int32_t>(result.choices.size()));
      result.choices.push_back(graph.choices[*c]);
    }
    result.before.close();
    result.touched.close();
    result.choices_of.close();
  }
  return result;
}

std::vector<Bits> ancestors(const Network& network) {
  std::vector<int32_t> order(network.graph.kernels());
  std::iota(order.begin(), order.end(), 0);
  return closure(network.graph.before, order, network.words);
}

std::vector<Bits> descendants(const Network& network) {
  std::vector<int32_t> order(network.graph.kernels());
  std::iota(order.rbegin(), order.rend(), 0);
  return closure(network.after, order, network.words);
}

int64_t least_step(const Network& network) {
  const Steps steps(network);
  int64_t least = 0;
  for (size_t k = 0; k < network.graph.kernels(); ++k) least = std::max(least, steps.least(static_cast<int32_t>(k)));
  return least;
}

}  // namespace l2opt
