#include "order_state.h"

#include <numeric>

namespace l2opt {
namespace {

// A well-mixed hash of one kernel; that of a set is the sum over its kernels (splitmix64, Steele et al. 2014).
uint64_t hash_of(int32_t kernel) {
  uint64_t x = (static_cast<uint64_t>(kernel) + 1) * 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

void add(Unit& sum, const Unit& unit) {
  sum.plain += unit.plain;
  sum.lines += unit.lines;
  sum.pad = std::max(sum.pad, unit.pad);
}

Lists members_of(const std::vector<int32_t>& group, int32_t groups) {
  Lists own;
  for (int32_t g : group) {
    own.values.push_back(g);
    own.close();
  }
  return reversed(own, static_cast<size_t>(groups));
}

Lists users_of(const Graph& graph, const Lists& members, const Lists& touchers) {
  Lists users;
  std::vector<uint8_t> wanted(members.size(), 0);
  for (const Choice& choice : graph.choices) wanted[choice.source] = 1;
  for (size_t g = 0; g < members.size(); ++g) {
    const auto first = users.values.size();
    for (const int32_t* u = members.begin(g); wanted[g] && u != members.end(g); ++u)
      users.values.insert(users.values.end(), touchers.begin(*u), touchers.end(*u));
    std::sort(users.values.begin() + first, users.values.end());
    users.values.erase(std::unique(users.values.begin() + first, users.values.end()), users.values.end());
    users.close();
  }
  return users;
}

}  // namespace

Lists reversed(const Lists& lists, size_t wanted) {
  Lists result;
  result.first.assign(wanted + 1, 0);
  for (int32_t b : lists.values) ++result.first[b + 1];
  std::partial_sum(result.first.begin(), result.first.end(), result.first.begin());
  result.values.resize(lists.values.size());
  std::vector<int32_t> next(result.first.begin(), result.first.end() - 1);
  for (size_t a = 0; a < lists.size(); ++a)
    for (const int32_t* b = lists.begin(a); b != lists.end(a); ++b) result.values[next[*b]++] = static_cast<int32_t>(a);
  return result;
}

Network::Network(const Graph& graph)
    : graph(graph),
      after(reversed(graph.before, graph.kernels())),
      touchers(reversed(graph.touched, graph.units.size())),
      members(members_of(graph.group, graph.groups)),
      users(users_of(graph, members, touchers)),
      words((graph.kernels() + 63) / 64) {
  padded = graph.base.pad > 0;
  for (size_t u = 0; u < graph.units.size(); ++u) {
    if (touchers.count(u) == 0 && !graph.until[u]) add(idle_, graph.units[u]);
    if (graph.units[u].pad > 0) pads_.push_back(static_cast<int32_t>(u));
  }
  padded = padded || !pads_.empty();
  idles = idle_.plain > 0;
  std::stable_sort(pads_.begin(), pads_.end(),
                   [&](int32_t a, int32_t b) { return graph.units[a].pad > graph.units[b].pad; });
  if (!pads_.empty() && graph.units[pads_[0]].pad > graph.base.pad)
    alike = std::all_of(graph.units.begin(), graph.units.end(),
                        [&](const Unit& unit) { return unit.lines == 0 || unit.pad == graph.units[pads_[0]].pad; });
}

State Network::start() const {
  State state;
  state.run.assign(words, 0);
  state.ready.assign(words, 0);
  state.left = static_cast<int32_t>(graph.kernels());
  for (size_t k = 0; k < graph.kernels(); ++k)
    if (graph.before.count(k) == 0) state.ready[k >> 6] |= uint64_t{1} << (k & 63);
  state.plain = graph.base.plain;
  state.lines = graph.base.lines;
  for (size_t u = 0; u < graph.units.size(); ++u) {
    const bool idle = touchers.count(u) == 0;
    if (idle ? !graph.until[u] : !graph.from[u]) continue;
    state.plain += graph.units[u].plain;
    state.lines += graph.units[u].lines;
  }
  return state;
}

bool Network::begun(const State& state, int32_t unit) const {
  if (graph.from[unit]) return true;
  for (const int32_t* k = touchers.begin(unit); k != touchers.end(unit); ++k)
    if (state.has(*k)) return true;
  return false;
}

bool Network::last(const State& state, int32_t unit, int32_t kernel) const {
  if (graph.until[unit]) return false;
  for (const int32_t* k = touchers.end(unit); k != touchers.begin(unit);)
    if (*--k != kernel && !state.has(*k)) return false;
  return true;
}

int64_t Network::largest_pad(const State& state) const {
  for (int32_t u : pads_) {
    if (graph.units[u].pad <= graph.base.pad) break;
    const bool idle = touchers.count(u) == 0;
    if (idle ? graph.until[u] != 0 : begun(state, u) && !last(state, u, -1)) return graph.units[u].pad;
  }
  return graph.base.pad;
}

void Network::save(const State& state, int32_t kernel, std::vector<int32_t>& targets, Unit& during) const {
  std::vector<int32_t> sources;
  const auto holds = [](const std::vector<int32_t>& all, int32_t one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  for (const int32_t* c = graph.choices_of.begin(kernel); c != graph.choices_of.end(kernel); ++c) {
    const Choice& choice = graph.choices[*c];
    if (holds(sources, choice.source) || holds(targets, choice.target)) continue;
    if (!std::all_of(users.begin(choice.source), users.end(choice.source),
                     [&](int32_t k) { return k == kernel || state.has(k); }))
      continue;
    sources.push_back(choice.source);
    targets.push_back(choice.target);
    add(during, choice.rest);
  }
}

Change Network::change(const State& state, int32_t kernel) const {
  Change change;
  std::vector<int32_t> targets;
  if (graph.choices_of.count(kernel) > 0) save(state, kernel, targets, change.during);
  for (const int32_t* u = graph.touched.begin(kernel); u != graph.touched.end(kernel); ++u) {
    const Unit& unit = graph.units[*u];
    const bool had = begun(state, *u), ends = last(state, *u, kernel);
    if (!had && std::find(targets.begin(), targets.end(), graph.group[*u]) == targets.end()) add(change.during, unit);
    change.ends = change.ends || (ends && unit.plain > 0);
    if (!had && !ends) {
      change.plain += unit.plain;
      change.lines += unit.lines;
      change.born = std::max(change.born, unit.pad);
    } else if (had && ends) {
      change.plain -= unit.plain;
      change.lines -= unit.lines;
      change.freed = std::max(change.freed, unit.pad);
    }
  }
  return change;
}

Step Network::step(State& state, const Change& change) const {
  if (padded && state.pad < 0) state.pad = largest_pad(state);
  Unit during{state.plain, state.lines, std::max<int64_t>(state.pad, 0)};
  add(during, change.during);
  if (static_cast<size_t>(state.left) == graph.kernels()) add(during, idle_);
  const int64_t load = std::max(during.plain, during.lines - during.pad);
  return {load, state.plain + change.plain, state.lines + change.lines, change.freed, change.born, change.ends};
}

void Network::run(State& state, int32_t kernel, const Step& step) const {
  const uint64_t bit = uint64_t{1} << (kernel & 63);
  state.run[kernel >> 6] |= bit;
  state.ready[kernel >> 6] &= ~bit;
  state.hash += hash_of(kernel);
  --state.left;
  state.plain = step.plain;
  state.lines = step.lines;
  if (step.born >= state.pad && state.pad >= 0)
    state.pad = step.born;
  else if (step.freed == state.pad)
    state.pad = -1;
  for (const int32_t* k = after.begin(kernel); k != after.end(kernel); ++k)
    if (std::all_of(graph.before.begin(*k), graph.before.end(*k), [&](int32_t b) { return state.has(b); }))
      state.ready[*k >> 6] |= uint64_t{1} << (*k & 63);
}

uint64_t Network::set_with(const State& state, int32_t kernel) const { return state.hash + hash_of(kernel); }

int64_t Network::peak(const std::vector<int32_t>& order) const {
  State state = start();
  if (order.empty()) {
    Unit all{state.plain, state.lines, largest_pad(state)};
    add(all, idle_);
    return std::max(all.plain, all.lines - all.pad);
  }
  int64_t peak = 0;
  for (int32_t kernel : order) {
    const Step step = look(state, kernel);
    peak = std::max(peak, step.during);
    run(state, kernel, step);
  }
  return peak;
}

}  // namespace l2opt
