// States that have been reached, each set of kernels once.

#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "order_state.h"

namespace l2opt {

// Sets are found by hash and compared in full, and numbered as they come. A trail is the last kernel that has run on
// the way to a state, as an entry in a history where each points to the one before it; -1 is the empty one.
class StateSets {
 public:
  explicit StateSets(const Network& network) : network_(network), slots_(1024, -1) {}

  int32_t find(const State& state) const { return slots_[slot_of(state)]; }  // -1: it is new

  int32_t add(const State& state) {
    const auto id = static_cast<int32_t>(hashes_.size());
    bits_.insert(bits_.end(), state.run.begin(), state.run.end());
    bits_.insert(bits_.end(), state.ready.begin(), state.ready.end());
    loads_.push_back({state.plain, state.lines, state.pad});
    hashes_.push_back(state.hash);
    if (hashes_.size() * 2 > slots_.size()) grow();
    slots_[slot_of(state)] = id;
    return id;
  }

  State state(int32_t id) const {
    const size_t words = network_.words;
    const uint64_t* at = bits_.data() + static_cast<size_t>(id) * 2 * words;
    State state;
    state.run.assign(at, at + words);
    state.ready.assign(at + words, at + 2 * words);
    state.plain = loads_[id].plain;
    state.lines = loads_[id].lines;
    state.pad = loads_[id].pad;
    state.hash = hashes_[id];
    state.left = static_cast<int32_t>(network_.graph.kernels());
    for (uint64_t word : state.run) state.left -= __builtin_popcountll(word);
    return state;
  }

  bool within(int32_t id, const State& state) const {
    const uint64_t* at = bits_.data() + static_cast<size_t>(id) * 2 * network_.words;
    for (size_t w = 0; w < network_.words; ++w)
      if (at[w] & ~state.run[w]) return false;
    return true;
  }

  int64_t plain(int32_t id) const { return loads_[id].plain; }
  int64_t lines(int32_t id) const { return loads_[id].lines; }

  int32_t extend(int32_t trail, int32_t kernel) {
    history_.emplace_back(kernel, trail);
    return static_cast<int32_t>(history_.size()) - 1;
  }

  std::vector<int32_t> order(int32_t trail) const {
    std::vector<int32_t> order;
    since(trail, -1, order);
    return order;
  }

  // The kernels that have run on the way from one entry to another.
  void since(int32_t trail, int32_t first, std::vector<int32_t>& kernels) const {
    kernels.clear();
    for (; trail != first; trail = history_[trail].second) kernels.push_back(history_[trail].first);
    std::reverse(kernels.begin(), kernels.end());
  }

  size_t words() const { return bits_.size() + history_.size() + 9 * hashes_.size(); }  // of 8 bytes, about

 private:
  size_t slot_of(const State& state) const {
    const size_t mask = slots_.size() - 1;
    size_t slot = state.hash & mask;
    for (; slots_[slot] >= 0; slot = (slot + 1) & mask) {
      const auto id = static_cast<size_t>(slots_[slot]);
      if (hashes_[id] != state.hash) continue;
      if (std::equal(state.run.begin(), state.run.end(), bits_.data() + id * 2 * network_.words)) break;
    }
    return slot;
  }

  void grow() {
    slots_.assign(slots_.size() * 2, -1);
    const size_t mask = slots_.size() - 1;
    for (size_t id = 0; id + 1 < hashes_.size(); ++id) {
      size_t slot = hashes_[id] & mask;
      while (slots_[slot] >= 0) slot = (slot + 1) & mask;
      slots_[slot] = static_cast<int32_t>(id);
    }
  }

  const Network& network_;
  std::vector<uint64_t> bits_;  // of each state: run, ready
  std::vector<Unit> loads_;
  std::vector<uint64_t> hashes_;
  std::vector<int32_t> slots_;                        // open addressing; a power of two
  std::vector<std::pair<int32_t, int32_t>> history_;  // kernel, the entry before it
};

}  // namespace l2opt
