#include "schedule.h"

#include <algorithm>
#include <cmath>

namespace l2opt {
namespace {

using Kind = Lane::Kind;

constexpr int kSections = 3;
constexpr int kCycle = 4 * kSections;   // attempts of the search after which the strategies come again
constexpr int kSame = kLanes / 2;       // of lanes that only grow ask for the bound; as many do not
constexpr int64_t kSeeds = 1 << 16;     // between those of lanes that ask for the same
constexpr int64_t kAlone = 2 * kCycle;  // attempts before the first in a lane
constexpr double kLonger = 1.5;         // of the long attempt of each cycle: the one that can end in a proof
constexpr int64_t kEach = 12;           // cycles that have one; later ones if their number is a power of two
constexpr int64_t kLong = 64;           // short attempts that one of these takes, times the number of its cycle
constexpr int64_t kSlice = 24;          // and a slice of a growth
constexpr int64_t kSliceApart = 48;     // and one of a packing by separation, whose work takes half the time
constexpr int64_t kTry = 2;             // and one try of a growth
constexpr int64_t kStay = 500;          // and a growth, before another takes its lane
constexpr int64_t kSeparate = 600;      // and a packing by separation
constexpr int64_t kSqueezes = 8;        // down to the bound, at first: then each is of a smaller rest

// 1 1 2 1 1 2 4 1 1 2 1 1 2 4 8 ...: restarts that are never far from the best fixed length.
int64_t luby(int64_t n) {
  for (int64_t k = 1;; ++k) {
    if (n == (int64_t{1} << k) - 1) return int64_t{1} << (k - 1);
    if (n < (int64_t{1} << k) - 1) return luby(n - (int64_t{1} << (k - 1)) + 1);
  }
}

// 1/2 1/4 3/4 1/8 5/8 ...: shares spread evenly, however many are taken.
double spread(int64_t n) {
  double share = 0, digit = 0.5;
  for (; n > 0; n /= 2, digit /= 2) share += (n % 2) * digit;
  return share;
}

// Of the attempt that can end in a proof: beside lanes, never more than about a fourth of all. 0: the cycle has none.
int64_t long_work(int64_t cycle, int64_t base) {
  if (cycle > kEach) return (cycle & (cycle - 1)) == 0 ? kLong * cycle * base : 0;
  double work = static_cast<double>(base);
  for (int64_t i = 0; i < cycle; ++i) work *= kLonger;
  return static_cast<int64_t>(work);
}

int64_t between(const Known& known, double share) {
  const double room = static_cast<double>(std::min(known.peak - 1, 2 * known.bound) - known.bound);
  return known.bound + static_cast<int64_t>(room * share);
}

// An easier question than that at the bound, whose answer helps as well. How long an answer takes varies by capacity
// as by strategy, so each attempt has its own capacity; every other one is close below what is known.
int64_t between_for(const Known& known, int64_t nth) {
  const double share = spread(nth / 2 + 1);
  return between(known, nth % 2 == 0 ? share : 1 - share * share * share);
}

bool in_lane(int64_t number) { return number >= kAlone && (number - kAlone) % 2 == 1; }

int lane_of(int64_t number) { return static_cast<int>((number - kAlone) / 2 % kLanes); }

Kind kind_of(int lane, const Known& known) {
  static constexpr Kind kKinds[kLanes] = {Kind::kGrow, Kind::kSettle, Kind::kSqueeze, Kind::kSeparate};
  if (!known.separates) return Kind::kGrow;
  return known.goal > 0 && kKinds[lane] == Kind::kSqueeze ? Kind::kSettle : kKinds[lane];
}

// Bytes, of a run that begins.
int64_t asked(int lane, const Lane& next, const Known& known) {
  if (known.goal > 0) return known.goal;
  if (next.kind == Kind::kSqueeze) return squeezed(std::min(known.peak, 2 * known.bound), known.bound);
  if (next.kind != Kind::kGrow || lane < kSame) return known.bound;
  return between(known, 1 - std::pow(0.5, next.tried));
}

// Which attempt of the search it is, or the next one.
int64_t plain(int64_t number, bool lanes) {
  return !lanes || number < kAlone ? number : kAlone + (number - kAlone + 1) / 2;
}

}  // namespace

Attempt attempt(int64_t number, const Known& known) {
  static constexpr Strategy::Value kValues[] = {Strategy::Value::kSteps, Strategy::Value::kHeight,
                                                Strategy::Value::kArea, Strategy::Value::kLoad};
  Attempt attempt;
  if (known.lanes && in_lane(number)) {
    attempt.lane = lane_of(number);
    attempt.work = (kind_of(attempt.lane, known) == Kind::kGrow ? kSlice : kSliceApart) * known.base;
    return attempt;
  }
  number = plain(number, known.lanes);
  const int64_t nth = number - plain(known.since, known.lanes), cycle = number / kCycle, place = number % kCycle;
  const bool at_bound = known.goal > 0 || place == 0 || cycle % 4 == 0;
  const int64_t same = known.goal > 0 ? cycle : at_bound ? cycle / 4 : nth / kCycle;  // of its kind
  attempt.strategy.section = static_cast<Strategy::Section>(place % kSections);
  attempt.strategy.value = kValues[place / kSections];
  attempt.strategy.seed = cycle == 0 ? 0 : static_cast<uint32_t>(number);
  attempt.strategy.deep = cycle % 2 == 1;
  attempt.work = known.base * luby(same + 1);
  attempt.capacity = known.goal > 0 ? known.goal : at_bound ? known.bound : between_for(known, nth);
  if (!at_bound && number % 2 == 1 && known.guide != nullptr) {
    attempt.strategy.value = Strategy::Value::kGuide;
    attempt.strategy.guide = known.guide;
  }
  if (const int64_t work = long_work(cycle, known.base); place == 0 && work > 0)
    attempt.work = work, attempt.strategy.seed = 0;
  return attempt;
}

int64_t slice_before(int64_t number) {
  const int64_t before = number - 2 * kLanes;
  return in_lane(before) ? before : -1;
}

int64_t squeezed(int64_t capacity, int64_t bound) {
  return capacity - std::max(std::min<int64_t>(1, capacity - bound), (capacity - bound) / kSqueezes);
}

Lane go_on(const Lane* before, int lane, const Known& known) {
  const Kind kind = kind_of(lane, known);
  Lane next;
  if (before != nullptr) {
    const bool open = before->capacity() >= known.bound && before->capacity() < known.peak;
    if (kind == Kind::kSqueeze && !open) {
      next = *before;
      next.separated.capacity = asked(lane, next, known), next.separated.spent = 0;
      return next;
    }
    const int64_t stay = kind == Kind::kGrow ? kStay * luby(before->runs) : kSeparate * luby(before->tried);
    if (open && before->spent() < stay * known.base) return *before;
    next.runs = before->runs;
    next.tried = open ? before->tried : 0;
  }
  ++next.tried;
  next.kind = kind;
  const int64_t capacity = asked(lane, next, known);
  const auto seed = static_cast<uint32_t>(lane / kSame + 2 * next.runs++ + lane % kSame * kSeeds);
  next.grown.capacity = next.separated.capacity = capacity;
  next.grown.seed = seed, next.separated.random = Random(seed);
  return next;
}

int64_t try_work(const Known& known) { return kTry * known.base; }

}  // namespace l2opt
