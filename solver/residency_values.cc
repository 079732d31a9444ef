#include "residency_values.h"

namespace l2opt {

Values value_chains(const Chains& chains, const std::vector<double>& price) {
  const size_t count = chains.events.size();
  std::vector<double> upto(price.size() + 1, 0.0);  // step -> the price of one byte over all steps before it
  for (size_t step = 0; step < price.size(); ++step) upto[step + 1] = upto[step] + price[step];
  Values values;
  values.before.resize(count);
  values.after.resize(count);
  values.best.resize(count);
  std::vector<bool> follows(count, false);
  for (size_t e = count; e-- > 0;) {
    const Event& event = chains.events[e];
    std::array<double, kStates>& after = values.after[e];
    after.fill(kNever);
    if (event.next < 0) {
      after[0] = 0;
    } else {
      follows[event.next] = true;
      after = values.before[event.next];
      const double held =
          static_cast<double>(event.gap) * (upto[chains.events[event.next].step] - upto[event.step + 1]);
      for (int state = 1; state < kStates; ++state) after[state] += held;
    }
    values.before[e].fill(kNever);
    values.best[e].fill(-1);
    for (int32_t o = event.first_option; o < event.last_option; ++o) {
      const Option& option = chains.options[o];
      const double cost =
          static_cast<double>(option.cost) + price[event.step] * static_cast<double>(option.room) + after[option.to];
      if (cost < values.before[e][option.from]) {
        values.before[e][option.from] = cost;
        values.best[e][option.from] = o;
      }
    }
  }
  for (size_t e = 0; e < count; ++e)
    if (!follows[e]) values.total += values.before[e][0];
  for (size_t step = 0; step < price.size(); ++step)
    values.total -= price[step] * static_cast<double>(chains.capacity[step]);
  return values;
}

}  // namespace l2opt
