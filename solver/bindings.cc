// The native functions as Python sees them: numpy int64 arrays in, plain values out; the GIL is released while they
// run.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "admit.h"
#include "apart.h"
#include "greedy.h"
#include "nesting.h"
#include "order.h"
#include "order_mover.h"
#include "order_traffic.h"
#include "parts.h"
#include "problem.h"
#include "slots.h"

namespace nb = nanobind;

void bind_residency(nb::module_& m);  // bindings_residency.cc

using namespace nb::literals;

namespace {

using Ints = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Doubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

void require_equal(size_t got, size_t wanted, const char* what) {
  if (got != wanted)
    throw std::invalid_argument(std::string(what) + ": want " + std::to_string(wanted) + " values, got " +
                                std::to_string(got));
}

l2opt::Problem problem_of(const Ints& start, const Ints& end, const Ints& lo, const Ints& hi, const Ints& first,
                          const Ints& alignment, const Ints& min_offset, const Ints& max_offset) {
  const size_t pieces = start.size(), items = alignment.size();
  require_equal(end.size(), pieces, "end");
  require_equal(lo.size(), pieces, "lo");
  require_equal(hi.size(), pieces, "hi");
  require_equal(first.size(), items + 1, "first");
  require_equal(min_offset.size(), items, "min_offset");
  require_equal(max_offset.size(), items, "max_offset");
  return l2opt::make_problem({start.data(), end.data(), lo.data(), hi.data(), first.data(), alignment.data(),
                              min_offset.data(), max_offset.data(), pieces, items});
}

std::vector<double> values_of(const Doubles& value, size_t wanted) {
  require_equal(value.size(), wanted, "value");
  return {value.data(), value.data() + value.size()};
}

std::vector<l2opt::Span> spans_of(const Ints& start, const Ints& end, const Ints& size, int64_t alignment) {
  require_equal(end.size(), start.size(), "end");
  require_equal(size.size(), start.size(), "size");
  if (alignment < 1) throw std::invalid_argument("alignment: want >= 1");
  std::vector<l2opt::Span> spans;
  spans.reserve(start.size());
  for (size_t i = 0; i < start.size(); ++i) {
    if (start.data()[i] >= end.data()[i] || size.data()[i] < 1)
      throw std::invalid_argument("span " + std::to_string(i) + ": want start < end and size >= 1");
    spans.push_back({start.data()[i], end.data()[i], size.data()[i]});
  }
  return spans;
}

nb::tuple tuple_of(const l2opt::Packing& packing) {
  return nb::make_tuple(packing.offsets, packing.peak, packing.winner);
}

nb::tuple tuple_of(const l2opt::Slots& slots) {
  std::vector<int64_t> offsets;
  offsets.reserve(slots.slot.size());
  for (int32_t slot : slots.slot) offsets.push_back(slot < 0 ? l2opt::kLeftOut : slots.offsets[slot]);
  return nb::make_tuple(offsets, slots.total, slots.winner);
}

template <class Function>
auto without_gil(Function&& function) {
  nb::gil_scoped_release release;
  return function();
}

// A function of Python, asked while the GIL is released; empty for None.
std::function<bool()> asked(const nb::object& stop) {
  if (stop.is_none()) return {};
  return [&stop] {
    const nb::gil_scoped_acquire acquire;
    return nb::cast<bool>(stop());
  };
}

nb::tuple race(const l2opt::Problem& items, int64_t bound, int64_t known, int64_t goal, int64_t work, double seconds,
               int threads, const nb::object& stop) {
  const l2opt::RaceLimits limits{work, seconds, threads, asked(stop)};
  const l2opt::Raced raced = without_gil([&] { return l2opt::race_apart(items, bound, known, goal, limits); });
  return nb::make_tuple(raced.offsets, raced.peak, raced.bound, raced.winner, raced.nodes, raced.cut);
}

l2opt::Lists lists_of(const Ints& first, const Ints& values, size_t wanted, size_t limit, const char* what) {
  require_equal(first.size(), wanted + 1, what);
  l2opt::Lists lists;
  lists.first.assign(first.data(), first.data() + first.size());
  lists.values.assign(values.data(), values.data() + values.size());
  for (size_t i = 0; i < wanted; ++i)
    if (first.data()[i] > first.data()[i + 1]) throw std::invalid_argument(std::string(what) + ": want rising firsts");
  if (first.data()[0] != 0 || first.data()[wanted] != static_cast<int64_t>(values.size()))
    throw std::invalid_argument(std::string(what) + ": want all values in a list");
  for (size_t i = 0; i < values.size(); ++i)
    if (values.data()[i] < 0 || values.data()[i] >= static_cast<int64_t>(limit))
      throw std::invalid_argument(std::string(what) + ": value out of range");
  return lists;
}

l2opt::Graph graph_of(const Ints& before_first, const Ints& before, const Ints& touched_first, const Ints& touched,
                      const Ints& plain, const Ints& lines, const Ints& pad, const Ints& group, const Ints& from,
                      const Ints& until, const Ints& choice_first, const Ints& source, const Ints& target,
                      const Ints& rest) {
  if (before_first.size() < 1) throw std::invalid_argument("before: want firsts");
  const size_t kernels = before_first.size() - 1, units = plain.size();
  l2opt::Graph graph;
  graph.before = lists_of(before_first, before, kernels, kernels, "before");
  graph.touched = lists_of(touched_first, touched, kernels, units, "touched");
  for (size_t k = 0; k < kernels; ++k)
    for (const int32_t* b = graph.before.begin(k); b != graph.before.end(k); ++b)
      if (*b >= static_cast<int32_t>(k)) throw std::invalid_argument("before: want earlier kernels");
  require_equal(lines.size(), units, "lines");
  require_equal(pad.size(), units, "pad");
  require_equal(group.size(), units, "group");
  require_equal(from.size(), units, "from");
  require_equal(until.size(), units, "until");
  require_equal(target.size(), source.size(), "target");
  require_equal(rest.size(), 3 * source.size(), "rest");
  for (size_t u = 0; u < units; ++u) graph.units.push_back({plain.data()[u], lines.data()[u], pad.data()[u]});
  graph.group.assign(group.data(), group.data() + units);
  graph.from.assign(from.data(), from.data() + units);
  graph.until.assign(until.data(), until.data() + units);
  for (int32_t g : graph.group) graph.groups = std::max(graph.groups, g + 1);
  for (size_t i = 0; i < source.size(); ++i) {
    const int64_t s = source.data()[i], t = target.data()[i];
    if (s < 0 || t < 0 || s >= graph.groups || t >= graph.groups) throw std::invalid_argument("choice: no such group");
    const int64_t* left = rest.data() + 3 * i;
    graph.choices.push_back({static_cast<int32_t>(s), static_cast<int32_t>(t), {left[0], left[1], left[2]}});
  }
  std::vector<int64_t> all(source.size());
  std::iota(all.begin(), all.end(), 0);
  require_equal(choice_first.size(), kernels + 1, "choice_first");
  graph.choices_of.first.assign(choice_first.data(), choice_first.data() + choice_first.size());
  graph.choices_of.values.assign(all.begin(), all.end());
  return graph;
}

// `buffers`: root, offset, size, from, until, counts, cut of each; `touches`: buffer, reads, writes; `nests`: kernel,
// part, whole, base, room, offset, extent, rows; `overs`: source, target.
l2opt::Nesting nesting_of(const Ints& buffers, const Ints& touch_first, const Ints& touches, const Ints& nests,
                          const Ints& over_first, const Ints& overs, int64_t alignment) {
  constexpr size_t kOfBuffer = 7, kOfTouch = 3, kOfNest = 8, kOfOver = 2;
  const size_t count = buffers.size() / kOfBuffer, kernels = touch_first.size() - 1;
  if (alignment < 1) throw std::invalid_argument("alignment: want >= 1");
  require_equal(over_first.size(), kernels + 1, "over_first");
  const auto buffer = [&](int64_t b) {
    if (b < 0 || b >= static_cast<int64_t>(count)) throw std::invalid_argument("nesting: no such buffer");
    return static_cast<int32_t>(b);
  };
  l2opt::Nesting nesting;
  nesting.alignment = alignment;
  for (size_t b = 0; b < count; ++b) {
    const int64_t* of = buffers.data() + b * kOfBuffer;
    nesting.root.push_back(buffer(of[0]));
    nesting.offset.push_back(of[1]);
    nesting.size.push_back(of[2]);
    nesting.from.push_back(of[3] != 0);
    nesting.until.push_back(of[4] != 0);
    nesting.counts.push_back(of[5] != 0);
    nesting.cut.push_back(of[6] != 0);
  }
  for (size_t t = 0; t < touches.size() / kOfTouch; ++t) {
    const int64_t* of = touches.data() + t * kOfTouch;
    nesting.touches.push_back({buffer(of[0]), of[1] != 0, of[2] != 0});
  }
  for (size_t n = 0; n < nests.size() / kOfNest; ++n) {
    const int64_t* of = nests.data() + n * kOfNest;
    nesting.nests.push_back(
        {static_cast<int32_t>(of[0]), buffer(of[1]), buffer(of[2]), of[3], of[4], of[5], of[6], of[7]});
  }
  for (size_t o = 0; o < overs.size() / kOfOver; ++o)
    nesting.overs.push_back({buffer(overs.data()[2 * o]), buffer(overs.data()[2 * o + 1])});
  const auto lists = [](const Ints& first, size_t values) {
    l2opt::Lists made;
    made.first.assign(first.data(), first.data() + first.size());
    made.values.resize(values);
    std::iota(made.values.begin(), made.values.end(), 0);
    if (made.first.front() != 0 || made.first.back() != static_cast<int64_t>(values) ||
        !std::is_sorted(made.first.begin(), made.first.end()))
      throw std::invalid_argument("nesting: want rising firsts");
    return made;
  };
  nesting.touches_of = lists(touch_first, nesting.touches.size());
  nesting.overs_of = lists(over_first, nesting.overs.size());
  return nesting;
}

nb::tuple nest(const l2opt::Nesting& nesting, const std::vector<int32_t>& order, const std::vector<int32_t>& start,
               int64_t looks) {
  if (order.size() != nesting.kernels()) throw std::invalid_argument("order: want every kernel once");
  for (int32_t k : order)
    if (k < 0 || static_cast<size_t>(k) >= order.size()) throw std::invalid_argument("order: no such kernel");
  for (int32_t n : start)
    if (n < 0 || static_cast<size_t>(n) >= nesting.nests.size()) throw std::invalid_argument("start: no such choice");
  const l2opt::Nested found = without_gil([&] { return l2opt::nest(nesting, order, start, l2opt::Effort(looks, 0)); });
  return nb::make_tuple(found.taken, found.peak);
}

}  // namespace

NB_MODULE(_solver, m) {
  bind_residency(m);
  m.doc() = "l2opt's native solver: pure functions over arrays.";
  nb::class_<l2opt::Problem>(m, "Items")
      .def(
          "__init__",
          [](l2opt::Problem* self, Ints start, Ints end, Ints lo, Ints hi, Ints first, Ints alignment, Ints min_offset,
             Ints max_offset) {
            new (self) l2opt::Problem(problem_of(start, end, lo, hi, first, alignment, min_offset, max_offset));
          },
          "start"_a, "end"_a, "lo"_a, "hi"_a, "first"_a, "alignment"_a, "min_offset"_a, "max_offset"_a)
      .def("__len__", &l2opt::Problem::size);
  m.def(
      "lower_bound",
      [](const l2opt::Problem& items, bool whole) {
        const l2opt::Bound bound = without_gil([&] { return l2opt::lower_bound_apart(items, whole); });
        return nb::make_tuple(bound.bytes, bound.by);
      },
      "items"_a, "whole"_a);
  m.def(
      "meeting_bound",
      [](const l2opt::Problem& items) {
        const l2opt::Meet meet = without_gil([&] { return l2opt::meeting_bound(items); });
        return nb::make_tuple(meet.bytes, meet.items);
      },
      "items"_a);
  m.def(
      "independent_parts",
      [](const l2opt::Problem& items) { return without_gil([&] { return l2opt::independent_parts(items); }); },
      "items"_a);
  m.def(
      "pack",
      [](const l2opt::Problem& items, int64_t bound, int64_t work, double seconds, const nb::object& stop) {
        const l2opt::Limits limits{work, seconds, asked(stop)};
        return tuple_of(without_gil([&] { return l2opt::pack_apart(items, bound, limits); }));
      },
      "items"_a, "bound"_a, "work"_a, "seconds"_a, "stop"_a.none());
  m.def(
      "searchable", [](const l2opt::Problem& items) { return without_gil([&] { return l2opt::searchable(items); }); },
      "items"_a);
  m.def("race", race, "items"_a, "bound"_a, "known"_a, "goal"_a, "work"_a, "seconds"_a, "threads"_a, "stop"_a.none());
  m.def(
      "pack_within",
      [](const l2opt::Problem& items, Doubles value, int64_t capacity, int64_t work, double seconds) {
        const std::vector<double> values = values_of(value, items.size());
        return tuple_of(without_gil([&] { return l2opt::pack_within(items, values, capacity, {work, seconds, {}}); }));
      },
      "items"_a, "value"_a, "capacity"_a, "work"_a, "seconds"_a);
  m.def(
      "admit",
      [](const l2opt::Problem& items, Doubles value, int64_t capacity) {
        const std::vector<double> values = values_of(value, items.size());
        return without_gil([&] { return l2opt::admit(items, values, capacity); });
      },
      "items"_a, "value"_a, "capacity"_a);
  nb::class_<l2opt::Nesting>(m, "Nesting")
      .def(
          "__init__",
          [](l2opt::Nesting* self, Ints buffers, Ints touch_first, Ints touches, Ints nests, Ints over_first,
             Ints overs, int64_t alignment) {
            new (self) l2opt::Nesting(nesting_of(buffers, touch_first, touches, nests, over_first, overs, alignment));
          },
          "buffers"_a, "touch_first"_a, "touches"_a, "nests"_a, "over_first"_a, "overs"_a, "alignment"_a);
  m.def("nest", nest, "nesting"_a, "order"_a, "start"_a, "looks"_a);
  nb::class_<l2opt::Graph>(m, "Graph")
      .def(
          "__init__",
          [](l2opt::Graph* self, Ints before_first, Ints before, Ints touched_first, Ints touched, Ints plain,
             Ints lines, Ints pad, Ints group, Ints from, Ints until, Ints choice_first, Ints source, Ints target,
             Ints rest) {
            new (self) l2opt::Graph(graph_of(before_first, before, touched_first, touched, plain, lines, pad, group,
                                             from, until, choice_first, source, target, rest));
          },
          "before_first"_a, "before"_a, "touched_first"_a, "touched"_a, "plain"_a, "lines"_a, "pad"_a, "group"_a,
          "from_start"_a, "until_end"_a, "choice_first"_a, "source"_a, "target"_a, "rest"_a);
  m.def(
      "peak_load",
      [](const l2opt::Graph& graph, const std::vector<int32_t>& order) {
        return without_gil([&] { return l2opt::peak_load(graph, order); });
      },
      "graph"_a, "order"_a);
  m.def(
      "low_order",
      [](const l2opt::Graph& graph, int64_t looks, double seconds) {
        const l2opt::Order found = without_gil([&] { return l2opt::low_order(graph, looks, seconds); });
        return nb::make_tuple(found.kernels, found.peak, found.bound, found.left);
      },
      "graph"_a, "looks"_a, "seconds"_a);
  m.def(
      "low_traffic",
      [](const l2opt::Graph& graph, const std::vector<int32_t>& order, int64_t capacity, std::optional<int64_t> most,
         size_t count, int64_t looks, double seconds) {
        const std::vector<l2opt::Estimated> found = without_gil([&] {
          l2opt::Effort effort(looks, seconds);
          return l2opt::low_traffic(l2opt::Network(graph), order, capacity, most.value_or(l2opt::kNoLoad), count,
                                    effort);
        });
        nb::list result;
        for (const l2opt::Estimated& each : found) result.append(nb::make_tuple(each.kernels, each.traffic));
        return result;
      },
      "graph"_a, "order"_a, "capacity"_a, "most"_a.none(), "count"_a, "looks"_a, "seconds"_a);
  m.def(
      "shaken",
      [](const l2opt::Graph& graph, const std::vector<int32_t>& order, int64_t most, int32_t moves, uint32_t seed,
         int64_t looks, double seconds) {
        return without_gil([&] {
          l2opt::Effort effort(looks, seconds);
          return l2opt::shaken(l2opt::Network(graph), order, most, moves, seed, effort);
        });
      },
      "graph"_a, "order"_a, "most"_a, "moves"_a, "seed"_a, "looks"_a, "seconds"_a);
  m.def(
      "first_come",
      [](Ints start, Ints end, Ints size, int64_t alignment) {
        const std::vector<l2opt::Span> spans = spans_of(start, end, size, alignment);
        return tuple_of(without_gil([&] { return l2opt::first_come(spans, alignment); }));
      },
      "start"_a, "end"_a, "size"_a, "alignment"_a);
  m.def(
      "best_slots",
      [](Ints start, Ints end, Ints size, int64_t alignment, int64_t nodes) {
        const std::vector<l2opt::Span> spans = spans_of(start, end, size, alignment);
        return tuple_of(without_gil([&] { return l2opt::best_slots(spans, alignment, nodes); }));
      },
      "start"_a, "end"_a, "size"_a, "alignment"_a, "nodes"_a);
  m.def(
      "slots_within",
      [](Ints start, Ints end, Ints size, Doubles value, int64_t alignment, int64_t capacity) {
        const std::vector<l2opt::Span> spans = spans_of(start, end, size, alignment);
        const std::vector<double> values = values_of(value, spans.size());
        return tuple_of(without_gil([&] { return l2opt::slots_within(spans, values, alignment, capacity); }));
      },
      "start"_a, "end"_a, "size"_a, "value"_a, "alignment"_a, "capacity"_a);
}
