#include "strategy.h"

#include <algorithm>

#include "random.h"

namespace l2opt {
namespace {

constexpr double kStray = 0.3;  // of the capacity, times the jitter: how far an order may be from its guide's

double key_of(const Sections& sections, const Column& column, Strategy::Value value,
              const std::vector<int64_t>& loads) {
  const double height = static_cast<double>(column.height), steps = column.last - column.first;
  double load = 0;
  switch (value) {
    case Strategy::Value::kHeight:
      return height + steps * 1e-6;
    case Strategy::Value::kArea:
      return height * steps;
    case Strategy::Value::kSteps:
      return steps + height * 1e-12;
    case Strategy::Value::kLoad:
      for (int32_t c = column.first; c < column.last; ++c)
        load = std::max(load, static_cast<double>(loads[sections.cells[c].section]));
      return load + height * 1e-6;
    case Strategy::Value::kGuide:
      break;
  }
  return 0;
}

}  // namespace

std::vector<double> keys_of(const Sections& sections, const Strategy& strategy, const std::vector<int64_t>& loads,
                            int64_t capacity) {
  Random random(strategy.seed);
  std::vector<double> keys;
  for (const Column& column : sections.columns) {
    if (strategy.value == Strategy::Value::kGuide) {
      const double offset = static_cast<double>((*strategy.guide)[keys.size()]);
      keys.push_back(-offset - kStray * strategy.jitter * random.next() * static_cast<double>(capacity));
      continue;
    }
    double key = key_of(sections, column, strategy.value, loads);
    if (strategy.seed != 0) key *= 1 + strategy.jitter * (2 * random.next() - 1);
    keys.push_back(key);
  }
  return keys;
}

}  // namespace l2opt
