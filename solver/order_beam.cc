#include "order_beam.h"

#include <unordered_map>

namespace l2opt {
namespace {

constexpr int32_t kWidest = 4096;     // states in a level
constexpr int32_t kMostReady = 4096;  // kernels tried from one state

struct Node {
  State state;
  int64_t peak;
  int32_t trail;  // the last kernel that has run, in the history
};

struct Candidate {
  int64_t peak, lines;
  uint64_t set;
  int32_t node, kernel;
  Step step;

  bool operator<(const Candidate& other) const {
    if (peak != other.peak) return peak < other.peak;
    if (lines != other.lines) return lines < other.lines;
    if (kernel != other.kernel) return kernel < other.kernel;
    return node < other.node;
  }
};

class Beam {
 public:
  Beam(const Network& network, int64_t floor, Effort& effort) : network_(network), floor_(floor), effort_(effort) {}

  std::vector<int32_t> run() {
    std::vector<Node> level;
    level.push_back({network_.start(), floor_, -1});
    const size_t n = network_.graph.kernels();
    for (size_t step = 0; step < n; ++step) level = next_level(level, static_cast<int64_t>(n - step));
    const auto best =
        std::min_element(level.begin(), level.end(), [](const Node& a, const Node& b) { return a.peak < b.peak; });
    std::vector<int32_t> order;
    for (int32_t at = best->trail; at >= 0; at = history_[at].second) order.push_back(history_[at].first);
    std::reverse(order.begin(), order.end());
    return order;
  }

 private:
  std::vector<Node> next_level(std::vector<Node>& level, int64_t levels_left) {
    std::vector<Candidate> candidates;
    for (size_t i = 0; i < level.size(); ++i) expand(level[i], static_cast<int32_t>(i), candidates);
    std::sort(candidates.begin(), candidates.end());
    const int64_t tries = std::max<int64_t>(1, static_cast<int64_t>(candidates.size() / level.size()));
    const int64_t width = std::clamp<int64_t>(effort_.left() / levels_left / tries, 1, kWidest);
    return survivors(level, candidates, static_cast<size_t>(width));
  }

  void expand(Node& node, int32_t index, std::vector<Candidate>& candidates) {
    const size_t first = candidates.size();
    int32_t tried = 0;
    bool settled = false;
    for_each_bit(node.state.ready, [&](int32_t kernel) {
      if (settled || tried == kMostReady || (tried >= 8 && effort_.left() == 0)) return;
      ++tried;
      effort_.take();
      const Step step = network_.look(node.state, kernel);
      settled = step.during <= node.peak && Network::harmless(node.state, step);
      if (settled) candidates.resize(first);
      candidates.push_back(
          {std::max(node.peak, step.during), step.lines, network_.set_with(node.state, kernel), index, kernel, step});
    });
  }

  std::vector<Node> survivors(std::vector<Node>& level, const std::vector<Candidate>& candidates, size_t width) {
    std::vector<const Candidate*> kept;
    std::vector<int32_t> uses(level.size(), 0);
    std::unordered_map<uint64_t, int32_t> seen;
    for (const Candidate& candidate : candidates) {
      if (kept.size() == width) break;
      if (!seen.emplace(candidate.set, candidate.kernel).second) continue;
      kept.push_back(&candidate);
      ++uses[candidate.node];
    }
    std::vector<Node> next;
    next.reserve(kept.size());
    for (const Candidate* candidate : kept) {
      Node& parent = level[candidate->node];
      if (--uses[candidate->node] == 0)
        next.push_back(std::move(parent));
      else
        next.push_back(parent);
      Node& node = next.back();
      network_.run(node.state, candidate->kernel, candidate->step);
      node.peak = candidate->peak;
      history_.emplace_back(candidate->kernel, node.trail);
      node.trail = static_cast<int32_t>(history_.size()) - 1;
    }
    return next;
  }

  const Network& network_;
  const int64_t floor_;
  Effort& effort_;
  std::vector<std::pair<int32_t, int32_t>> history_;  // kernel, the entry before it
};

}  // namespace

std::vector<int32_t> depth_first(const Network& network, bool latest) {
  const Lists& before = network.graph.before;
  const size_t n = before.size();
  std::vector<int32_t> order, next(n, 0), stack;
  std::vector<uint8_t> seen(n, 0);
  for (size_t last = 0; last < n; ++last) {
    if (network.after.count(last) > 0) continue;
    stack.push_back(static_cast<int32_t>(last));
    seen[last] = 1;
    while (!stack.empty()) {
      const int32_t k = stack.back();
      if (next[k] == before.count(k)) {
        order.push_back(k);
        stack.pop_back();
        continue;
      }
      const int32_t at = next[k]++;
      const int32_t b = before.begin(k)[latest ? before.count(k) - 1 - at : at];
      if (!seen[b]) stack.push_back(b);
      seen[b] = 1;
    }
  }
  return order;
}

std::vector<int32_t> beam(const Network& network, int64_t floor, Effort& effort) {
  return Beam(network, floor, effort).run();
}

}  // namespace l2opt
