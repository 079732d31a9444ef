// Random small chains, whose least cost is compared with that of all choices. Built with the address and
// undefined-behaviour sanitizers; prints how many agreed, and the first that did not.

#include "residency.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace l2opt;

namespace {

constexpr int64_t kNone = 1'000'000;

// A chain has as much room while an event's step runs as in the gaps beside it, if it is not in state 0 there.
Chains draw(std::mt19937& random) {
  const auto below = [&](int n) { return static_cast<int32_t>(random() % static_cast<unsigned>(n)); };
  Chains chains;
  const int32_t steps = 1 + below(4);
  for (int32_t s = 0; s < steps; ++s) {
    chains.capacity.push_back(below(10));
    chains.whole.push_back(std::max<int64_t>(0, chains.capacity.back() - below(2)));
  }
  chains.chains = 1 + below(3);
  std::vector<int32_t> last(chains.chains, -1);
  for (int32_t step = 0; step < steps; ++step)
    for (int32_t chain = 0; chain < chains.chains; ++chain) {
      if (!chains.events.empty() && below(3) == 0) continue;
      Event event;
      event.chain = chain, event.step = step, event.gap = below(6), event.gap_tail = below(3) == 0;
      event.first_option = static_cast<int32_t>(chains.options.size());
      const int64_t before = last[chain] < 0 ? 0 : chains.events[last[chain]].gap;
      for (int32_t n = 1 + below(3); n > 0; --n) {
        Option option{below(kStates), below(kStates), below(9), below(6), below(3) == 0};
        option.room = std::max({option.room, option.from == 0 ? 0 : before, option.to == 0 ? 0 : event.gap});
        chains.options.push_back(option);
      }
      chains.options.push_back({0, 0, 5 + below(9), 0, false});
      event.last_option = static_cast<int32_t>(chains.options.size());
      if (last[chain] >= 0) chains.events[last[chain]].next = static_cast<int32_t>(chains.events.size());
      last[chain] = static_cast<int32_t>(chains.events.size());
      chains.events.push_back(event);
    }
  return chains;
}

// The cost of a choice; kNone if it is not legal.
int64_t cost_of(const Chains& chains, const std::vector<int32_t>& taken) {
  std::vector<int64_t> used(chains.capacity.size(), 0), tails(chains.capacity.size(), 0);
  std::vector<int32_t> state(chains.chains, 0);
  int64_t cost = 0;
  for (size_t e = 0; e < chains.events.size(); ++e) {
    const Event& event = chains.events[e];
    const Option& option = chains.options[taken[e]];
    if (option.from != state[event.chain]) return kNone;
    state[event.chain] = option.to;
    cost += option.cost;
    used[event.step] += option.room;
    tails[event.step] += option.tail;
    if (option.to == 0) continue;
    const int32_t end = event.next >= 0 ? chains.events[event.next].step : static_cast<int32_t>(chains.capacity.size());
    for (int32_t s = event.step + 1; s < end; ++s) used[s] += event.gap, tails[s] += event.gap_tail;
  }
  for (int32_t s : state)
    if (s != 0) return kNone;
  for (size_t s = 0; s < used.size(); ++s)
    if (used[s] > (tails[s] ? chains.capacity : chains.whole)[s]) return kNone;
  return cost;
}

int64_t least(const Chains& chains, std::vector<int32_t>& taken) {
  if (taken.size() == chains.events.size()) return cost_of(chains, taken);
  const Event& event = chains.events[taken.size()];
  int64_t best = kNone;
  for (int32_t o = event.first_option; o < event.last_option; ++o) {
    taken.push_back(o);
    best = std::min(best, least(chains, taken));
    taken.pop_back();
  }
  return best;
}

bool agrees(const Chains& chains) {
  std::vector<int32_t> taken;
  const int64_t wanted = least(chains, taken);
  const Residency found = reside(chains, kNone, kNone, {});
  if (found.bound > static_cast<double>(wanted) + 1e-6) return false;
  if (found.taken.empty()) return wanted == kNone;
  if (cost_of(chains, found.taken) != found.cost) return false;
  const Residency useful = reside(chains, kNone, wanted + 1, {});
  if (useful.bound > static_cast<double>(wanted) + 1e-6) return false;
  const Residency lower = reside(chains, wanted, wanted, {});  // nothing costs less
  if (!lower.taken.empty() && cost_of(chains, lower.taken) < wanted) return false;
  return found.cost >= wanted && (!found.proven || found.cost == wanted);
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  std::mt19937 random(1);
  for (int i = 0; i < count; ++i) {
    if (agrees(draw(random))) continue;
    std::printf("problem %d differs\n", i);
    return 1;
  }
  std::printf("%d problems agree\n", count);
  return 0;
}
