// Random small series-parallel graphs: the order composed of parts against going through all sets of kernels. Where each
// value is read once and fills its lines, it has the least peak; elsewhere its bound holds. Built with the address and
// undefined-behaviour sanitizers; prints how many graphs agreed, how many peaks were proven, and the first fault.

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>

#include "order_definition.h"
#include "order_series.h"

using namespace l2opt;

namespace {

constexpr int64_t kAlignment = 4;

struct Ends {
  std::vector<int32_t> first, last;  // kernels that wait for none of the part, and those that none waits for
};

class Drawing {
 public:
  // `own`: each value has one reader, and fills its lines.
  Drawing(uint32_t seed, bool own) : random_(seed), own_(own) {}

  Graph draw() {
    const int32_t kernels = 2 + below(11);
    before_.clear(), touched_.clear();
    const Ends ends = part(kernels);
    for (int32_t k : ends.last)
      if (below(2) == 0) write(k, below(3) == 0);
    for (size_t k = 0; k < before_.size(); ++k) {
      list(graph_.before, before_[k]), list(graph_.touched, touched_[k]);
      for (int32_t u : touched_[k])
        for (int32_t t : touched_[k])
          if (maker_[t] == static_cast<int32_t>(k) && maker_[u] != maker_[t] && graph_.group[t] == t && below(2) == 0)
            choose(u, t);
      graph_.choices_of.close();
    }
    return graph_;
  }

 private:
  int32_t below(int32_t n) { return static_cast<int32_t>(random_() % static_cast<uint32_t>(n)); }

  Ends part(int32_t kernels) {
    if (kernels == 1) {
      before_.emplace_back(), touched_.emplace_back();
      const auto k = static_cast<int32_t>(before_.size()) - 1;
      if (below(8) == 0) write(k, false);  // scratch
      return {{k}, {k}};
    }
    const int32_t some = 1 + below(kernels - 1);
    const bool series = below(2) == 0;
    Ends a = part(some);
    const Ends b = part(kernels - some);
    if (series) {
      join(a.last, b.first);
      return {a.first, b.last};
    }
    a.first.insert(a.first.end(), b.first.begin(), b.first.end());
    a.last.insert(a.last.end(), b.last.begin(), b.last.end());
    return a;
  }

  void join(const std::vector<int32_t>& makers, const std::vector<int32_t>& readers) {
    for (int32_t m : makers) {
      const bool apart = own_ || below(3) == 0;  // else all read one unit
      const bool slices = apart && !own_ && below(2) == 0;
      int32_t unit = apart ? -1 : write(m, below(12) == 0);
      for (int32_t r : readers) {
        before_[r].push_back(m);
        if (apart) unit = write(m, false);
        if (slices && r != readers[0]) graph_.group[unit] = graph_.group[unit - 1];
        touched_[r].push_back(unit);
      }
    }
  }

  int32_t write(int32_t kernel, bool until) {
    const int64_t bytes = own_ ? kAlignment * (1 + below(9)) : 1 + below(40);
    const int64_t lines = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    graph_.units.push_back({bytes, lines, lines - bytes});
    graph_.group.push_back(graph_.groups++);  // its number, unless it is a slice
    graph_.from.push_back(0), graph_.until.push_back(until);
    maker_.push_back(kernel);
    touched_[kernel].push_back(graph_.groups - 1);
    return graph_.groups - 1;
  }

  void choose(int32_t source, int32_t target) {
    if (graph_.until[source] || graph_.units[target].plain > graph_.units[source].plain) return;
    graph_.choices_of.values.push_back(static_cast<int32_t>(graph_.choices.size()));
    graph_.choices.push_back({graph_.group[source], target});
  }

  static void list(Lists& lists, const std::vector<int32_t>& values) {
    lists.values.insert(lists.values.end(), values.begin(), values.end());
    lists.close();
  }

  std::mt19937 random_;
  const bool own_;
  Graph graph_;
  std::vector<std::vector<int32_t>> before_, touched_;
  std::vector<int32_t> maker_;  // unit -> kernel
};

const char* fault(const Graph& graph, bool own, int64_t& proven) {
  const Network network(graph);
  const int64_t least = Definition(graph).least();
  std::vector<int32_t> hint(graph.kernels());
  std::iota(hint.begin(), hint.end(), 0);
  const Composed composed = compose(network, hint);
  if (!legal(graph, composed.order)) return "the order";
  if (composed.bound > least) return "the bound";
  const int64_t peak = network.peak(composed.order);
  if (peak < least) return "the peak";
  if (own && (peak != least || composed.bound != least)) return "the composition";
  proven += peak == composed.bound;
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t count = argc > 1 ? std::atoll(argv[1]) : 1000;
  const uint32_t first = argc > 2 ? static_cast<uint32_t>(std::atoll(argv[2])) : 0;
  int64_t proven = 0;
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t seed = first + static_cast<uint32_t>(i);
    const bool own = seed % 2 == 0;
    const Graph graph = Drawing(seed, own).draw();
    if (const char* what = fault(graph, own, proven)) {
      std::printf("graph %u of %zu kernels: %s\n", seed, graph.kernels(), what);
      return 1;
    }
  }
  std::printf("%lld graphs agree, %lld proven\n", static_cast<long long>(count), static_cast<long long>(proven));
  return 0;
}
