#include "order_exact.h"

#include <map>

namespace l2opt {
namespace {

constexpr size_t kMostWords = size_t{1} << 24;  // of sets kept: 128 MB
constexpr int32_t kLongestChain = 32;

struct Ready {
  int32_t kernel;
  Step step;
};

class Search {
 public:
  Search(const Network& network, int64_t floor, int64_t above, Effort& effort)
      : network_(network), floor_(floor), above_(above), effort_(effort), slots_(1024, -1) {}

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
    if (!settle(state, trail)) return kStopped;
    if (state.left == 0) return trail;
    if (trail != trails_[id]) {
      if (known(state)) return kGoesOn;
      id = keep(state, trail);
    }
    const std::vector<Ready> ready = ready_;
    int64_t later = above_;
    children_.clear();
    for (const Ready& each : ready) {
      if (each.step.during > level_) {
        later = std::min(later, each.step.during);
        continue;
      }
      State child = state;
      network_.run(child, each.kernel, each.step);
      int32_t end = remember(each.kernel, trail);
      if (!settle(child, end)) return kStopped;
      if (child.left == 0) return end;
      if (known(child)) continue;
      if (store_.size() > kMostWords) return kStopped;
      children_.push_back({child.lines, each.kernel, keep(child, end)});
    }
    if (later < above_) waiting_[later].push_back(id);
    std::sort(children_.begin(), children_.end());
    std::vector<int32_t>& stack = waiting_[level_];
    for (auto child = children_.rbegin(); child != children_.rend(); ++child) stack.push_back(child->id);
    return kGoesOn;
  }

  // Runs what may run at once; then `ready_` holds the steps of the ready kernels. False if the effort is spent.
  bool settle(State& state, int32_t& trail) {
    for (;;) {
      if (!look(state)) return false;
      if (state.left == 0) return true;
      const auto good = std::find_if(ready_.begin(), ready_.end(), [&](const Ready& each) {
        return each.step.during <= level_ && Network::harmless(state, each.step);
      });
      if (good != ready_.end()) {
        network_.run(state, good->kernel, good->step);
        trail = remember(good->kernel, trail);
        continue;
      }
      bool moved = false;
      for (size_t i = 0; i < ready_.size() && !moved; ++i)
        if (ready_[i].step.during <= level_ && !chain(state, ready_[i], trail, moved)) return false;
      if (!moved) return true;
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
      if (end.plain <= plain && (end.lines < lines || (!network_.padded && end.lines == lines))) {
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
  std::vector<Ready> ready_;
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
  return Search(network, floor, above, effort).run();
}

}  // namespace l2opt
