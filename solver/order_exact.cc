#include "order_exact.h"

#include <algorithm>
#include <map>

#include "order_changes.h"
#include "order_cut.h"
#include "order_moves.h"
#include "order_parts.h"
#include "order_sets.h"

namespace l2opt {
namespace {

constexpr int64_t kShrink = 8;                  // levels are lowered by this part of what is open
constexpr int64_t kTries = 4;                   // of what effort is left, a try that may be too hard has this part
constexpr size_t kMostWords = size_t{1} << 25;  // of what is kept: 256 MB

class Search {
 public:
  Search(const Network& network, int64_t floor, int64_t above, Effort& effort)
      : network_(network),
        above_(above),
        effort_(effort),
        level_(floor),
        moves_(network, effort),
        sets_(network),
        cut_(network),
        changes_(network) {}

  // Up to this level.
  Found run(int64_t last) {
    if (level_ >= above_) return {{}, above_};
    State start = network_.start();
    wait(add(start), -1, level_);
    while (!waiting_.empty()) {
      const auto lowest = waiting_.begin();
      level_ = lowest->first;
      if (level_ > last) return {{}, level_};
      stack_ = std::move(lowest->second);
      waiting_.erase(lowest);
      while (!stack_.empty()) {
        const Entry next = stack_.back();
        stack_.pop_back();
        const int32_t end = expand(next);
        if (end >= 0) return {sets_.order(end), level_};
        if (end == kStopped) return {{}, level_};
      }
    }
    return {{}, above_};
  }

 private:
  static constexpr int32_t kGoesOn = -1, kStopped = -2;
  static constexpr int64_t kNever = INT64_MIN;

  struct Entry {
    int32_t id, parent;  // a state, and the one that it is tried for; -1: none
    int32_t trail;       // to it
  };

  struct Node {
    int32_t parent = -1, trail = -1;
    size_t height = 0;       // of the stack below what is tried for this one
    int64_t level = kNever;  // at which it was expanded last
    bool settled = false;    // it leads to an order if another state does that is tried
  };

  struct Child {
    int64_t lines;
    int32_t kernel, id, trail;

    bool operator<(const Child& other) const {
      if (lines != other.lines) return lines < other.lines;
      return kernel != other.kernel ? kernel < other.kernel : id < other.id;
    }
  };

  int32_t add(const State& state) {
    const int32_t known = sets_.find(state);
    if (known >= 0) return known;
    nodes_.emplace_back();
    return sets_.add(state);
  }

  void wait(int32_t id, int32_t trail, int64_t level) {
    if (level < above_) waiting_[level].push_back({id, -1, trail});
  }

  bool open(int32_t id) const { return nodes_[id].level == kNever && !nodes_[id].settled; }

  // The trail of a complete order, or one of the above.
  int32_t expand(const Entry& entry) {
    int32_t id = entry.id;
    if (nodes_[id].settled || nodes_[id].level == level_) return kGoesOn;
    State state = sets_.state(id);
    int32_t trail = entry.trail;
    changes_.forget();
    if (!settle(state, trail)) return kStopped;
    if (state.left == 0) return trail;
    if (trail != entry.trail) {
      nodes_[id].settled = true;
      id = add(state);
      if (!open(id)) return kGoesOn;
    }
    if (!moves_.find(state, ready_, level_)) return kStopped;
    nodes_[id] = {entry.parent, trail, stack_.size(), level_, false};
    wait(id, trail, moves_.later);
    changes_.keep(ready_);
    std::vector<Child> children;
    for (Move& move : moves_.moves) {
      const int32_t known = sets_.find(move.end);
      if (known >= 0 && !open(known)) continue;
      int32_t end = trail;
      for (int32_t kernel : move.kernels) end = sets_.extend(end, kernel);
      changes_.after(move.kernels);
      if (!settle(move.end, end)) return kStopped;
      if (move.end.left == 0) return end;
      if (sets_.words() > kMostWords) return kStopped;
      if (committed(id, move.end, end)) return effort_.left() > 0 ? kGoesOn : kStopped;
      const int32_t child = add(move.end);
      if (open(child)) children.push_back({move.end.lines, move.kernels.back(), child, end});
    }
    std::sort(children.begin(), children.end());
    for (auto child = children.rbegin(); child != children.rend(); ++child)
      stack_.push_back({child->id, id, child->trail});
    return kGoesOn;
  }

  // If no more is live after `end`, a state reached from `id`, than after states on the way to it, whether the first of
  // these leads to an order is decided by one state alone: that where least is live between the two.
  //
  // Let A be the first, M the least, f what is live, in plain or in lines, and say that an order from A has run P.
  // Running P and M instead, f(P + M) <= f(P) + f(M) - f(P and M) <= f(P): f is submodular, and M least between. The
  // same holds for each step, in place too (see Network::harmless). Pads: where they are not alike, M is the smallest
  // set where lines are least, so either M is part of P, or lines shrink. So what an order from A can do, one from M
  // can, which is reached from A. All else that is tried for A is dropped: it is not known to lead nowhere, so it is
  // tried again if it is met again. For nothing to be lost, what decides for a state has to be a larger one.
  bool committed(int32_t id, const State& end, int32_t trail) {
    int32_t first = -1;
    const int64_t most = end.lines + (network_.alike ? 0 : 1);
    for (int32_t at = id; at >= 0 && sets_.lines(at) >= most && sets_.plain(at) >= end.plain; at = nodes_[at].parent)
      first = at;
    if (first < 0) return false;
    State state = sets_.state(first);
    sets_.since(trail, nodes_[first].trail, between_);
    const std::vector<int32_t> chosen = cut_.least(state, between_, &Unit::lines, !network_.alike, effort_);
    if (chosen.empty() || cut_.least(state, chosen, &Unit::plain, false, effort_).size() < chosen.size()) return false;
    if (chosen.size() == between_.size()) {
      decide(id, first, end, trail);
      return true;
    }
    int32_t reached = nodes_[first].trail;
    for (int32_t kernel : chosen) {
      if (!effort_.take()) return false;
      const Step step = network_.look(state, kernel);
      if (step.during > level_) return false;
      network_.run(state, kernel, step);
      reached = sets_.extend(reached, kernel);
    }
    decide(id, first, state, reached);
    return true;
  }

  // Between `first` and `id`, the states on the way are decided by `least`.
  void decide(int32_t id, int32_t first, const State& least, int32_t trail) {
    const int32_t above = nodes_[first].parent;
    stack_.resize(nodes_[first].height);
    for (int32_t at = id; at != above; at = nodes_[at].parent) {
      if (sets_.within(at, least))
        nodes_[at].settled = true;
      else
        nodes_[at].level = kNever;
    }
    const int32_t next = add(least);
    if (open(next)) stack_.push_back({next, above, trail});
  }

  // Runs the kernels that may run at once; then `ready_` has the steps of those that are ready. False if the effort is
  // spent.
  bool settle(State& state, int32_t& trail) {
    for (;;) {
      if (!look(state)) return false;
      const auto good = std::find_if(ready_.begin(), ready_.end(), [&](const Ready& each) {
        return each.step.during <= level_ && Network::harmless(state, each.step);
      });
      if (good == ready_.end()) return true;
      const int32_t kernel = good->kernel;
      network_.run(state, kernel, good->step);
      changes_.ran(kernel);
      trail = sets_.extend(trail, kernel);
    }
  }

  bool look(State& state) {
    ready_.clear();
    bool more = true;
    for_each_bit(state.ready, [&](int32_t kernel) {
      more = more && (changes_.known(kernel) || effort_.take());
      if (more) ready_.push_back({kernel, network_.step(state, changes_.of(state, kernel))});
    });
    return more && effort_.take();
  }

  const Network& network_;
  const int64_t above_;
  Effort& effort_;
  int64_t level_;
  Moves moves_;
  StateSets sets_;
  Cut cut_;
  Changes changes_;
  std::vector<Node> nodes_;                        // of each state in sets_
  std::vector<Entry> stack_;                       // at this level
  std::map<int64_t, std::vector<Entry>> waiting_;  // level -> states
  std::vector<int32_t> between_;
  std::vector<Ready> ready_;
};

}  // namespace

Found search(const Network& network, int64_t floor, int64_t above, Effort& effort) {
  if (network.graph.kernels() > kMostRelated) return {{}, floor};
  return Search(network, floor, above, effort).run(INT64_MAX);
}

Found shrink(const Network& network, int64_t floor, int64_t above, Effort& effort) {
  Found best{{}, floor};
  bool far = network.graph.kernels() <= kMostRelated;  // levels are taken well below the lowest peak known
  for (bool more = far; more && best.bound < above;) {
    const int64_t level = above - 1 - (far ? (above - 1 - best.bound) / kShrink : 0);
    Effort some = effort.part(far ? effort.left() / kTries : effort.left());
    const int64_t given = some.left();
    Found found = Search(network, level, above, some).run(level);
    effort.spend(given - some.left());
    if (!found.order.empty()) {
      above = network.peak(found.order);
      best.order = std::move(found.order);
    } else if (found.bound > level) {
      best.bound = found.bound;
    } else {
      more = far;
      far = false;
    }
  }
  return best;
}

}  // namespace l2opt
