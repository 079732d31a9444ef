#include "order_exact.h"

#include <algorithm>
#include <map>

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
      : network_(network), above_(above), effort_(effort), level_(floor), moves_(network, effort), sets_(network) {}

  Found run() {
    if (level_ >= above_) return {{}, above_};
    State start = network_.start();
    waiting_[level_].push_back(sets_.add(start, -1));
    while (!waiting_.empty()) {
      const auto lowest = waiting_.begin();
      level_ = lowest->first;
      if (lowest->second.empty()) {
        waiting_.erase(lowest);
        continue;
      }
      const int32_t next = lowest->second.back();
      lowest->second.pop_back();
      const int32_t end = expand(next);
      if (end >= 0) return {sets_.order(end), level_};
      if (end == kStopped) return {{}, level_};
    }
    return {{}, above_};
  }

 private:
  static constexpr int32_t kGoesOn = -1, kStopped = -2;

  // The trail of a complete order, or one of the above.
  int32_t expand(int32_t id) {
    State state = sets_.state(id);
    int32_t trail = sets_.trail(id);
    if (!settle_moves(state, trail)) return kStopped;
    if (state.left == 0) return trail;
    if (trail != sets_.trail(id)) {
      if (sets_.has(state)) return kGoesOn;
      id = sets_.add(state, trail);
    }
    if (moves_.later < above_) waiting_[moves_.later].push_back(id);
    std::vector<Child> children;
    for (Move& move : moves_.moves) {
      if (sets_.has(move.end)) continue;
      int32_t end = trail;
      for (int32_t kernel : move.kernels) end = sets_.extend(end, kernel);
      if (!settle(move.end, end)) return kStopped;
      if (move.end.left == 0) return end;
      if (sets_.has(move.end)) continue;
      if (sets_.words() > kMostWords) return kStopped;
      children.push_back({move.end.lines, move.kernels.back(), sets_.add(move.end, end)});
    }
    std::sort(children.begin(), children.end());
    std::vector<int32_t>& stack = waiting_[level_];
    for (auto child = children.rbegin(); child != children.rend(); ++child) stack.push_back(child->id);
    return kGoesOn;
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

  struct Child {
    int64_t lines;
    int32_t kernel, id;

    bool operator<(const Child& other) const {
      if (lines != other.lines) return lines < other.lines;
      return kernel != other.kernel ? kernel < other.kernel : id < other.id;
    }
  };

  const Network& network_;
  const int64_t above_;
  Effort& effort_;
  int64_t level_;
  Moves moves_;
  StateSets sets_;
  std::map<int64_t, std::vector<int32_t>> waiting_;  // level -> states, by their numbers in sets_
  std::vector<Ready> ready_;
};

}  // namespace

Found search(const Network& network, int64_t floor, int64_t above, Effort& effort) {
  if (network.graph.kernels() > kMostRelated) return {{}, floor};
  return Search(network, floor, above, effort).run();
}

}  // namespace l2opt
