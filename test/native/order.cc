// Random small graphs: the least peak load over all orders, by going through all sets of kernels with nothing but the
// definitions, against the exact search without any seed, the beam and the whole. Built with the address and
// undefined-behaviour sanitizers; prints how many graphs agreed, and the first that did not.

#include "order.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>

#include "order_beam.h"
#include "order_definition.h"
#include "order_exact.h"
#include "order_local.h"
#include "order_mover.h"
#include "order_parts.h"
#include "order_traffic.h"

using namespace l2opt;

namespace {

constexpr int64_t kAlignment = 4;

class Drawing {
 public:
  explicit Drawing(uint32_t seed) : random_(seed) {}

  Graph draw() {
    const int32_t kernels = 2 + below(9);
    padded_ = below(2) == 0;
    readable_.clear();
    readers_.assign(kernels, {});
    graph_ = Graph();
    for (int32_t inputs = below(3); inputs > 0; --inputs) add_group(-1);
    for (int32_t k = 0; k < kernels; ++k) add_kernel(k);
    for (int32_t idle = below(8) == 0; idle > 0; --idle) add_group(-1);
    for (size_t u = 0; u < graph_.units.size(); ++u) graph_.until.push_back(below(12) == 0);
    close();
    return graph_;
  }

 private:
  int32_t below(int32_t n) { return static_cast<int32_t>(random_() % static_cast<uint32_t>(n)); }

  // Units side by side from a multiple of the alignment on.
  int32_t add_group(int32_t producer) {
    int64_t lo = 0;
    for (int32_t units = below(4) == 0 ? 2 + below(2) : 1; units > 0; --units) {
      const int64_t hi = lo + (padded_ ? 1 + below(13) : kAlignment * (1 + below(4)));
      const int64_t first = (lo + kAlignment - 1) / kAlignment, end = (hi + kAlignment - 1) / kAlignment;
      graph_.units.push_back({hi - lo, (end - first) * kAlignment, first < end ? end * kAlignment - hi : 0});
      graph_.group.push_back(graph_.groups);
      graph_.from.push_back(producer < 0 && below(4) > 0);
      lo = hi;
      const auto unit = static_cast<int32_t>(graph_.units.size()) - 1;
      if (producer >= 0) readers_[producer].push_back(unit);
      producer_.resize(graph_.units.size(), -1);
      producer_[unit] = producer;
      readable_.push_back(unit);
    }
    return graph_.groups++;
  }

  void add_kernel(int32_t k) {
    std::vector<int32_t> before;
    std::vector<int32_t> read;
    for (int32_t reads = below(4); reads > 0 && !readable_.empty(); --reads) {
      // Near ones more often.
      const auto size = static_cast<int32_t>(readable_.size());
      const int32_t unit = readable_[size - 1 - std::min(below(size), below(size))];
      for (int32_t u = 0; u < static_cast<int32_t>(graph_.units.size()); ++u)
        if (u == unit || (graph_.group[u] == graph_.group[unit] && below(3) > 0)) read.push_back(u);
    }
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    for (int32_t u : read)
      if (producer_[u] >= 0) before.push_back(producer_[u]);
    if (k > 0 && below(5) == 0) before.push_back(below(k));
    std::sort(before.begin(), before.end());
    before.erase(std::unique(before.begin(), before.end()), before.end());
    readers_[k] = read;
    const size_t choices = graph_.choices.size();
    int32_t writes = below(8) == 0 ? 2 : below(10) > 0;
    const bool alone = writes == 1;
    for (; writes > 0; --writes) {
      const int32_t target = add_group(k);
      const bool overlaps = alone && !read.empty() && below(3) == 0;
      for (int32_t u : read)
        if (below(3) > 0) add_choice(read, graph_.group[u], target);
      if (overlaps)
        add_overlap(read, graph_.group[read[static_cast<size_t>(below(static_cast<int32_t>(read.size())))]], target);
    }
    if (below(6) == 0) {
      add_group(k);  // scratch, if nobody reads it
      if (below(2) == 0) readable_.pop_back();
    }
    graph_.before.values.insert(graph_.before.values.end(), before.begin(), before.end());
    graph_.before.close();
    for (size_t c = choices; c < graph_.choices.size(); ++c)
      graph_.choices_of.values.push_back(static_cast<int32_t>(c));
    graph_.choices_of.close();
  }

  void add_choice(const std::vector<int32_t>& read, int32_t source, int32_t target) {
    int64_t plain = 0, lines = 0;
    for (int32_t u : read)
      if (graph_.group[u] == source) plain += graph_.units[u].plain, lines += graph_.units[u].lines;
    for (size_t u = 0; u < graph_.units.size(); ++u)
      if (graph_.group[u] == target) plain -= graph_.units[u].plain, lines -= graph_.units[u].lines;
    const bool listed = std::any_of(graph_.choices.begin(), graph_.choices.end(), [&](const Choice& choice) {
      return choice.source == source && choice.target == target;
    });
    if (plain >= 0 && lines >= 0 && !listed) graph_.choices.push_back({source, target});
  }

  Unit sum_of(const std::vector<int32_t>& units, int32_t group) const {
    Unit sum{0, 0, 0};
    for (int32_t u : units)
      if (graph_.group[u] == group)
        sum = {sum.plain + graph_.units[u].plain, sum.lines + graph_.units[u].lines,
               std::max(sum.pad, graph_.units[u].pad)};
    return sum;
  }

  // The target starts some lines below the source, if that saves anything.
  void add_overlap(const std::vector<int32_t>& read, int32_t source, int32_t target) {
    std::vector<int32_t> all(graph_.units.size());
    std::iota(all.begin(), all.end(), 0);
    const Unit under = sum_of(read, source), over = sum_of(all, target);
    const int64_t distance = kAlignment * below(3);
    if (distance >= over.plain) return;
    const int64_t apart = under.lines > 0 && over.lines > 0 ? distance : 0;
    const Unit rest{std::max(distance, over.plain - under.plain), std::max(apart, over.lines - under.lines),
                    over.lines - under.lines > apart ? over.pad : 0};
    graph_.choices.push_back({source, target, rest});
  }

  void close() {
    for (std::vector<int32_t>& units : readers_) {
      std::sort(units.begin(), units.end());
      units.erase(std::unique(units.begin(), units.end()), units.end());
      graph_.touched.values.insert(graph_.touched.values.end(), units.begin(), units.end());
      graph_.touched.close();
    }
    // What is needed at the end is written over by nobody.
    for (size_t k = 0; k < graph_.kernels(); ++k)
      for (const int32_t* c = graph_.choices_of.begin(k); c != graph_.choices_of.end(k); ++c)
        for (size_t u = 0; u < graph_.units.size(); ++u)
          if (graph_.group[u] == graph_.choices[*c].source) graph_.until[u] = 0;
  }

  std::mt19937 random_;
  Graph graph_;
  bool padded_ = false;
  std::vector<int32_t> readable_, producer_;
  std::vector<std::vector<int32_t>> readers_;  // kernel -> units that it touches
};

// Orders for little traffic: legal, each once, the least estimate first and none above that of the start.
const char* fault_of_traffic(const Graph& graph, int64_t capacity, bool low) {
  const Network network(graph);
  std::vector<int32_t> program(graph.kernels());
  std::iota(program.begin(), program.end(), 0);
  const int64_t most = low ? network.peak(program) : kNoLoad;
  Effort effort(3000, 0);
  const std::vector<Estimated> found = low_traffic(network, program, capacity, most, 4, effort);
  if (found.empty() || found[0].traffic > estimated_traffic(network, program, capacity))
    return "the traffic of an order";
  for (size_t i = 0; i < found.size(); ++i) {
    if (!legal(graph, found[i].kernels)) return "an order for traffic";
    if (network.peak(found[i].kernels) > most) return "the load of an order for traffic";
    if (found[i].traffic != estimated_traffic(network, found[i].kernels, capacity)) return "an estimate";
    if (i > 0 && (found[i].traffic < found[i - 1].traffic || found[i].kernels == found[i - 1].kernels))
      return "the orders for traffic";
  }
  return nullptr;
}

// Orders near program order: legal, with no higher load, and the same ones from the same seed.
const char* fault_of_shaken(const Graph& graph, uint32_t seed) {
  const Network network(graph);
  std::vector<int32_t> program(graph.kernels());
  std::iota(program.begin(), program.end(), 0);
  const auto shake = [&] {
    Effort effort(3000, 0);
    return shaken(network, program, network.peak(program), 4, seed, effort);
  };
  const std::vector<int32_t> order = shake();
  if (!legal(graph, order) || network.peak(order) > network.peak(program)) return "an order nearby";
  if (order != shake()) return "an order nearby, found twice";
  Effort effort(3000, 0);
  const std::vector<int32_t> lower = descend(network, program, 0, effort);
  return legal(graph, lower) && network.peak(lower) <= network.peak(program) ? nullptr : "the local search";
}

const char* fault(const Graph& graph, int64_t floor_share) {
  const Network network(graph);
  const Definition definition(graph);
  const int64_t least = definition.least();
  Effort effort(1 << 30, 0);
  if (least_step(network) > least) return "the bound of single steps";
  const Found found = search(network, 0, kNone, effort);
  if (!legal(graph, found.order)) return "the order of the search";
  if (definition.peak(found.order) != network.peak(found.order)) return "the load of an order";
  if (found.bound != least || network.peak(found.order) != least) return "the search";
  const Found below = search(network, 0, least, effort);
  if (!below.order.empty() || below.bound != least) return "the proof that nothing is lower";
  const int64_t floor = least * floor_share / 8;
  const Found above = search(network, floor, kNone, effort);
  if (network.peak(above.order) > std::max(floor, least)) return "the search from a floor";
  const Found shrunk = shrink(network, 0, network.peak(found.order) + 1 + floor_share, effort);
  if (!legal(graph, shrunk.order)) return "the order of the search from above";
  if (shrunk.bound != least || network.peak(shrunk.order) != least) return "the search from above";
  const std::vector<int32_t> beamed = beam(network, 0, effort);
  if (!legal(graph, beamed) || network.peak(beamed) < least) return "the beam";
  for (const int64_t looks : {int64_t{0}, int64_t{40}, int64_t{1} << 30}) {
    const Order order = low_order(graph, looks, 0);
    if (!legal(graph, order.kernels) || definition.peak(order.kernels) != order.peak) return "an order";
    if (order.bound > least || order.peak < least) return "a bound";
    if (looks > 40 && (order.bound != least || order.peak != least)) return "the whole";
  }
  for (const bool low : {false, true})
    if (const char* what = fault_of_traffic(graph, least * floor_share / 8, low)) return what;
  return fault_of_shaken(graph, static_cast<uint32_t>(floor_share));
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t count = argc > 1 ? std::atoll(argv[1]) : 1000;
  const uint32_t first = argc > 2 ? static_cast<uint32_t>(std::atoll(argv[2])) : 0;
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t seed = first + static_cast<uint32_t>(i);
    const Graph graph = Drawing(seed).draw();
    if (const char* what = fault(graph, seed % 10)) {
      std::printf("graph %u of %zu kernels: %s\n", seed, graph.kernels(), what);
      return 1;
    }
  }
  std::printf("%lld graphs agree\n", static_cast<long long>(count));
  return 0;
}
