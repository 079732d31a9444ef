// The load of an order by definition, and the least over all orders, for graphs of a few kernels.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "order_graph.h"

namespace l2opt {

constexpr int64_t kNone = int64_t{1} << 60;

// The load of a step by definition: sets of kernels are bits.
class Definition {
 public:
  explicit Definition(const Graph& graph) : graph_(graph), users_(graph.units.size(), 0) {
    for (size_t k = 0; k < graph.kernels(); ++k)
      for (const int32_t* u = graph.touched.begin(k); u != graph.touched.end(k); ++u) users_[*u] |= 1u << k;
  }

  int64_t during(uint32_t done, int32_t kernel) const {
    const uint32_t now = done | 1u << kernel;
    std::vector<int32_t> sources, targets;
    Unit sum = graph_.base;
    for (const int32_t* c = graph_.choices_of.begin(kernel); c != graph_.choices_of.end(kernel); ++c) {
      const Choice& choice = graph_.choices[*c];
      bool dies = std::count(sources.begin(), sources.end(), choice.source) == 0 &&
                  std::count(targets.begin(), targets.end(), choice.target) == 0;
      for (size_t u = 0; u < users_.size(); ++u)
        dies = dies && (graph_.group[u] != choice.source || !(users_[u] & ~now));
      if (!dies) continue;
      sources.push_back(choice.source), targets.push_back(choice.target);
      const Unit& rest = choice.rest;
      sum = {sum.plain + rest.plain, sum.lines + rest.lines, std::max(sum.pad, rest.pad)};
    }
    for (size_t u = 0; u < users_.size(); ++u) {
      const bool begun = graph_.from[u] || users_[u] & now, ended = !graph_.until[u] && !(users_[u] & ~done);
      const bool live = users_[u] ? begun && !ended : graph_.until[u] || done == 0;
      if (!live || std::count(targets.begin(), targets.end(), graph_.group[u]) > 0) continue;
      sum = {sum.plain + graph_.units[u].plain, sum.lines + graph_.units[u].lines,
             std::max(sum.pad, graph_.units[u].pad)};
    }
    return std::max(sum.plain, sum.lines - sum.pad);
  }

  int64_t peak(const std::vector<int32_t>& order) const {
    uint32_t done = 0;
    int64_t peak = 0;
    for (int32_t k : order) {
      peak = std::max(peak, during(done, k));
      done |= 1u << k;
    }
    return peak;
  }

  int64_t least() const {
    const size_t n = graph_.kernels();
    std::vector<int64_t> best(size_t{1} << n, kNone);
    best[0] = 0;
    for (uint32_t done = 0; done + 1 < best.size(); ++done)
      for (size_t k = 0; best[done] < kNone && k < n; ++k) {
        const auto kernel = static_cast<int32_t>(k);
        if (done >> k & 1 ||
            !std::all_of(graph_.before.begin(k), graph_.before.end(k), [&](int32_t b) { return done >> b & 1; }))
          continue;
        int64_t& reached = best[done | 1u << k];
        reached = std::min(reached, std::max(best[done], during(done, kernel)));
      }
    return best.back();
  }

 private:
  const Graph& graph_;
  std::vector<uint32_t> users_;  // unit -> kernels
};

inline bool legal(const Graph& graph, const std::vector<int32_t>& order) {
  std::vector<int32_t> at(graph.kernels(), -1);
  for (size_t i = 0; i < order.size(); ++i) at[order[i]] = static_cast<int32_t>(i);
  for (size_t k = 0; k < graph.kernels(); ++k) {
    if (at[k] < 0) return false;
    for (const int32_t* b = graph.before.begin(k); b != graph.before.end(k); ++b)
      if (at[*b] > at[k]) return false;
  }
  return order.size() == graph.kernels();
}

}  // namespace l2opt
