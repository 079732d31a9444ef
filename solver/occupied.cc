#include "occupied.h"

#include <algorithm>

namespace l2opt {

Occupied::Occupied(int32_t ranks)
    : ranks_(std::max(ranks, 1)), whole_(4 * static_cast<size_t>(ranks_)), below_(4 * static_cast<size_t>(ranks_)) {}

void Occupied::clear() {
  for (Runs& runs : whole_) runs.clear();
  for (Runs& runs : below_) runs.clear();
}

void Occupied::take(int32_t start, int32_t end, int64_t lo, int64_t hi) { take(1, 0, ranks_, start, end, lo, hi); }

int64_t Occupied::beyond(int32_t start, int32_t end, int64_t lo, int64_t hi) {
  return beyond(1, 0, ranks_, start, end, lo, hi);
}

void Occupied::take(size_t node, int32_t from, int32_t to, int32_t start, int32_t end, int64_t lo, int64_t hi) {
  if (end <= from || to <= start) return;
  add(below_[node], lo, hi);
  if (start <= from && to <= end) {
    add(whole_[node], lo, hi);
    return;
  }
  const int32_t mid = from + (to - from) / 2;
  take(2 * node, from, mid, start, end, lo, hi);
  take(2 * node + 1, mid, to, start, end, lo, hi);
}

int64_t Occupied::beyond(size_t node, int32_t from, int32_t to, int32_t start, int32_t end, int64_t lo, int64_t hi) {
  if (end <= from || to <= start) return lo;
  const bool inside = start <= from && to <= end;
  const int64_t next = end_of(inside ? below_[node] : whole_[node], lo, hi);
  if (next != lo || inside) return next;
  const int32_t mid = from + (to - from) / 2;
  const int64_t left = beyond(2 * node, from, mid, start, end, lo, hi);
  return left != lo ? left : beyond(2 * node + 1, mid, to, start, end, lo, hi);
}

// Runs that touch become one.
void Occupied::add(Runs& runs, int64_t lo, int64_t hi) {
  auto at = runs.upper_bound(lo);
  if (at != runs.begin() && std::prev(at)->second >= lo) --at, lo = at->first;
  while (at != runs.end() && at->first <= hi) {
    hi = std::max(hi, at->second);
    at = runs.erase(at);
  }
  runs.emplace_hint(at, lo, hi);
}

int64_t Occupied::end_of(const Runs& runs, int64_t lo, int64_t hi) {
  ++work_;
  auto at = runs.lower_bound(hi);
  if (at == runs.begin()) return lo;
  --at;
  return at->second > lo ? at->second : lo;
}

int64_t first_fit(const Problem& problem, int32_t index, Occupied& occupied) {
  const Item& item = problem.items[index];
  int64_t offset = align_up(item.min_offset, item.alignment);
  for (int32_t p = item.first; p < item.last;) {
    if (offset > item.max_offset) return kLeftOut;
    const Piece& piece = problem.pieces[p];
    const int64_t next = occupied.beyond(piece.start, piece.end, offset + piece.lo, offset + piece.hi) - piece.lo;
    if (next == offset) {
      ++p;
      continue;
    }
    offset = align_up(next, item.alignment);
    p = item.first;
  }
  return offset > item.max_offset ? kLeftOut : offset;
}

void take(const Problem& problem, int32_t index, int64_t offset, Occupied& occupied) {
  const Item& item = problem.items[index];
  for (int32_t p = item.first; p < item.last; ++p) {
    const Piece& piece = problem.pieces[p];
    occupied.take(piece.start, piece.end, offset + piece.lo, offset + piece.hi);
  }
}

}  // namespace l2opt
