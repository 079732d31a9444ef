#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "residency.h"
#include "residency_values.h"

namespace l2opt {
namespace {

constexpr int kPatience = 12;   // rounds without a better bound before steps get shorter
constexpr double kGain = 1e-3;  // of the gap: what counts as better
constexpr double kShorter = 0.6, kShortest = 1e-3, kWarm = 0.5;
constexpr double kInertia = 0.4;

// Adds the room that the cheapest way through each chain needs, by step.
void add_rooms(const Chains& chains, const Values& values, std::vector<double>& load) {
  std::vector<double> change(load.size() + 1, 0.0);
  std::vector<int32_t> state(chains.chains, 0);
  for (size_t e = 0; e < chains.events.size(); ++e) {
    const Event& event = chains.events[e];
    const int32_t option = values.best[e][state[event.chain]];
    if (option < 0) continue;
    const Option& taken = chains.options[option];
    change[event.step] += taken.room;
    change[event.step + 1] -= taken.room;
    if (event.next >= 0 && taken.to) {
      change[event.step + 1] += event.gap;
      change[chains.events[event.next].step] -= event.gap;
    }
    state[event.chain] = taken.to;
  }
  double now = 0;
  for (size_t step = 0; step < load.size(); ++step) load[step] = now += change[step];
}

}  // namespace

Prices price_room(const Chains& chains, int64_t known, int32_t rounds, double deadline, const Prices* from) {
  const size_t steps = chains.capacity.size();
  std::vector<double> price = from ? from->price : std::vector<double>(steps, 0.0);
  std::vector<double> load(steps), direction(steps, 0.0);
  Prices best{price, -std::numeric_limits<double>::infinity()};
  double factor = from ? kWarm : 1.0;
  int stale = 0;
  for (int32_t round = 0; round <= rounds; ++round) {
    const Values values = value_chains(chains, price);
    const double gap = static_cast<double>(known) - values.total;
    stale = values.total > best.bound + kGain * std::abs(gap) ? 0 : stale + 1;
    if (values.total > best.bound) best = {price, values.total};
    if (stale > kPatience) {
      factor *= kShorter;
      stale = 0;
      price = best.price;
      std::fill(direction.begin(), direction.end(), 0.0);
      if (factor < kShortest) break;
      continue;
    }
    if (deadline > 0 && now_seconds() > deadline) break;
    add_rooms(chains, values, load);
    double norm = 0;
    for (size_t step = 0; step < steps; ++step) {
      double over = load[step] - static_cast<double>(chains.capacity[step]);
      if (over < 0 && price[step] <= 0) over = 0;
      direction[step] = over + kInertia * direction[step];
      norm += direction[step] * direction[step];
    }
    if (norm <= 0 || gap <= 0) break;
    for (size_t step = 0; step < steps; ++step)
      price[step] = std::max(0.0, price[step] + factor * gap / norm * direction[step]);
  }
  return best;
}

}  // namespace l2opt
