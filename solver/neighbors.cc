#include "neighbors.h"

#include <algorithm>

namespace l2opt {
namespace {

constexpr size_t kMostMeet = 2'000'000;    // two columns that meet count once
constexpr size_t kMostSeen = 100'000'000;  // and here once a section

}  // namespace

Neighbors::Neighbors(const Sections& sections) : first_{0}, place_(sections.columns.size(), -1) {
  std::vector<std::vector<Cell>> live(sections.count());  // by section: column, its height
  const auto count = static_cast<int32_t>(sections.columns.size());
  for (int32_t i = 0; i < count; ++i)
    for (int32_t c = sections.columns[i].first; c < sections.columns[i].last; ++c)
      live[sections.cells[c].section].push_back({i, sections.cells[c].height});
  for (int32_t i = 0; i < count; ++i) add(live, sections, i);
  std::vector<size_t> next(first_);
  for (Neighbor& other : all_) other.back = static_cast<int32_t>(next[other.column]++);
}

void Neighbors::add(const std::vector<std::vector<Cell>>& live, const Sections& sections, int32_t i) {
  const size_t begin = all_.size();
  for (int32_t c = sections.columns[i].first; c < sections.columns[i].last; ++c)
    for (const auto& [column, height] : live[sections.cells[c].section]) {
      if (column == i) continue;
      if (place_[column] < 0) place_[column] = static_cast<int32_t>(all_.size()), all_.push_back({column, 0, 0, 0});
      Neighbor& other = all_[place_[column]];
      ++other.back;  // for now: in how many sections
      other.below = std::max(other.below, sections.cells[c].height);
      other.above = std::max(other.above, height);
    }
  std::sort(all_.begin() + static_cast<int64_t>(begin), all_.end(),
            [](const Neighbor& a, const Neighbor& b) { return a.column < b.column; });
  for (size_t k = begin; k < all_.size(); ++k) place_[all_[k].column] = -1, together_.push_back(all_[k].back);
  first_.push_back(all_.size());
}

bool few_meet(const Sections& sections) {
  size_t meet = 0, seen = 0;
  std::vector<size_t> first(sections.count());
  for (const Column& column : sections.columns)
    if (column.first < column.last) ++first[sections.cells[column.first].section];
  for (size_t s = 0; s < sections.count(); ++s) {
    meet += first[s] * sections.live[s].size();
    seen += sections.live[s].size() * sections.live[s].size();
  }
  return meet <= kMostMeet && seen <= kMostSeen;
}

}  // namespace l2opt
