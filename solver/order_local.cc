#include "order_local.h"

#include <algorithm>
#include <tuple>

#include "order_mover.h"
#include "random.h"

namespace l2opt {
namespace {

struct Height {
  int64_t peak = 0;   // the largest load
  int64_t steps = 0;  // with that load
  double sum = 0;     // of all loads

  bool operator<(const Height& other) const {
    return std::tie(peak, steps, sum) < std::tie(other.peak, other.steps, other.sum);
  }
};

Height height_of(const Network& network, const std::vector<int32_t>& order, double scale) {
  Height height;
  State state = network.start();
  for (const int32_t kernel : order) {
    const Step step = network.look(state, kernel);
    {
      const double d = static_cast<double>(step.during) / scale;
      double e = 1;
      for (int i = 0; i < 16; ++i) e *= d;
      height.sum += e;
    }
    if (step.during > height.peak) height.peak = step.during, height.steps = 0;
    height.steps += step.during == height.peak;
    network.run(state, kernel, step);
  }
  return height;
}

}  // namespace

std::vector<int32_t> descend(const Network& network, std::vector<int32_t> order, int64_t enough, Effort& effort) {
  std::vector<int32_t> tried, best = order;
  const double scale = static_cast<double>(network.peak(order));
  Height height = height_of(network, order, scale);
  int64_t least = height.peak;
  std::vector<double> history(500, height.sum);
  size_t at = 0;
  Random random(1);
  Mover mover(network, tried);
  while (least > enough && effort.take()) {
    effort.spend(static_cast<int64_t>(order.size()));
    tried = order;
    if (!mover.move(random)) continue;
    const Height found = height_of(network, tried, scale);
    double& then = history[at++ % history.size()];
    if (found.sum <= height.sum || found.sum <= then) {
      order = tried, height = found;
      if (found.peak < least) least = found.peak, best = order;
    }
    then = std::min(then, height.sum);
  }
  return best;
}

}  // namespace l2opt
