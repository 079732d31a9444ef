#include "order_exact.h"

#include <map>

#include "order_parts.h"

namespace l2opt {
namespace {

constexpr size_t kMostWords = size_t{1} << 24;  // of sets kept: 128 MB
constexpr int32_t kLongestChain = 32;

struct Ready {
  int32_t kernel;
  Step step;
};

// Kernels run one after another from some state: all but the last end nothing.
struct Move {
  std::vector<int32_t> kernels;
  State end;
};

class Search {
 public:
  Search(const Network& network, int64_t floor, int64_t above, Effort& effort)
      : network_(network), floor_(floor), above_(above), effort_(effort), descendants_(descendants(network)),
        blocked_(network.words), ends_(network.words), slots_(1024, -1) {
    for (size_t u = 0; u < network.graph.units.size(); ++u)
      if (network.graph.units[u].plain > 0 && !network.graph.until[u] && network.touchers.count(u) > 0)
        mortal_.push_back(static_cast<int32_t>(u));
  }

  Found run() {
    State start = network_.start();
    int32_t trail = -1;
    level_ = floor_;
    if (level_ >= above_) return {{}, above_};
    if (!settle(start, trail)) return {{}, level_};
    if (start.left == 0) return {order_of(trail), level_};
    waiting_[level_].push_back(keep(start, trail));
    while (!waiting_.empty()) {
      auto lowest = waiting_.begin();
      level_ = lowest->first;
      if (lowest->second.empty()) {
        waiting_.erase(lowest);
        continue;
      }
      const int32_t next = lowest->second.back();
      lowest->second.pop_back();
      const int32_t end = expand(next);
      if (end >= 0) return {order_of(end), level_};
      if (end == kStopped) return {{}, level_};
    }
    return {{}, above_};
  }

 private:
  static constexpr int32_t kGoesOn = -1, kStopped = -2;

  // The trail of a complete order, or one of the above.
  int32_t expand(int32_t id) {
    State state = kept(id);
    int32_t trail = trails_[id];
    if (!settle_moves(state, trail)) return kStopped;
    if (state.left == 0) return trail;
    if (trail != trails_[id]) {
      if (known(state)) return kGoesOn;
      id = keep(state, trail);
    }
    const int64_t later = later_;
    std::vector<Move> moves = std::move(moves_);
    children_.clear();
    for (Move& move : moves) {
      if (known(move.end)) continue;
      int32_t end = trail;
      for (int32_t kernel : move.kernels) end = remember(kernel, end);
      if (!settle(move.end, end)) return kStopped;
      if (move.end.left == 0) return end;
      if (known(move.end)) continue;
      if (store_.size() > kMostWords || history_.size() > kMostWords) return kStopped;
      children_.push_back({move.end.lines, move.kernels.back(), keep(move.end, end)});
    }
    if (later < above_) waiting_[later].push_back(id);
    std::sort(children_.begin(), children_.end());
    std::vector<int32_t>& stack = waiting_[level_];
    for (auto child = children_.rbegin(); child != children_.rend(); ++child) stack.push_back(child->id);
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
        trail = remember(good->kernel, trail);
        moved = true;
      }
      for (size_t i = 0; i < ready_.size() && !moved; ++i)
        if (ready_[i].step.during <= level_ && !chain(state, ready_[i], trail, moved)) return false;
    }
    return true;
  }

  // The same with moves that may run at once; then `moves_` are those with room at this level, and `later_` is a peak
  // below which there is no other.
  bool settle_moves(State& state, int32_t& trail) {
    for (;;) {
      if (!settle(state, trail)) return false;
      if (state.left == 0) return true;
      if (!find_moves(state)) return false;
      const auto best = std::find_if(moves_.begin(), moves_.end(), [&](const Move& move) {
        return move.end.plain <= state.plain && no_more_lines(move.end, state.lines);
      });
      if (best == moves_.end()) return true;
      for (int32_t kernel : best->kernels) trail = remember(kernel, trail);
      state = best->end;
    }
  }

  bool no_more_lines(const State& end, int64_t lines) const {
    return end.lines < lines || (!network_.padded && end.lines == lines);
  }

  // What may come next from a state; the rest of some continuation as good as any starts with one of these.
  //
  // Call a kernel pure where all that it touches stays live. As long as no other has run, the live units only become
  // more. Take a continuation; let k be its first kernel that is not pure, and u a unit that ends with k. Let Q be the
  // kernels left that touch u, with all that must run before them; k is in Q and all else in Q runs before k. Run Q
  // first, k last, then the others that were before k in their order: at each step the live units are among those
  // of the old step of k, without those that its in-place choices save once k has run, so there is room; afterwards the
  // same set has run. In Q only k is not pure, since no unit ends in a part of what ran before k. So it is enough to try,
  // for each unit that can end, Q with each k that can be its last; and where no kernel left in Q that touches u has an
  // in-place choice, any one of them.
  //
  // Where nothing can end any more, the rest is pure, and every legal order of it is alike. Where the first step has bytes of
  // its own, all first kernels are tried.
  //
  // If a move raises neither plain nor lines, nothing else needs to be tried: any other continuation has run a part of Q
  // before it is over, pure but for the last, so that the rest raises nothing from there (as for chains).
  bool find_moves(const State& state) {
    moves_.clear();
    later_ = above_;
    std::fill(blocked_.begin(), blocked_.end(), 0);
    std::fill(ends_.begin(), ends_.end(), 0);
    for (const Ready& each : ready_) {
      const bool room = each.step.during <= level_;
      if (!room) later_ = std::min(later_, each.step.during);
      if (room && !each.step.ends) continue;
      if (each.step.ends) ends_[each.kernel >> 6] |= uint64_t{1} << (each.kernel & 63);
      const std::vector<uint64_t>& after = descendants_[each.kernel];
      for (size_t w = 0; w < network_.words; ++w) blocked_[w] |= after[w];
      if (!room && !each.step.ends) blocked_[each.kernel >> 6] |= uint64_t{1} << (each.kernel & 63);
    }
    if (network_.idles && static_cast<size_t>(state.left) == network_.graph.kernels()) return each_first(state);
    bool can_end = false;
    for (int32_t unit : mortal_)
      if (!end_unit(state, unit, can_end)) return false;
    return can_end || run_rest(state);
  }

  static bool in(const std::vector<uint64_t>& bits, int32_t kernel) { return bits[kernel >> 6] >> (kernel & 63) & 1; }

  bool end_unit(const State& state, int32_t unit, bool& can_end) {
    touchers_.clear();
    int32_t ending = 0;
    bool choice = false, open = true;
    for (const int32_t* k = network_.touchers.begin(unit); k != network_.touchers.end(unit); ++k) {
      if (state.has(*k)) continue;
      touchers_.push_back(*k);
      ending += in(ends_, *k);
      open = open && !in(blocked_, *k);
      choice = choice || network_.graph.choices_of.count(*k) > 0;
    }
    if (touchers_.empty()) return true;
    can_end = true;
    if (!open || ending > 1) return true;
    // The last in program order waits for none of the others.
    for (size_t i = touchers_.size(); i-- > 0;) {
      if (!(ending > 0 && !in(ends_, touchers_[i])) && !try_last(state, touchers_[i])) return false;
      if (!choice && ending == 0) break;
    }
    return true;
  }

  // The move that ends with `last`, after all else of touchers_, if there is one with room.
  bool try_last(const State& state, int32_t last) {
    Move move{{}, state};
    last_ = last;
    bool pure = true;
    for (int32_t k : touchers_)
      if (k != last && !run_with_needs(move, k, pure)) return false;
    for (const int32_t* b = network_.graph.before.begin(last); b != network_.graph.before.end(last); ++b)
      if (!run_with_needs(move, *b, pure)) return false;
    if (!pure) return true;
    if (!effort_.take()) return false;
    const Step step = network_.look(move.end, last);
    if (step.during > level_) {
      later_ = std::min(later_, step.during);
      return true;
    }
    network_.run(move.end, last, step);
    move.kernels.push_back(last);
    moves_.push_back(std::move(move));
    return true;
  }

  // `pure` becomes false where there is no such move: a kernel ends something, has no room, or waits for the last one.
  bool run_with_needs(Move& move, int32_t kernel, bool& pure) {
    if (!pure || move.end.has(kernel)) return true;
    if (kernel == last_) pure = false;
    for (const int32_t* b = network_.graph.before.begin(kernel); b != network_.graph.before.end(kernel); ++b)
      if (!run_with_needs(move, *b, pure)) return false;
    if (!pure) return true;
    if (!effort_.take()) return false;
    const Step step = network_.look(move.end, kernel);
    if (step.during > level_) later_ = std::min(later_, step.during);
    pure = step.during <= level_ && !step.ends;
    if (!pure) return true;
    network_.run(move.end, kernel, step);
    move.kernels.push_back(kernel);
    return true;
  }

  bool each_first(const State& state) {
    for (const Ready& each : ready_) {
      if (each.step.during > level_) continue;
      moves_.push_back({{each.kernel}, state});
      network_.run(moves_.back().end, each.kernel, each.step);
    }
    return true;
  }

  bool run_rest(const State& state) {
    Move move{{}, state};
    for (size_t k = 0; k < network_.graph.kernels(); ++k) {
      const auto kernel = static_cast<int32_t>(k);
      if (state.has(kernel)) continue;
      if (!effort_.take()) return false;
      const Step step = network_.look(move.end, kernel);
      if (step.during > level_) {
        later_ = std::min(later_, step.during);
        return true;
      }
      network_.run(move.end, kernel, step);
      move.kernels.push_back(kernel);
    }
    moves_.push_back(std::move(move));
    return true;
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

  // Runs a chain of kernels, each a successor of the one before, if that is harmless as a whole: each step has room, and
  // at its end plain and lines are at most what they are anywhere before, lines less if there are pads. The proof is
  // that of Network::harmless: of such a chain, another continuation has run some first part before A or a; from
  // there, the rest of it raises nothing. False if the effort is spent.
  bool chain(State& state, const Ready& first, int32_t& trail, bool& moved) {
    State end = state;
    Ready next = first;
    int64_t plain = state.plain, lines = state.lines;
    std::vector<int32_t> kernels;
    while (kernels.size() < kLongestChain) {
      network_.run(end, next.kernel, next.step);
      kernels.push_back(next.kernel);
      if (end.plain <= plain && no_more_lines(end, lines)) {
        state = end;
        for (int32_t kernel : kernels) trail = remember(kernel, trail);
        moved = true;
        return true;
      }
      plain = std::min(plain, end.plain);
      lines = std::min(lines, end.lines);
      Ready best{-1, {}};
      for (const int32_t* k = network_.after.begin(kernels.back()); k != network_.after.end(kernels.back()); ++k) {
        if (!(end.ready[*k >> 6] >> (*k & 63) & 1)) continue;
        if (!effort_.take()) return false;
        const Step step = network_.look(end, *k);
        if (step.during <= level_ && (best.kernel < 0 || step.lines < best.step.lines)) best = {*k, step};
      }
      if (best.kernel < 0) return true;
      next = best;
    }
    return true;
  }

  State kept(int32_t id) const {
    State state;
    const uint64_t* at = store_.data() + static_cast<size_t>(id) * 2 * network_.words;
    state.run.assign(at, at + network_.words);
    state.ready.assign(at + network_.words, at + 2 * network_.words);
    state.plain = loads_[id].first;
    state.lines = loads_[id].second;
    state.hash = hashes_[id];
    state.left = static_cast<int32_t>(network_.graph.kernels());
    for (uint64_t word : state.run) state.left -= __builtin_popcountll(word);
    return state;
  }

  int32_t keep(const State& state, int32_t trail) {
    const auto id = static_cast<int32_t>(trails_.size());
    store_.insert(store_.end(), state.run.begin(), state.run.end());
    store_.insert(store_.end(), state.ready.begin(), state.ready.end());
    loads_.emplace_back(state.plain, state.lines);
    hashes_.push_back(state.hash);
    trails_.push_back(trail);
    if (trails_.size() * 2 > slots_.size()) grow();
    slots_[slot_of(state)] = id;
    return id;
  }

  bool known(const State& state) const { return slots_[slot_of(state)] >= 0; }

  size_t slot_of(const State& state) const {
    size_t slot = state.hash & (slots_.size() - 1);
    for (; slots_[slot] >= 0; slot = (slot + 1) & (slots_.size() - 1)) {
      const size_t id = static_cast<size_t>(slots_[slot]);
      if (hashes_[id] == state.hash &&
          std::equal(state.run.begin(), state.run.end(), store_.begin() + static_cast<int64_t>(id * 2 * network_.words)))
        break;
    }
    return slot;
  }

  void grow() {
    slots_.assign(slots_.size() * 2, -1);
    for (size_t id = 0; id + 1 < trails_.size(); ++id) {
      size_t slot = hashes_[id] & (slots_.size() - 1);
      while (slots_[slot] >= 0) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = static_cast<int32_t>(id);
    }
  }

  int32_t remember(int32_t kernel, int32_t trail) {
    history_.emplace_back(kernel, trail);
    return static_cast<int32_t>(history_.size()) - 1;
  }

  std::vector<int32_t> order_of(int32_t trail) const {
    std::vector<int32_t> order;
    for (; trail >= 0; trail = history_[trail].second) order.push_back(history_[trail].first);
    std::reverse(order.begin(), order.end());
    return order;
  }

  struct Child {
    int64_t lines;
    int32_t kernel, id;

    bool operator<(const Child& other) const {
      return lines != other.lines ? lines < other.lines : kernel < other.kernel;
    }
  };

  const Network& network_;
  const int64_t floor_, above_;
  Effort& effort_;
  int64_t level_ = 0;
  std::map<int64_t, std::vector<int32_t>> waiting_;  // level -> states
  const std::vector<std::vector<uint64_t>> descendants_;
  std::vector<int32_t> mortal_;  // units that end with their last touch
  std::vector<Ready> ready_;
  std::vector<Move> moves_;
  int64_t later_ = 0;
  std::vector<uint64_t> blocked_, ends_;  // kernels that no move may have but as its last; those that end something now
  std::vector<int32_t> touchers_;
  int32_t last_ = -1;
  std::vector<Child> children_;
  std::vector<std::pair<int32_t, int32_t>> history_;  // kernel, the entry before it

  std::vector<uint64_t> store_;                    // of each state kept: run, ready
  std::vector<std::pair<int64_t, int64_t>> loads_; // of each state kept: plain, lines
  std::vector<uint64_t> hashes_;
  std::vector<int32_t> trails_;
  std::vector<int32_t> slots_;  // open addressing; a power of two
};

}  // namespace

Found search(const Network& network, int64_t floor, int64_t above, Effort& effort) {
  if (network.graph.kernels() > kMostRelated) return {{}, floor};
  return Search(network, floor, above, effort).run();
}

}  // namespace l2opt
