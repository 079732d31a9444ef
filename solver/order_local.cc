#include "order_local.h"

#include <algorithm>

#include "order_mover.h"
#include "random.h"

namespace l2opt {
namespace {

constexpr double kFine = 1024;  // parts of the first peak that a load is counted in, so that powers of it are whole
constexpr double kHigh = 4096;

struct Height {
  int64_t peak = 0;  // the largest load
  uint64_t sum = 0;  // of fourth powers
};

// `scale`: the load that counts `kFine`.
Height height_of(const Network& network, const std::vector<int32_t>& order, int64_t scale) {
  Height height;
  State state = network.start();
  for (const int32_t kernel : order) {
    const Step step = network.look(state, kernel);
    const double share = static_cast<double>(step.during) / static_cast<double>(scale);
    const auto count = static_cast<uint64_t>(std::min(kHigh, share * kFine));
    height.sum += count * count * count * count;
    height.peak = std::max(height.peak, step.during);
    network.run(state, kernel, step);
  }
  return height;
}

}  // namespace

std::vector<int32_t> descend(const Network& network, std::vector<int32_t> order, int64_t enough, Effort& effort) {
  std::vector<int32_t> best = order, tried;
  const int64_t scale = std::max<int64_t>(1, network.peak(order));
  Height height = height_of(network, order, scale);
  int64_t least = height.peak;
  Random random(1);
  Mover mover(network, tried);
  while (least > enough && effort.take()) {
    effort.spend(static_cast<int64_t>(order.size()));
    tried = order;
    if (!mover.move(random)) continue;
    const Height found = height_of(network, tried, scale);
    if (found.sum > height.sum) continue;
    order = tried, height = found;
    if (height.peak < least) least = height.peak, best = order;
  }
  return best;
}

}  // namespace l2opt
