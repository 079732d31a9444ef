#include "order_exact.h"

#include <algorithm>
#include <map>

#include "order_cut.h"
#include "order_moves.h"
#include "order_parts.h"
#include "order_sets.h"

namespace l2opt {
namespace {

constexpr size_t kMostWords = size_t{1} << 25;  // of what is kept: 256 MB
constexpr size_t kLongestChain = 32;

class Search {
 public:
  Search(const Network& network, int64_t floor, int64_t above, Effort& effort)
      : network_(network),
        above_(above),
        effort_(effort),
        level_(floor),
        moves_(network, effort),
        sets_(network),
        cut_(network) {}

  Found run() {
    if (level_ >= above_) return {{}, above_};
    State start = network_.start();
    wait(add(start), -1, level_);
    while (!waiting_.empty()) {
      const auto lowest = waiting_.begin();
      level_ = lowest->first;
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
    if (!settle_moves(state, trail)) return kStopped;
    if (state.left == 0) return trail;
    if (trail != entry.trail) {
      nodes_[id].settled = true;
      id = add(state);
      if (!open(id)) return kGoesOn;
    }
    nodes_[id] = {entry.parent, trail, stack_.size(), level_, false};
    wait(id, trail, moves_.later);
    std::vector<Child> children;
    for (Move& move : moves_.moves) {
      const int32_t known = sets_.find(move.end);
      if (known >= 0 && !open(known)) continue;
      int32_t end = trail;
      for (int32_t kernel : move.kernels) end = sets_.extend(end, kernel);
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

  // If less is live after `end`, a state reached from `id`, than after states on the way to it, whether the first of
  // these leads to an order is decided by one state alone: that where least is live between the two.
  //
  // Let A be the first, M the least, f what is live, and say that an order from A has run P. Running P and M instead,
  // f(P + M) <= f(P) + f(M) - f(P of M) <= f(P): f is submodular, and M least between. The same holds for each step,
  // in place too (see Network::harmless). So what an order from A can do, one from M can, which is reached from A.
  // All else that is tried for A is dropped: it is not known to lead nowhere, so it is tried again if it is met again.
  // For nothing to be lost, what decides for a state has to be a larger one.
  bool committed(int32_t id, const State& end, int32_t trail) {
    if (!network_.even) return false;
    int32_t first = -1;
    for (int32_t at = id; at >= 0 && sets_.plain(at) >= end.plain; at = nodes_[at].parent) first = at;
    if (first < 0) return false;
    State state = sets_.state(first);
    sets_.since(trail, nodes_[first].trail, between_);
    int32_t reached = trail;
    if (!cut_.least(state, between_, effort_, chosen_)) {
      reached = nodes_[first].trail;
      for (int32_t kernel : chosen_) {
        if (!effort_.take()) return false;
        const Step step = network_.look(state, kernel);
        if (step.during > level_) return false;
        network_.run(state, kernel, step);
        reached = sets_.extend(reached, kernel);
      }
    }
    decide(id, first, reached == trail ? end : state, reached);
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

  // Runs the kernels and chains that may run at once; then `ready_` has the steps of those that are ready. False if the
  // effort is spent.
  bool settle(State& state, int32_t& trail) {
    for (bool moved = true; moved;) {
      moved = false;
      if (!look(state)) return false;
      if (state.left == 0) return true;
      const auto good = std::find_if(ready_.begin(), ready_.end(), [&](const Ready& each) {
        return each.step.during <= level_ && Network::harmless(state, each.step);
      });
      if (good != ready_.end()) {
        network_.run(state, good->kernel, good->step);
        trail = sets_.extend(trail, good->kernel);
        moved = true;
      }
      for (size_t i = 0; i < ready_.size() && !moved; ++i)
        if (ready_[i].step.during <= level_ && !chain(state, ready_[i], trail, moved)) return false;
    }
    return true;
  }

  // The same with moves that may run at once; then `moves_` has those that there are.
  bool settle_moves(State& state, int32_t& trail) {
    for (;;) {
      if (!settle(state, trail)) return false;
      if (state.left == 0) return true;
      if (!moves_.find(state, ready_, level_)) return false;
      const auto good = std::find_if(moves_.moves.begin(), moves_.moves.end(),
                                     [&](const Move& move) { return moves_.harmless(state, move); });
      if (good == moves_.moves.end()) return effort_.left() > 0;
      for (int32_t kernel : good->kernels) trail = sets_.extend(trail, kernel);
      state = good->end;
    }
  }

  bool look(State& state) {
    ready_.clear();
    bool more = true;
    for_each_bit(state.ready, [&](int32_t kernel) {
      more = more && effort_.take();
      if (more) ready_.push_back({kernel, network_.look(state, kernel)});
    });
    return more;
  }

  // Runs a chain of kernels, each waiting for the one before, if that is harmless as a whole: each step has room, and
  // at its end plain and lines are at most what they are anywhere before in it, lines less if there are pads. The proof
  // is that of Network::harmless: of such a chain, another continuation has run some first part before a kernel outside
  // of it; from there, the rest of it raises nothing. False if the effort is spent.
  bool chain(State& state, const Ready& first, int32_t& trail, bool& moved) {
    State end = state;
    Ready next = first;
    int64_t plain = state.plain, lines = state.lines;
    std::vector<int32_t> kernels;
    while (kernels.size() < kLongestChain) {
      network_.run(end, next.kernel, next.step);
      kernels.push_back(next.kernel);
      if (end.plain <= plain && (end.lines < lines || (!network_.padded && end.lines == lines))) {
        state = end;
        for (int32_t kernel : kernels) trail = sets_.extend(trail, kernel);
        moved = true;
        return true;
      }
      plain = std::min(plain, end.plain);
      lines = std::min(lines, end.lines);
      next.kernel = -1;
      for (const int32_t* k = network_.after.begin(kernels.back()); k != network_.after.end(kernels.back()); ++k) {
        if (!(end.ready[*k >> 6] >> (*k & 63) & 1)) continue;
        if (!effort_.take()) return false;
        const Step step = network_.look(end, *k);
        if (step.during <= level_ && (next.kernel < 0 || step.lines < next.step.lines)) next = {*k, step};
      }
      if (next.kernel < 0) return true;
    }
    return true;
  }

  const Network& network_;
  const int64_t above_;
  Effort& effort_;
  int64_t level_;
  Moves moves_;
  StateSets sets_;
  Cut cut_;
  std::vector<Node> nodes_;                        // of each state in sets_
  std::vector<Entry> stack_;                       // at this level
  std::map<int64_t, std::vector<Entry>> waiting_;  // level -> states
  std::vector<int32_t> between_, chosen_;
  std::vector<Ready> ready_;
};

}  // namespace

Found search(const Network& network, int64_t floor, int64_t above, Effort& effort) {
  if (network.graph.kernels() > kMostRelated) return {{}, floor};
  return Search(network, floor, above, effort).run();
}

Found shrink(const Network& network, int64_t floor, int64_t above, Effort& effort) {
  Found best{{}, floor};
  int64_t level = above - 1;
  while (best.bound < above) {
    Found found = search(network, level, above, effort);
    if (found.order.empty()) {
      if (found.bound > level) best.bound = found.bound;
      if (found.bound < above) return best;
    } else {
      above = network.peak(found.order);
      best.order = std::move(found.order);
      if (found.bound > level) best.bound = above;
    }
    level = best.bound + (above - best.bound) / 2;
  }
  return best;
}

}  // namespace l2opt
