// The choice of residency as Python sees it.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>
#include <string>

#include "residency.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Ints = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

[[noreturn]] void fail(const char* what) { throw std::invalid_argument(what); }

void add_events(l2opt::Chains& chains, const Ints& chain, const Ints& step, const Ints& first, const Ints& gap,
                const Ints& tail) {
  if (chain.size() != step.size() || gap.size() != step.size() || tail.size() != step.size() ||
      first.size() != step.size() + 1)
    fail("events: want a chain, a step, a gap and options for each");
  std::vector<int32_t> last;
  for (size_t e = 0; e < chain.size(); ++e) {
    l2opt::Event event;
    if (chain.data()[e] < 0 || chain.data()[e] >= static_cast<int64_t>(chain.size())) fail("event: want a chain");
    event.chain = static_cast<int32_t>(chain.data()[e]);
    event.step = static_cast<int32_t>(step.data()[e]);
    event.first_option = static_cast<int32_t>(first.data()[e]);
    event.last_option = static_cast<int32_t>(first.data()[e + 1]);
    event.gap = gap.data()[e];
    event.gap_tail = tail.data()[e] != 0;
    if (step.data()[e] < 0 || step.data()[e] >= static_cast<int64_t>(chains.capacity.size()))
      fail("event: want a step");
    if (e && step.data()[e] < step.data()[e - 1]) fail("events: want them in the order of steps");
    if (event.first_option < 0 || event.last_option < event.first_option ||
        event.last_option > static_cast<int64_t>(chains.options.size()))
      fail("event: want a range of options");
    last.resize(std::max(last.size(), static_cast<size_t>(event.chain) + 1), -1);
    int32_t& before = last[event.chain];
    if (before >= 0) {
      if (chains.events[before].step >= event.step) fail("events of a chain: want different steps");
      chains.events[before].next = static_cast<int32_t>(e);
    }
    before = static_cast<int32_t>(e);
    chains.events.push_back(event);
  }
  chains.chains = static_cast<int32_t>(last.size());
}

void add_options(l2opt::Chains& chains, const Ints& from, const Ints& to, const Ints& cost, const Ints& room,
                 const Ints& tail) {
  if (to.size() != from.size() || cost.size() != from.size() || room.size() != from.size() ||
      tail.size() != from.size())
    fail("options: want two states, a cost and a room for each");
  for (size_t o = 0; o < from.size(); ++o) {
    const int64_t before = from.data()[o], after = to.data()[o];
    if (before < 0 || before >= l2opt::kStates || after < 0 || after >= l2opt::kStates) fail("option: want states");
    chains.options.push_back({static_cast<int32_t>(before), static_cast<int32_t>(after), cost.data()[o], room.data()[o],
                              tail.data()[o] != 0});
  }
}

// As residency.h wants it.
void check_rooms(const l2opt::Chains& chains) {
  std::vector<int64_t> before(chains.events.size(), 0);
  for (size_t e = 0; e < chains.events.size(); ++e) {
    const l2opt::Event& event = chains.events[e];
    if (event.next >= 0) before[event.next] = event.gap;
    for (int32_t o = event.first_option; o < event.last_option; ++o) {
      const l2opt::Option& option = chains.options[o];
      if ((option.from != 0 && option.room < before[e]) || (option.to != 0 && option.room < event.gap))
        fail("option: want room for the gaps beside its event");
    }
  }
}

}  // namespace

void bind_residency(nb::module_& m) {
  m.def(
      "reside",
      [](Ints capacity, Ints whole, Ints chain, Ints step, Ints first, Ints gap, Ints gap_tail, Ints from, Ints to,
         Ints cost, Ints room, Ints tail, int64_t known, int64_t below, int32_t rounds, int64_t looks, double seconds) {
        l2opt::Chains chains;
        if (whole.size() != capacity.size()) fail("room: want as many steps of it, with and without the last part");
        chains.capacity.assign(capacity.data(), capacity.data() + capacity.size());
        chains.whole.assign(whole.data(), whole.data() + whole.size());
        add_options(chains, from, to, cost, room, tail);
        add_events(chains, chain, step, first, gap, gap_tail);
        check_rooms(chains);
        l2opt::Residency found;
        {
          nb::gil_scoped_release release;
          found = l2opt::reside(chains, known, below, {rounds, looks, seconds});
        }
        return nb::make_tuple(found.taken, found.cost, found.bound, found.proven);
      },
      "capacity"_a, "whole"_a, "chain"_a, "step"_a, "first"_a, "gap"_a, "gap_tail"_a, "from_state"_a, "to_state"_a,
      "cost"_a, "room"_a, "tail"_a, "known"_a, "below"_a, "rounds"_a, "looks"_a, "seconds"_a);
}
