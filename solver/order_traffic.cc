#include "order_traffic.h"

#include <algorithm>

#include "order_mover.h"

namespace l2opt {
namespace {

constexpr int64_t kNever = INT64_MAX;
constexpr int64_t kPatience = 200;  // moves tried a kernel since the estimate has fallen

// One order, step by step.
class Estimate {
 public:
  Estimate(const Network& network, const std::vector<int32_t>& order, int64_t capacity)
      : network_(network), order_(order), capacity_(capacity), units_(network.graph.units.size()) {}

  int64_t run() {
    prepare();
    for (size_t step = 0; step < order_.size(); ++step) {
      now_ = static_cast<int64_t>(step);
      at(order_[step]);
    }
    return traffic_;
  }

 private:
  struct State {
    int64_t size = 0;  // bytes of lines, or plain
    bool inside = false, written = false;
    std::vector<int64_t> touches;  // steps, the last first; until the end: after all
  };

  void prepare() {
    const Graph& graph = network_.graph;
    const auto n = static_cast<int64_t>(order_.size());
    for (size_t u = 0; u < units_.size(); ++u) {
      units_[u].size = std::max(graph.units[u].plain, graph.units[u].lines);
      if (graph.until[u]) units_[u].touches.push_back(n);
    }
    for (int64_t step = n - 1; step >= 0; --step)
      for (const int32_t* u = graph.touched.begin(order_[step]); u != graph.touched.end(order_[step]); ++u)
        units_[*u].touches.push_back(step);
    room_ = capacity_ - graph.base.plain;
    now_ = -1;
    for (size_t u = 0; u < units_.size(); ++u)
      if (graph.from[u] && !units_[u].touches.empty()) enter(static_cast<int32_t>(u), 0);
  }

  void at(int32_t kernel) {
    const Graph& graph = network_.graph;
    std::vector<int32_t> targets;
    for (const int32_t* c = graph.choices_of.begin(kernel); c != graph.choices_of.end(kernel); ++c)
      if (dies_inside(graph.choices[*c].source)) targets.push_back(graph.choices[*c].target);
    for (const int32_t* u = graph.touched.begin(kernel); u != graph.touched.end(kernel); ++u) {
      State& unit = units_[*u];
      const bool first = !graph.from[*u] && !unit.written && !unit.inside;
      if (unit.inside || unit.size == 0) continue;
      const auto target = std::find(targets.begin(), targets.end(), graph.group[*u]);
      const int64_t over = target != targets.end() ? unit.size : 0;
      if (!first) traffic_ += unit.size;
      enter(*u, first ? over : 0);
      if (first && !unit.inside) traffic_ += unit.size, unit.written = true;
    }
    for (const int32_t* u = graph.touched.begin(kernel); u != graph.touched.end(kernel); ++u) {
      State& unit = units_[*u];
      unit.touches.pop_back();
      if (unit.touches.empty()) leave(unit);
    }
    room_ -= borrowed_;
    borrowed_ = 0;
    while (room_ < 0 && evict(kNever)) {
    }
  }

  // Brings a unit in where there is room, or where what makes room is needed later than it. `borrowed`: how many of its
  // bytes lie over another that dies at this step.
  void enter(int32_t u, int64_t borrowed) {
    State& unit = units_[u];
    const int64_t wanted = unit.size - borrowed;
    if (unit.size > capacity_) return;
    const int64_t again = next(unit);
    while (room_ < wanted && evict(again)) {
    }
    if (room_ < wanted) return;
    room_ -= wanted;
    borrowed_ += borrowed;
    unit.inside = true;
    inside_.push_back(u);
  }

  // The step after this one at which a unit is touched; kNever if none is.
  int64_t next(const State& unit) const {
    const size_t left = unit.touches.size();
    if (left > 0 && unit.touches.back() > now_) return unit.touches.back();
    return left > 1 ? unit.touches[left - 2] : kNever;
  }

  // Of those not touched at this step, the one that is needed again last, if that is later than `before`.
  bool evict(int64_t before) {
    size_t worst = inside_.size();
    int64_t latest = before == kNever ? -1 : before;
    for (size_t i = 0; i < inside_.size(); ++i) {
      const State& unit = units_[inside_[i]];
      if (!unit.inside || unit.touches.empty() || unit.touches.back() == now_) continue;
      if (unit.touches.back() > latest) latest = unit.touches.back(), worst = i;
    }
    if (worst == inside_.size()) return false;
    State& unit = units_[inside_[worst]];
    if (!unit.written) traffic_ += unit.size;
    unit.written = true;
    leave(unit);
    return true;
  }

  void leave(State& unit) {
    if (!unit.inside) return;
    unit.inside = false;
    room_ += unit.size;
    inside_.erase(std::remove_if(inside_.begin(), inside_.end(), [&](int32_t u) { return !units_[u].inside; }),
                  inside_.end());
  }

  bool dies_inside(int32_t group) const {
    for (const int32_t* u = network_.members.begin(group); u != network_.members.end(group); ++u) {
      const State& unit = units_[*u];
      if (!unit.inside || unit.touches.size() != 1 || unit.touches.back() != now_) return false;
    }
    return true;
  }

  const Network& network_;
  const std::vector<int32_t>& order_;
  const int64_t capacity_;
  std::vector<State> units_;
  std::vector<int32_t> inside_;
  int64_t room_ = 0, borrowed_ = 0, traffic_ = 0, now_ = 0;
};

// Orders seen, the least first.
class Best {
 public:
  explicit Best(size_t count) : count_(count) {}

  void add(const std::vector<int32_t>& order, int64_t traffic) {
    if (!kept.empty() && kept.size() == count_ && traffic >= kept.back().traffic) return;
    for (const Estimated& other : kept)
      if (other.kernels == order) return;
    const auto at = std::upper_bound(kept.begin(), kept.end(), traffic,
                                     [](int64_t value, const Estimated& other) { return value < other.traffic; });
    kept.insert(at, {order, traffic});
    if (kept.size() > count_) kept.pop_back();
  }

  std::vector<Estimated> kept;

 private:
  const size_t count_;
};

}  // namespace

int64_t estimated_traffic(const Network& network, const std::vector<int32_t>& order, int64_t capacity) {
  return Estimate(network, order, capacity).run();
}

std::vector<Estimated> low_traffic(const Network& network, const std::vector<int32_t>& order, int64_t capacity,
                                   int64_t most, size_t count, Effort& effort) {
  std::vector<int32_t> now = order, tried;
  int64_t traffic = estimated_traffic(network, now, capacity);
  Best best(count);
  best.add(now, traffic);
  Random random(1);
  Mover mover(network, tried);
  const auto cost = static_cast<int64_t>(network.graph.touched.values.size() + network.graph.kernels());
  const auto patience = static_cast<int64_t>(order.size()) * kPatience;
  for (int64_t idle = 0; idle < patience && effort.take(); ++idle) {
    effort.spend(cost);
    tried = now;
    if (!mover.move(random)) continue;
    if (most < kNoLoad && network.peak(tried) > most) continue;
    const int64_t found = estimated_traffic(network, tried, capacity);
    best.add(tried, found);
    if (found > traffic) continue;
    if (found < traffic) idle = 0;
    now = tried, traffic = found;
  }
  return best.kept;
}

}  // namespace l2opt
