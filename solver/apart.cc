#include "apart.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "lasting.h"
#include "meetings.h"
#include "parts.h"
#include "sections.h"

namespace l2opt {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kMostCells = 400'000;  // items x the times that they span: above, there is no race
constexpr size_t kMostItems = 10'000;
constexpr int64_t kGreedy = 16;         // one part in so many of a race's work, for what is known first
constexpr int64_t kFirst = 30'000'000;  // work of a part's first race, at most
constexpr int64_t kTimes = 4;           // first races that the work is to be enough for
constexpr double kShortest = 1e-3;      // seconds; none would be no deadline

bool small(const Problem& problem) { return problem.size() <= kMostItems && count_cells(problem) <= kMostCells; }

// What a race is asked, in bytes, as in `race.h`.
struct Wanted {
  int64_t bound, known, goal;

  int64_t enough() const { return std::max(bound, goal); }
  bool impossible() const { return goal > 0 && bound > goal; }
};

// Seconds left for one of several, each with as much.
class Clocked {
 public:
  explicit Clocked(double seconds) : seconds_(seconds), start_(Clock::now()) {}

  double left(size_t shares) const {
    if (seconds_ <= 0) return 0;
    const double passed = std::chrono::duration<double>(Clock::now() - start_).count();
    return std::max(kShortest, (seconds_ - passed) / static_cast<double>(shares));
  }

 private:
  double seconds_;
  Clock::time_point start_;
};

struct Part {
  std::vector<int32_t> items;
  Problem problem;
  Packing packing;  // the best known; without offsets: none

  int64_t peak() const { return packing.offsets.empty() ? kUnbounded : packing.peak; }
};

std::vector<Part> parts_of(const Problem& problem) {
  std::vector<Part> parts;
  for (std::vector<int32_t>& items : independent_parts(problem)) {
    Problem alone = only(problem, items);
    parts.push_back({std::move(items), std::move(alone), {}});
  }
  return parts;
}

// Each by the greedy ways, with work by its items. `limits`: for all of them.
void pack_each(std::vector<Part>& parts, int64_t bound, const Limits& limits) {
  const Clocked clock(limits.seconds);
  int64_t items = 0;
  for (const Part& part : parts) items += static_cast<int64_t>(part.items.size());
  const double each = static_cast<double>(limits.work) / static_cast<double>(std::max<int64_t>(1, items));
  size_t left = parts.size();
  for (Part& part : parts) {
    const auto work = static_cast<int64_t>(each * static_cast<double>(part.items.size()));
    part.packing = pack(part.problem, bound, {std::max<int64_t>(1, work), clock.left(left--), limits.stop});
  }
}

// The highest peak, and who found it.
Packing joined(const Problem& problem, const std::vector<Part>& parts) {
  Packing whole;
  for (const Part& part : parts) {
    if (part.packing.offsets.empty()) return {};
    if (part.packing.peak <= whole.peak) continue;
    whole.peak = part.packing.peak, whole.winner = part.packing.winner;
  }
  whole.offsets.resize(problem.size());
  for (const Part& part : parts)
    for (size_t k = 0; k < part.items.size(); ++k) whole.offsets[part.items[k]] = part.packing.offsets[k];
  return whole;
}

Raced race_apart(const Problem& problem, const Wanted& wanted, bool own, const RaceLimits& limits);

// The highest part again and again, each time for longer: it alone says how low the whole can be.
Raced race_parts(const Problem& problem, Wanted wanted, const RaceLimits& limits) {
  std::vector<Part> parts = parts_of(problem);
  const Clocked clock(limits.seconds);
  pack_each(parts, wanted.enough(), {limits.work / kGreedy, limits.seconds / kGreedy, limits.interrupted});
  std::vector<int64_t> share(
      parts.size(), std::clamp(limits.work / (kTimes * static_cast<int64_t>(parts.size())), int64_t{1}, kFirst));
  Raced result;
  while (!result.cut && !wanted.impossible()) {
    const auto at = std::max_element(parts.begin(), parts.end(), [](auto& a, auto& b) { return a.peak() < b.peak(); });
    const int64_t peak = at->peak(), left = limits.work - result.work;
    if (peak <= wanted.enough() || left <= 0) break;
    int64_t& next = share[static_cast<size_t>(at - parts.begin())];
    Raced raced = race_apart(at->problem, {wanted.bound, std::min(peak, wanted.known), wanted.goal}, false,
                             {std::min(next, left), clock.left(1), limits.threads, limits.interrupted});
    next *= 2;
    result.nodes += raced.nodes, result.work += raced.work, result.cut = raced.cut;
    if (raced.work == 0 && raced.offsets.empty() && raced.bound <= wanted.bound) break;  // not for a race
    wanted.bound = std::max(wanted.bound, raced.bound);
    if (!raced.offsets.empty()) at->packing = {std::move(raced.offsets), raced.peak, std::move(raced.winner)};
  }
  Packing whole = joined(problem, parts);
  result.bound = wanted.bound, result.peak = wanted.known;
  if (!whole.offsets.empty() && whole.peak < wanted.known)
    result.offsets = std::move(whole.offsets), result.peak = whole.peak, result.winner = std::move(whole.winner);
  return result;
}

// What the rest is to have, so that all items have what is wanted. `own`: as in `race_apart`; set for the rest.
Wanted of_rest(const Lasting& lasting, const Wanted& wanted, const Problem& rest, bool& own) {
  const int64_t proven = rest.items.empty() ? 0 : lower_bound_apart(rest, true).bytes;
  const int64_t bound = own ? lasting.without_walls(wanted.bound) : lasting.without_walls(wanted.bound + 1) - 1;
  own = own || proven >= bound;
  return {std::max(proven, bound), lasting.without_walls(wanted.known),
          wanted.goal > 0 ? lasting.without_walls(wanted.goal + 1) - 1 : 0};
}

Raced race_rest(const Problem& problem, const Lasting& lasting, const Wanted& wanted, bool own,
                const RaceLimits& limits) {
  const Problem rest = only(problem, lasting.rest());
  const Wanted asked = of_rest(lasting, wanted, rest, own);
  Raced raced;
  raced.bound = asked.bound;
  const bool possible = wanted.goal == 0 || asked.bound <= asked.goal;
  if (possible && !rest.items.empty()) raced = race_apart(rest, asked, own, limits);
  const bool found = rest.items.empty() || !raced.offsets.empty();
  const bool proven = own || rest.items.empty() || raced.bound > asked.bound;
  raced.bound = proven ? std::max(wanted.bound, lasting.with_walls(raced.bound)) : wanted.bound;
  const int64_t peak = found ? lasting.with_walls(raced.peak) : wanted.known;
  if (found && peak < wanted.known) raced.offsets = lasting.placed(raced.offsets, raced.peak);
  if (raced.winner.empty() && found) raced.winner = "items that last first";
  raced.peak = peak;
  return raced;
}

// `own`: whether the bound is proven of this problem, and not only of what is packed with it.
Raced race_apart(const Problem& problem, const Wanted& wanted, bool own, const RaceLimits& limits) {
  const Lasting lasting(problem);
  if (!lasting.none()) return race_rest(problem, lasting, wanted, own, limits);
  if (independent_parts(problem).size() > 1) return race_parts(problem, wanted, limits);
  if (small(problem)) return race(problem, wanted.bound, wanted.known, wanted.goal, limits);
  Raced as_it_is;
  as_it_is.bound = wanted.bound, as_it_is.peak = wanted.known;
  return as_it_is;
}

}  // namespace

Bound lower_bound_apart(const Problem& problem, bool whole) {
  const std::vector<std::vector<int32_t>> parts = independent_parts(problem);
  if (!whole || parts.size() < 2) return lower_bound(problem, whole);
  Bound highest;
  for (const std::vector<int32_t>& items : parts) {
    const Bound bound = lower_bound(only(problem, items));
    if (bound.bytes > highest.bytes) highest = bound;
  }
  return highest;
}

Packing pack_apart(const Problem& problem, int64_t bound, const Limits& limits) {
  std::vector<Part> parts = parts_of(problem);
  if (parts.size() < 2) return pack(problem, bound, limits);
  pack_each(parts, bound, limits);
  return joined(problem, parts);
}

Raced race_apart(const Problem& problem, int64_t bound, int64_t known, int64_t goal, const RaceLimits& limits) {
  return race_apart(problem, {bound, known, goal}, true, limits);
}

Meet meeting_bound(const Problem& problem) {
  Meet highest;
  for (const std::vector<int32_t>& items : independent_parts(problem)) {
    const Problem part = only(problem, items);
    if (!small(part) || !stands(part)) continue;
    std::vector<int32_t> all(part.size());
    std::iota(all.begin(), all.end(), 0);
    const Sections sections = make_sections(part, all);
    const Needed needed = highest_section(sections);
    if (needed.bytes <= highest.bytes) continue;
    highest = {needed.bytes, {}};
    for (int32_t c : needed.columns) highest.items.push_back(items[sections.item[c]]);
  }
  return highest;
}

bool searchable(const Problem& problem) {
  if (small(problem)) return true;
  const std::vector<std::vector<int32_t>> parts = independent_parts(problem);
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::vector<int32_t>& items) { return small(only(problem, items)); });
}

}  // namespace l2opt
