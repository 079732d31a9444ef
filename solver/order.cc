#include "order.h"

#include <algorithm>
#include <numeric>

#include "order_beam.h"
#include "order_exact.h"
#include "order_local.h"
#include "order_parts.h"
#include "order_series.h"

namespace l2opt {
namespace {

constexpr int kHints = 3;                   // orders from which parallel parts are told apart
constexpr int64_t kFirstLooks = 1'000'000;  // of the beam that starts the search

struct Part {
  int32_t lo, hi;  // positions
  int64_t peak;    // of program order there
};

class Composition {
 public:
  Composition(const Graph& graph, int64_t looks, double seconds)
      : network_(graph), effort_(looks, seconds), order_(graph.kernels()) {
    std::iota(order_.begin(), order_.end(), 0);
  }

  Order run() {
    const std::vector<int32_t> program = order_;
    std::vector<Part> parts = measure();
    int64_t peak = 0, bound = 0;
    if (parts.empty()) peak = bound = network_.peak(order_);
    for (const Part& each : parts)
      if (each.hi - each.lo == 1) peak = bound = std::max(peak, each.peak);
    std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.peak > b.peak; });
    for (size_t i = 0; i < parts.size(); ++i) {
      const Part& each = parts[i];
      if (each.peak <= peak) break;
      const auto hard = std::count_if(parts.begin() + static_cast<int64_t>(i), parts.end(),
                                      [&](const Part& other) { return other.peak > peak; });
      const Graph graph = part(network_, program, each.lo, each.hi);
      const Order found = improve(Network(graph), each, peak, effort_.left() / hard);
      for (int32_t at = each.lo; at < each.hi; ++at) order_[at] = each.lo + found.kernels[at - each.lo];
      peak = std::max(peak, found.peak);
      bound = std::max(bound, found.bound);
    }
    // Where the search gave up, a part that was good enough may still show more than what is proven.
    for (const Part& each : parts)
      if (bound < peak && each.peak > bound)
        bound = std::max(bound, std::min(peak, least_step(Network(part(network_, program, each.lo, each.hi)))));
    return {order_, peak, bound, effort_.left()};
  }

 private:
  std::vector<Part> measure() {
    const std::vector<int32_t> at = cuts(network_.graph);
    std::vector<Part> parts;
    State state = network_.start();
    for (size_t c = 0; c + 1 < at.size(); ++c) {
      parts.push_back({at[c], at[c + 1], 0});
      for (int32_t k = at[c]; k < at[c + 1]; ++k) {
        const Step step = network_.look(state, k);
        parts.back().peak = std::max(parts.back().peak, step.during);
        network_.run(state, k, step);
      }
    }
    return parts;
  }

  // An order for a part; a peak of at most `enough` is as good as any.
  Order improve(const Network& network, const Part& where, int64_t enough, int64_t looks) {
    Order best{std::vector<int32_t>(network.graph.kernels()), where.peak, std::max<int64_t>(0, least_step(network))};
    std::iota(best.kernels.begin(), best.kernels.end(), 0);
    const auto take = [&](std::vector<int32_t> order) {
      if (order.empty()) return;
      const int64_t peak = network.peak(order);
      if (peak < best.peak) best.kernels = std::move(order), best.peak = peak;
    };
    for (const bool latest : {false, true}) take(depth_first(network, latest));
    for (int tries = 0; tries < kHints && best.peak > std::max(enough, best.bound); ++tries) {
      const int64_t before = best.peak;
      Composed composed = compose(network, best.kernels);
      best.bound = std::max(best.bound, composed.bound);
      take(std::move(composed.order));
      if (best.peak == before) break;
    }
    const int64_t floor = std::max(enough, best.bound);
    if (best.peak <= floor || looks <= 0) return best;
    const auto wide = [&](int64_t share) {
      Effort some = effort_.part(share);
      take(beam(network, floor, some));
      effort_.spend(share);
    };
    wide(std::min(looks / 16, kFirstLooks));
    if (best.peak <= floor) return best;
    const auto narrow = [&](auto&& how, int64_t share) {
      Effort some = effort_.part(share);
      const int64_t given = some.left();
      const Found found = how(network, std::max(floor, best.bound), best.peak, some);
      effort_.spend(given - some.left());
      take(found.order);
      best.bound = std::max(best.bound, std::min(found.bound, best.peak));
    };
    const auto open = [&] { return best.peak > std::max(floor, best.bound); };
    // Where pads differ, less is decided by what is least, and levels from below are as good.
    narrow(shrink, looks * (network.alike ? 9 : 5) / 16);
    if (open()) narrow(search, looks * (network.alike ? 2 : 6) / 16);
    if (open()) {
      Effort some = effort_.part(looks / 4);
      const int64_t given = some.left();
      take(descend(network, best.kernels, std::max(floor, best.bound), some));
      effort_.spend(given - some.left());
    }
    return best;
  }

  const Network network_;
  Effort effort_;
  std::vector<int32_t> order_;
};

}  // namespace

int64_t peak_load(const Graph& graph, const std::vector<int32_t>& order) { return Network(graph).peak(order); }

Order low_order(const Graph& graph, int64_t looks, double seconds) { return Composition(graph, looks, seconds).run(); }

}  // namespace l2opt
