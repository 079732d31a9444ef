#include "padding.h"

#include <algorithm>
#include <numeric>

#include "intervals.h"
#include "load.h"

namespace l2opt {
namespace {

struct Run {
  int32_t item;
  int64_t lo, hi;  // bytes from the item's offset
};

// The ends of runs that have one phase: their place modulo the unit.
struct Phase {
  int64_t phase = 0;
  int64_t bottoms = 0, tops = 0;
  int64_t ground = kUnbounded;  // bytes below the lowest run, if it is one of these
  int64_t sky = kUnbounded;     // bytes of its item above the topmost run, if it is one of these
};

int64_t common_alignment(const Problem& problem) {
  int64_t unit = 0;
  for (const Item& item : problem.items) unit = std::gcd(unit, item.alignment);
  return std::max<int64_t>(unit, 1);
}

// Ranks, those with most live first. Where items float, one with less live may need more.
std::vector<int32_t> fullest_first(const Problem& problem, const std::vector<int64_t>& load) {
  std::vector<int32_t> ranks(problem.ranks);
  std::iota(ranks.begin(), ranks.end(), 0);
  std::stable_sort(ranks.begin(), ranks.end(), [&](int32_t a, int32_t b) { return load[a] > load[b]; });
  return ranks;
}

void runs_at(const Problem& problem, const Intervals& intervals, int32_t rank, std::vector<Run>& runs) {
  runs.clear();
  intervals.live(rank, rank + 1, [&](int32_t p) {
    const Piece& piece = problem.pieces[p];
    runs.push_back({piece.item, piece.lo, piece.hi});
  });
  std::sort(runs.begin(), runs.end(),
            [](const Run& a, const Run& b) { return a.item != b.item ? a.item < b.item : a.lo < b.lo; });
  size_t kept = 0;
  for (const Run& run : runs) {
    if (kept > 0 && runs[kept - 1].item == run.item && runs[kept - 1].hi == run.lo)
      runs[kept - 1].hi = run.hi;
    else
      runs[kept++] = run;
  }
  runs.resize(kept);
}

std::vector<Phase> phases_of(const Problem& problem, bool whole, const std::vector<Run>& runs, int64_t unit) {
  std::vector<Phase> ends;
  for (const Run& run : runs) {
    const Item& item = problem.items[run.item];
    ends.push_back({run.lo % unit, 1, 0, align_up(item.min_offset, item.alignment) + run.lo, kUnbounded});
    ends.push_back({run.hi % unit, 0, 1, kUnbounded, whole ? item.height - run.hi : 0});
  }
  std::sort(ends.begin(), ends.end(), [](const Phase& a, const Phase& b) { return a.phase < b.phase; });
  std::vector<Phase> phases;
  for (const Phase& end : ends) {
    if (phases.empty() || phases.back().phase != end.phase) {
      phases.push_back(end);
      continue;
    }
    Phase& same = phases.back();
    same.bottoms += end.bottoms, same.tops += end.tops;
    same.ground = std::min(same.ground, end.ground), same.sky = std::min(same.sky, end.sky);
  }
  return phases;
}

// The least bytes that no run covers, below the topmost item's end. For each choice of the lowest and the topmost run,
// the other bottoms are assigned to the other tops: with bottoms b and tops t, that is sum(b) - sum(t) bytes and a unit
// for each bottom that has to take a top of a higher phase: as many as bottoms, at most, outnumber tops up to a phase.
// O(phases^2).
int64_t least_padding(const std::vector<Phase>& phases, int64_t unit) {
  const int64_t count = static_cast<int64_t>(phases.size());
  std::vector<int64_t> excess, before(count + 1, 0), after(count + 1, 0);  // bottoms over tops; largest below, and from
  int64_t sum = 0, rest = 0;
  for (const Phase& phase : phases) {
    sum += phase.bottoms - phase.tops;
    rest += phase.phase * (phase.bottoms - phase.tops);
    excess.push_back(sum);
  }
  for (int64_t i = 0; i < count; ++i) before[i + 1] = std::max(before[i], excess[i]);
  for (int64_t i = count - 1; i >= 0; --i) after[i] = std::max(after[i + 1], excess[i]);
  int64_t least = kUnbounded;
  const auto take = [&](int64_t low, int64_t top, int64_t wraps) {
    const Phase &lowest = phases[low], &topmost = phases[top];
    if (lowest.bottoms == 0 || topmost.tops == 0) return;
    const int64_t between = rest - lowest.phase + topmost.phase + unit * wraps;
    least = std::min(least, lowest.ground + topmost.sky + between);
  };
  for (int64_t low = 0; low < count; ++low) {
    int64_t within = 0;  // largest excess between the two, without the lowest run's bottom
    for (int64_t top = low; top < count; ++top) {
      take(low, top, std::max({before[low], within, after[top]}));
      within = std::max(within, excess[top] - 1);
    }
    within = 0;  // likewise, without the topmost run's top
    for (int64_t top = low - 1; top >= 0; --top) {
      within = std::max(within, excess[top] + 1);
      take(low, top, std::max({before[top], within, after[low]}));
    }
  }
  return least;
}

bool is_plain(const Problem& problem) {
  return std::all_of(problem.items.begin(), problem.items.end(), [&](const Item& item) {
    return item.last - item.first == 1 && problem.pieces[item.first].lo == 0 && item.min_offset == 0;
  });
}

}  // namespace

int64_t padded_load(const Problem& problem, bool whole, int64_t bound, int64_t work) {
  const int64_t unit = common_alignment(problem);
  if (unit == 1 && is_plain(problem)) return bound;
  const std::vector<int64_t> load = loads(problem);
  const Intervals intervals(problem.pieces);
  std::vector<Run> runs;
  for (int32_t rank : fullest_first(problem, load)) {
    if (work <= 0) break;
    runs_at(problem, intervals, rank, runs);
    if (runs.empty()) break;
    const std::vector<Phase> phases = phases_of(problem, whole, runs, unit);
    work -= static_cast<int64_t>(runs.size() + phases.size() * phases.size());
    bound = std::max(bound, load[rank] + least_padding(phases, unit));
  }
  return bound;
}

int64_t next_top(const Problem& problem, int64_t bound) {
  int64_t least = kUnbounded;
  for (const Item& item : problem.items) {
    const int64_t offset = align_up(std::max(item.min_offset, bound - item.height), item.alignment);
    if (offset <= item.max_offset) least = std::min(least, offset + item.height);
  }
  return least == kUnbounded ? bound : least;
}

}  // namespace l2opt
