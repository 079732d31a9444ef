#include "sections.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "meetings.h"

namespace l2opt {
namespace {

using Profile = std::vector<std::pair<int32_t, int64_t>>;  // rank or item, height in bytes

// The heights of one item by rank of time.
Profile profile_of(const Problem& problem, const Item& item) {
  if (item.last - item.first == 1) {
    const Piece& piece = problem.pieces[item.first];
    Profile profile;
    for (int32_t t = piece.start; t < piece.end; ++t) profile.emplace_back(t, piece.hi);
    return profile;
  }
  std::map<int32_t, int64_t> heights;
  for (int32_t p = item.first; p < item.last; ++p) {
    const Piece& piece = problem.pieces[p];
    for (int32_t t = piece.start; t < piece.end; ++t) {
      int64_t& height = heights[t];
      height = std::max(height, piece.hi);
    }
  }
  return {heights.begin(), heights.end()};
}

bool covers(const Profile& a, const Profile& b) {
  auto at = a.begin();
  for (const auto& [item, height] : b) {
    while (at != a.end() && at->first < item) ++at;
    if (at == a.end() || at->first != item || at->second < height) return false;
  }
  return true;
}

// Sections left when those covered by a neighbour are gone.
std::vector<Profile> maximal(std::vector<Profile> ranks) {
  std::vector<Profile> kept;
  for (Profile& rank : ranks) {
    if (rank.empty() || (!kept.empty() && covers(kept.back(), rank))) continue;
    while (!kept.empty() && covers(rank, kept.back())) kept.pop_back();
    kept.push_back(std::move(rank));
  }
  return kept;
}

int64_t units(int64_t bytes, int64_t unit) { return (bytes + unit - 1) / unit; }

// Divides all heights by their common divisor, where alignments and windows allow it.
void coarsen(Sections& sections) {
  int64_t divisor = 0;
  for (const Cell& cell : sections.cells) divisor = std::gcd(divisor, cell.height);
  for (const Column& column : sections.columns) divisor = std::gcd(divisor, column.lowest);
  for (bool changed = true; changed;) {
    changed = false;
    for (const Column& column : sections.columns)
      if (divisor % column.alignment != 0 && column.alignment % divisor != 0) {
        divisor = std::gcd(divisor, column.alignment);
        changed = true;
      }
  }
  if (divisor <= 1) return;
  sections.unit *= divisor;
  for (Cell& cell : sections.cells) cell.height /= divisor;
  for (Column& column : sections.columns) {
    column.height /= divisor;
    column.lowest /= divisor;
    column.alignment = divisor % column.alignment == 0 ? 1 : column.alignment / divisor;
  }
}

void find_twins(Sections& sections) {
  std::map<std::tuple<std::vector<std::pair<int32_t, int64_t>>, int64_t, int64_t, int64_t, int64_t>, int32_t> seen;
  for (size_t i = 0; i < sections.columns.size(); ++i) {
    Column& column = sections.columns[i];
    std::vector<std::pair<int32_t, int64_t>> cells;
    for (int32_t c = column.first; c < column.last; ++c)
      cells.emplace_back(sections.cells[c].section, sections.cells[c].height);
    const auto key =
        std::make_tuple(std::move(cells), column.bytes, column.alignment, column.lowest, column.max_offset);
    const auto [at, fresh] = seen.emplace(key, static_cast<int32_t>(i));
    if (fresh) continue;
    column.twin = at->second;
    sections.columns[at->second].next_twin = static_cast<int32_t>(i);
    at->second = static_cast<int32_t>(i);
  }
}

}  // namespace

bool stands(const Problem& problem) {
  for (const Item& item : problem.items) {
    if (item.last - item.first == 1 && problem.pieces[item.first].lo == 0) continue;
    // Above each time, the pieces' bytes must add up to the highest of them: they are disjoint.
    std::vector<const Piece*> pieces;
    for (int32_t p = item.first; p < item.last; ++p) pieces.push_back(&problem.pieces[p]);
    std::vector<int32_t> times;
    for (const Piece* piece : pieces) times.push_back(piece->start);
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    for (const Piece* piece : pieces) times.push_back(piece->end);
    for (int32_t t : times) {
      int64_t sum = 0, top = 0;
      for (const Piece* piece : pieces) {
        if (piece->start > t || piece->end <= t) continue;
        sum += piece->hi - piece->lo;
        top = std::max(top, piece->hi);
      }
      if (sum != top) return false;
    }
  }
  return true;
}

int64_t count_cells(const Problem& problem) {
  int64_t cells = 0;
  for (const Piece& piece : problem.pieces) cells += piece.end - piece.start;
  return cells;
}

Sections make_sections(const Problem& problem, const std::vector<int32_t>& items) {
  Sections sections;
  sections.item = items;
  int64_t unit = 0;
  for (int32_t i : items) unit = std::gcd(unit, problem.items[i].alignment);
  sections.unit = unit = std::max<int64_t>(unit, 1);

  std::vector<Profile> ranks(problem.ranks);
  for (size_t k = 0; k < items.size(); ++k)
    for (const auto& [rank, height] : profile_of(problem, problem.items[items[k]]))
      ranks[rank].emplace_back(static_cast<int32_t>(k), units(height, unit));
  ranks = maximal(std::move(ranks));

  std::vector<std::vector<Cell>> cells(items.size());
  sections.live.resize(ranks.size());
  for (size_t s = 0; s < ranks.size(); ++s)
    for (const auto& [k, height] : ranks[s]) {
      cells[k].push_back({static_cast<int32_t>(s), height});
      sections.live[s].push_back(k);
    }
  for (size_t k = 0; k < items.size(); ++k) {
    const Item& item = problem.items[items[k]];
    Column column{};
    column.first = static_cast<int32_t>(sections.cells.size());
    sections.cells.insert(sections.cells.end(), cells[k].begin(), cells[k].end());
    column.last = static_cast<int32_t>(sections.cells.size());
    column.bytes = item.height;
    column.height = 0;
    for (const Cell& cell : cells[k]) column.height = std::max(column.height, cell.height);
    for (const Cell& cell : cells[k]) column.flat &= cell.height == column.height;
    column.alignment = item.alignment / unit;
    column.lowest = align_up(item.min_offset, item.alignment) / unit;
    column.max_offset = item.max_offset;
    sections.columns.push_back(column);
  }
  coarsen(sections);
  add_meetings(sections);
  find_twins(sections);
  return sections;
}

}  // namespace l2opt
