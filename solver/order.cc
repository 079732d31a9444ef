#include "order.h"

#include <algorithm>
#include <unordered_map>

namespace l2opt {
namespace {

constexpr int32_t kWidest = 64;       // states in a level
constexpr int32_t kMostReady = 4096;  // kernels tried from one state

// What has run so far, and what that leaves live.
class State {
 public:
  explicit State(const Graph& graph)
      : waiting_(graph.kernels()), left_(graph.size.size(), 0), begun_(graph.size.size(), 0),
        group_left_(graph.groups, 0), group_begun_(graph.groups, 0) {
    for (size_t k = 0; k < graph.kernels(); ++k) {
      waiting_[k] = graph.before.count(k);
      if (waiting_[k] == 0) ready.push_back(static_cast<int32_t>(k));
      for (const int32_t* u = graph.touched.begin(k); u != graph.touched.end(k); ++u) {
        ++left_[*u];
        ++group_left_[graph.group[*u]];
      }
    }
    for (size_t u = 0; u < left_.size(); ++u) {
      // What never dies keeps a touch that never comes; what is there from the start has begun.
      if (graph.until[u]) ++left_[u], ++group_left_[graph.group[u]];
      if (!graph.from[u]) continue;
      begun_[u] = 1;
      group_begun_[graph.group[u]] = 1;
      if (left_[u] > 0) load += graph.size[u];
    }
    peak = load;
  }

  struct Step {
    int64_t during, after;  // loads
  };

  Step look(const Graph& graph, int32_t kernel) const {
    int64_t born = 0, freed = 0;
    for (const int32_t* u = graph.touched.begin(kernel); u != graph.touched.end(kernel); ++u) {
      if (!begun_[*u]) born += graph.size[*u];
      if (left_[*u] == 1) freed += graph.size[*u];
    }
    return {load + born - saved(graph, kernel), load + born - freed};
  }

  // `after`: kernel -> kernels that wait for it.
  void run(const Graph& graph, const Lists& after, int32_t kernel) {
    const Step step = look(graph, kernel);
    peak = std::max(peak, step.during);
    load = step.after;
    for (const int32_t* u = graph.touched.begin(kernel); u != graph.touched.end(kernel); ++u) {
      --left_[*u];
      begun_[*u] = 1;
      --group_left_[graph.group[*u]];
      group_begun_[graph.group[*u]] = 1;
    }
    ready.erase(std::lower_bound(ready.begin(), ready.end(), kernel));
    for (const int32_t* k = after.begin(kernel); k != after.end(kernel); ++k)
      if (--waiting_[*k] == 0) ready.insert(std::lower_bound(ready.begin(), ready.end(), *k), *k);
  }

  int64_t load = 0, peak = 0;
  uint64_t set = 0;            // hash of the kernels that have run
  int32_t trail = -1;          // the last of them, in the beam's history
  std::vector<int32_t> ready;  // sorted

 private:
  int64_t saved(const Graph& graph, int32_t kernel) const {
    if (graph.choices_of.count(kernel) == 0) return 0;
    int64_t bytes = 0;
    std::vector<int32_t> used;
    for (const int32_t* c = graph.choices_of.begin(kernel); c != graph.choices_of.end(kernel); ++c) {
      const Choice& choice = graph.choices[*c];
      if (group_begun_[choice.target] || group_left_[choice.source] != touches(graph, kernel, choice.source)) continue;
      if (std::find(used.begin(), used.end(), choice.source) != used.end()) continue;
      if (std::find(used.begin(), used.end(), choice.target) != used.end()) continue;
      used.insert(used.end(), {choice.source, choice.target});
      bytes += choice.saved;
    }
    return bytes;
  }

  static int32_t touches(const Graph& graph, int32_t kernel, int32_t group) {
    return static_cast<int32_t>(std::count_if(graph.touched.begin(kernel), graph.touched.end(kernel),
                                              [&](int32_t u) { return graph.group[u] == group; }));
  }

  std::vector<int32_t> waiting_, left_;
  std::vector<uint8_t> begun_;
  std::vector<int32_t> group_left_;
  std::vector<uint8_t> group_begun_;
};

Lists reversed(const Lists& before) {
  Lists after;
  after.first.assign(before.size() + 1, 0);
  for (int32_t k : before.values) ++after.first[k + 1];
  for (size_t k = 0; k < before.size(); ++k) after.first[k + 1] += after.first[k];
  after.values.resize(before.values.size());
  std::vector<int32_t> next(after.first.begin(), after.first.end() - 1);
  for (size_t k = 0; k < before.size(); ++k)
    for (const int32_t* b = before.begin(k); b != before.end(k); ++b) after.values[next[*b]++] = static_cast<int32_t>(k);
  return after;
}

// A well-mixed hash of one kernel; the hash of a set is the sum over its kernels (splitmix64, Steele et al. 2014).
uint64_t hash(int32_t kernel) {
  uint64_t x = (static_cast<uint64_t>(kernel) + 1) * 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

struct Candidate {
  int64_t peak, load;
  uint64_t set;
  int32_t state, kernel;

  bool operator<(const Candidate& other) const {
    if (peak != other.peak) return peak < other.peak;
    if (load != other.load) return load < other.load;
    if (kernel != other.kernel) return kernel < other.kernel;
    return state < other.state;
  }
};

class Beam {
 public:
  Beam(const Graph& graph, int64_t nodes) : graph_(graph), after_(reversed(graph.before)), nodes_(nodes) {}

  std::vector<int32_t> run() {
    std::vector<State> level{State(graph_)};
    for (size_t step = 0; step < graph_.kernels(); ++step) level = next_level(level, graph_.kernels() - step);
    std::vector<int32_t> order;
    const auto best = std::min_element(level.begin(), level.end(),
                                       [](const State& a, const State& b) { return a.peak < b.peak; });
    for (int32_t at = best->trail; at >= 0; at = history_[at].second) order.push_back(history_[at].first);
    std::reverse(order.begin(), order.end());
    return order;
  }

 private:
  std::vector<State> next_level(std::vector<State>& level, size_t levels_left) {
    std::vector<Candidate> candidates;
    for (size_t i = 0; i < level.size(); ++i) expand(level[i], static_cast<int32_t>(i), candidates);
    std::sort(candidates.begin(), candidates.end());
    const int64_t tries = std::max<int64_t>(1, static_cast<int64_t>(candidates.size() / level.size()));
    const int64_t width = std::clamp<int64_t>(nodes_ / static_cast<int64_t>(levels_left) / tries, 1, kWidest);
    return survivors(level, candidates, static_cast<size_t>(width));
  }

  void expand(const State& state, int32_t index, std::vector<Candidate>& candidates) {
    const size_t first = candidates.size();
    const size_t tried = std::min<size_t>(state.ready.size(), std::max<int64_t>(8, std::min<int64_t>(kMostReady, nodes_)));
    for (size_t r = 0; r < tried; ++r) {
      const int32_t kernel = state.ready[r];
      const State::Step step = state.look(graph_, kernel);
      --nodes_;
      if (step.during <= state.peak && step.after <= state.load) {
        candidates.resize(first);
        candidates.push_back({state.peak, step.after, state.set + hash(kernel), index, kernel});
        return;
      }
      candidates.push_back({std::max(state.peak, step.during), step.after, state.set + hash(kernel), index, kernel});
    }
  }

  std::vector<State> survivors(std::vector<State>& level, const std::vector<Candidate>& candidates, size_t width) {
    std::vector<const Candidate*> kept;
    std::vector<int32_t> uses(level.size(), 0);
    std::unordered_map<uint64_t, int32_t> seen;
    for (const Candidate& candidate : candidates) {
      if (kept.size() == width) break;
      if (!seen.emplace(candidate.set, candidate.kernel).second) continue;
      kept.push_back(&candidate);
      ++uses[candidate.state];
    }
    std::vector<State> next;
    next.reserve(kept.size());
    for (const Candidate* candidate : kept) {
      State& parent = level[candidate->state];
      if (--uses[candidate->state] == 0)
        next.push_back(std::move(parent));
      else
        next.push_back(parent);
      State& state = next.back();
      state.run(graph_, after_, candidate->kernel);
      state.set = candidate->set;
      history_.emplace_back(candidate->kernel, state.trail);
      state.trail = static_cast<int32_t>(history_.size()) - 1;
    }
    return next;
  }

  const Graph& graph_;
  const Lists after_;
  int64_t nodes_;
  std::vector<std::pair<int32_t, int32_t>> history_;  // kernel, the entry before it
};

}  // namespace

int64_t peak_load(const Graph& graph, const std::vector<int32_t>& order) {
  State state(graph);
  const Lists after = reversed(graph.before);
  for (int32_t kernel : order) state.run(graph, after, kernel);
  return state.peak;
}

std::vector<int32_t> low_order(const Graph& graph, int64_t nodes) { return Beam(graph, nodes).run(); }

}  // namespace l2opt
