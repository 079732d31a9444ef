#include "order_moves.h"

#include <algorithm>

#include "order_parts.h"

namespace l2opt {
namespace {

constexpr size_t kMostSources = 4;   // of a kernel with several targets
constexpr int64_t kUnitsALook = 16;  // units passed over in the time of one look

void set(std::vector<uint64_t>& bits, int32_t kernel) { bits[kernel >> 6] |= uint64_t{1} << (kernel & 63); }
bool in(const std::vector<uint64_t>& bits, int32_t kernel) { return bits[kernel >> 6] >> (kernel & 63) & 1; }

bool share(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  for (size_t w = 0; w < a.size(); ++w)
    if (a[w] & b[w]) return true;
  return false;
}

void insert(std::vector<int32_t>& all, int32_t one) {
  if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
}

}  // namespace

Moves::Moves(const Network& network, Effort& effort)
    : network_(network),
      effort_(effort),
      ancestors_(ancestors(network)),
      descendants_(descendants(network)),
      born_(network.graph.kernels(), Unit{0, 0, 0}),
      pad_(network.graph.base.pad),
      blocked_(network.words),
      ends_(network.words),
      missing_(network.words) {
  const Graph& graph = network.graph;
  prepare_units();
  for (const Choice& choice : graph.choices) guided_ = guided_ && safe(choice);
  for (size_t k = 0; k < graph.kernels(); ++k)
    if (graph.choices_of.count(k) > 0) prepare_choices(static_cast<int32_t>(k));
}

void Moves::prepare_units() {
  const Graph& graph = network_.graph;
  for (size_t u = 0; u < graph.units.size(); ++u) {
    const Unit& unit = graph.units[u];
    pad_ = std::max(pad_, unit.pad);
    const int32_t *first = network_.touchers.begin(u), *last = network_.touchers.end(u);
    if (first == last) continue;
    if (unit.plain > 0 && !graph.until[u]) {
      mortal_.push_back(static_cast<int32_t>(u));
      needs_.push_back(needs_of(first, last));
    }
    const auto waits = [&](int32_t k) { return in(descendants_[*first], k); };
    if (graph.from[u] || (last - first == 1 && !graph.until[u]) || !std::all_of(first + 1, last, waits)) continue;
    born_[*first].plain += unit.plain;
    born_[*first].lines += unit.lines;
  }
}

// These kernels and all that must run before them.
std::vector<uint64_t> Moves::needs_of(const int32_t* first, const int32_t* last) const {
  std::vector<uint64_t> needs(network_.words, 0);
  for (; first != last; ++first) {
    set(needs, *first);
    for (size_t w = 0; w < network_.words; ++w) needs[w] |= ancestors_[*first][w];
  }
  return needs;
}

// Whether the target's units can stand for those of the source in a load: the lines are less, or no pad is lost.
bool Moves::safe(const Choice& choice) const {
  const Graph& graph = network_.graph;
  int64_t source_pad = 0, target_pad = 0;
  for (const int32_t* u = network_.members.begin(choice.source); u != network_.members.end(choice.source); ++u)
    source_pad = std::max(source_pad, graph.units[*u].pad);
  for (const int32_t* u = network_.members.begin(choice.target); u != network_.members.end(choice.target); ++u)
    target_pad = std::max(target_pad, graph.units[*u].pad);
  if (source_pad <= target_pad && choice.rest.pad <= target_pad) return true;
  if (network_.members.count(choice.source) > 1 || choice.rest.plain > 0) return false;
  int64_t lines = 0;
  for (const int32_t* u = network_.members.begin(choice.target); u != network_.members.end(choice.target); ++u)
    lines += graph.units[*u].lines;
  return lines < graph.units[*network_.members.begin(choice.source)].lines;
}

void Moves::prepare_choices(int32_t kernel) {
  const Graph& graph = network_.graph;
  std::vector<int32_t> sources, targets;
  for (const int32_t* c = graph.choices_of.begin(kernel); c != graph.choices_of.end(kernel); ++c) {
    insert(sources, graph.choices[*c].source);
    insert(targets, graph.choices[*c].target);
  }
  if (targets.size() == 1) {
    for (int32_t source : sources) add_joint(kernel, {source});
    return;
  }
  guided_ = guided_ && sources.size() <= kMostSources;
  for (size_t subset = 1; guided_ && subset < size_t{1} << sources.size(); ++subset) {
    std::vector<int32_t> chosen;
    for (size_t i = 0; i < sources.size(); ++i)
      if (subset >> i & 1) chosen.push_back(sources[i]);
    add_joint(kernel, chosen);
  }
}

void Moves::add_joint(int32_t kernel, const std::vector<int32_t>& sources) {
  Joint joint{kernel, {}, {}};
  for (int32_t source : sources)
    joint.users.insert(joint.users.end(), network_.users.begin(source), network_.users.end(source));
  std::sort(joint.users.begin(), joint.users.end());
  joint.users.erase(std::unique(joint.users.begin(), joint.users.end()), joint.users.end());
  for (const int32_t* u = network_.members.begin(sources[0]); u != network_.members.end(sources[0]); ++u)
    if (std::find(mortal_.begin(), mortal_.end(), *u) != mortal_.end() &&
        std::equal(joint.users.begin(), joint.users.end(), network_.touchers.begin(*u), network_.touchers.end(*u)))
      return;
  joint.needs = needs_of(&kernel, &kernel + 1);
  const std::vector<uint64_t> users = needs_of(joint.users.data(), joint.users.data() + joint.users.size());
  for (size_t w = 0; w < network_.words; ++w) joint.needs[w] |= users[w];
  joint_.push_back(std::move(joint));
}

bool Moves::find(const State& state, const std::vector<Ready>& ready, int64_t level) {
  moves.clear();
  level_ = level;
  mark(ready, level);
  const bool first = static_cast<size_t>(state.left) == network_.graph.kernels();
  if (!guided_ || (network_.idles && first)) return each_ready(state, ready);
  effort_.spend(static_cast<int64_t>(mortal_.size() + joint_.size()) / kUnitsALook);
  bool can_end = false;
  for (size_t i = 0; i < mortal_.size(); ++i)
    if (!end_unit(state, i, can_end)) return false;
  for (const Joint& joint : joint_)
    if (!end_sources(state, joint)) return false;
  return can_end || rest(state);
}

// A kernel that ends something cannot be pure later, nor can one without room have room later; what waits for it cannot
// be in a move either. One without room may have it as a last kernel, by a choice that it has.
void Moves::mark(const std::vector<Ready>& ready, int64_t level) {
  later = INT64_MAX;
  std::fill(blocked_.begin(), blocked_.end(), 0);
  std::fill(ends_.begin(), ends_.end(), 0);
  for (const Ready& each : ready) {
    const bool room = each.step.during <= level;
    if (!room) later = std::min(later, each.step.during);
    if (each.step.ends) set(ends_, each.kernel);
    if (room && !each.step.ends) continue;
    for (size_t w = 0; w < network_.words; ++w) blocked_[w] |= descendants_[each.kernel][w];
    if (!each.step.ends && network_.graph.choices_of.count(each.kernel) == 0) set(blocked_, each.kernel);
  }
}

bool Moves::end_unit(const State& state, size_t index, bool& can_end) {
  const int32_t unit = mortal_[index];
  wanted_.clear();
  bool choice = false;
  for (const int32_t* k = network_.touchers.begin(unit); k != network_.touchers.end(unit); ++k) {
    if (state.has(*k)) continue;
    if (in(blocked_, *k)) {
      can_end = true;
      return true;
    }
    wanted_.push_back(*k);
    choice = choice || network_.graph.choices_of.count(*k) > 0;
  }
  if (wanted_.empty()) return true;
  can_end = true;
  miss(state, needs_[index]);
  if (!has_room(state)) return true;
  // If none has a choice, all that none other waits for are alike as the last; the last in program order is one.
  for (size_t i = wanted_.size(); i-- > 0;) {
    if (!add(state, wanted_[i])) return false;
    if (!choice && !share(missing_, ends_)) break;
  }
  return true;
}

bool Moves::end_sources(const State& state, const Joint& joint) {
  if (state.has(joint.last) ||
      std::any_of(joint.users.begin(), joint.users.end(), [&](int32_t k) { return in(blocked_, k) && !state.has(k); }))
    return true;
  wanted_.assign(1, joint.last);
  miss(state, joint.needs);
  return !has_room(state) || add(state, joint.last);
}

void Moves::miss(const State& state, const std::vector<uint64_t>& needs) {
  for (size_t w = 0; w < network_.words; ++w) missing_[w] = needs[w] & ~state.run[w];
}

// False where the kernels of the move bring too much to life before the last of them.
bool Moves::has_room(const State& state) {
  Unit last{0, 0, 0};
  for (int32_t k : wanted_) {
    last.plain = std::max(last.plain, born_[k].plain);
    last.lines = std::max(last.lines, born_[k].lines);
  }
  int64_t plain = state.plain - last.plain, lines = state.lines - last.lines - pad_;
  for (size_t w = 0; w < network_.words; ++w)
    for (uint64_t rest = missing_[w]; rest; rest &= rest - 1) {
      const Unit& born = born_[w * 64 + static_cast<size_t>(__builtin_ctzll(rest))];
      plain += born.plain;
      lines += born.lines;
      if (std::max(plain, lines) >= later) return false;
    }
  const int64_t load = std::max(plain, lines);
  if (load > level_) later = std::min(later, load);
  return load <= level_;
}

// The move that ends with `last`, after all else that is missing, if there is one with room.
bool Moves::add(const State& state, int32_t last) {
  if (share(descendants_[last], missing_)) return true;
  Move move{{}, state};
  for (size_t w = 0; w < network_.words; ++w)
    for (uint64_t rest = missing_[w]; rest; rest &= rest - 1) {
      const auto kernel = static_cast<int32_t>(w * 64 + static_cast<size_t>(__builtin_ctzll(rest)));
      if (kernel == last) continue;
      if (in(ends_, kernel)) return true;
      if (!effort_.take()) return false;
      const Step step = network_.look(move.end, kernel);
      if (step.during > level_) later = std::min(later, step.during);
      if (step.during > level_ || step.ends) return true;
      network_.run(move.end, kernel, step);
      move.kernels.push_back(kernel);
    }
  if (!effort_.take()) return false;
  const Step step = network_.look(move.end, last);
  if (step.during > level_) {
    later = std::min(later, step.during);
    return true;
  }
  network_.run(move.end, last, step);
  move.kernels.push_back(last);
  const auto same = [&](const Move& other) {
    return other.kernels.size() == move.kernels.size() && other.end.run == move.end.run;
  };
  if (std::none_of(moves.begin(), moves.end(), same)) moves.push_back(std::move(move));
  return true;
}

bool Moves::each_ready(const State& state, const std::vector<Ready>& ready) {
  for (const Ready& each : ready) {
    if (each.step.during > level_) continue;
    moves.push_back({{each.kernel}, state});
    network_.run(moves.back().end, each.kernel, each.step);
  }
  return true;
}

bool Moves::rest(const State& state) {
  Move move{{}, state};
  for (size_t k = 0; k < network_.graph.kernels(); ++k) {
    const auto kernel = static_cast<int32_t>(k);
    if (state.has(kernel)) continue;
    if (!effort_.take()) return false;
    const Step step = network_.look(move.end, kernel);
    if (step.during > level_) {
      later = std::min(later, step.during);
      return true;
    }
    network_.run(move.end, kernel, step);
    move.kernels.push_back(kernel);
  }
  moves.push_back(std::move(move));
  return true;
}

}  // namespace l2opt
