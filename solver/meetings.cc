#include "meetings.h"

#include <algorithm>
#include <set>
#include <utility>

namespace l2opt {
namespace {

constexpr size_t kMost = 64;       // items whose lives span a section; of more, the highest
constexpr int64_t kNodes = 1'000;  // sets looked at for a section

using Member = std::pair<int32_t, int64_t>;  // column, height

// How far above column `a` column `b` is, if it is above; 0: they do not meet.
int64_t distance(const Sections& sections, int32_t a, int32_t b) {
  const Column &below = sections.columns[a], &above = sections.columns[b];
  int64_t highest = 0;
  for (int32_t i = below.first, k = above.first; i < below.last && k < above.last;) {
    const Cell &mine = sections.cells[i], &other = sections.cells[k];
    if (mine.section == other.section) highest = std::max(highest, mine.height);
    const bool step = mine.section <= other.section;
    k += other.section <= mine.section;
    i += step;
  }
  return highest;
}

// The highest set of columns that meet two by two, of some.
class Highest {
 public:
  Highest(const Sections& sections, std::vector<int32_t> columns) : columns_(std::move(columns)) {
    const size_t count = columns_.size();
    apart_.assign(count, std::vector<int64_t>(count, 0));
    for (size_t i = 0; i < count; ++i)
      for (size_t k = 0; k < count; ++k)
        if (i != k) apart_[i][k] = distance(sections, columns_[i], columns_[k]);
    for (int32_t c : columns_) heights_.push_back(sections.columns[c].height);
  }

  // Empty if none is higher than `least`.
  std::vector<Member> find(int64_t least) {
    best_ = least;
    std::vector<size_t> all(columns_.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = i;
    extend({}, all);
    std::vector<Member> members;
    for (const auto& [i, height] : found_) members.emplace_back(columns_[i], height);
    std::sort(members.begin(), members.end());
    return members;
  }

 private:
  using Set = std::vector<std::pair<size_t, int64_t>>;

  void extend(const Set& set, std::vector<size_t> more) {
    int64_t sum = 0, left = 0;
    for (const auto& [i, height] : set) sum += height;
    if (set.size() > 1 && sum > best_) best_ = sum, found_ = set;
    for (size_t i : more) left += heights_[i];
    for (size_t at = 0; at < more.size() && sum + left > best_ && --nodes_ > 0; ++at) {
      const size_t next = more[at];
      Set with = set;
      int64_t height = heights_[next];
      for (auto& [i, other] : with) {
        other = std::min(other, apart_[i][next]);
        height = std::min(height, apart_[next][i]);
      }
      with.emplace_back(next, height);
      std::vector<size_t> rest;
      for (size_t k = at + 1; k < more.size(); ++k)
        if (apart_[next][more[k]] > 0) rest.push_back(more[k]);
      extend(with, std::move(rest));
      left -= heights_[next];
    }
  }

  std::vector<int32_t> columns_;  // highest first
  std::vector<int64_t> heights_;
  std::vector<std::vector<int64_t>> apart_;
  Set found_;
  int64_t best_ = 0, nodes_ = kNodes;
};

// By section: columns whose lives span it, highest first; none where all of them are live.
std::vector<std::vector<int32_t>> spanning(const Sections& sections) {
  std::vector<std::vector<int32_t>> spans(sections.count());
  for (size_t c = 0; c < sections.columns.size(); ++c) {
    const Column& column = sections.columns[c];
    if (column.first == column.last) continue;
    for (int32_t s = sections.cells[column.first].section; s <= sections.cells[column.last - 1].section; ++s)
      spans[s].push_back(static_cast<int32_t>(c));
  }
  for (size_t s = 0; s < spans.size(); ++s) {
    if (spans[s].size() == sections.live[s].size()) spans[s].clear();
    std::stable_sort(spans[s].begin(), spans[s].end(),
                     [&](int32_t a, int32_t b) { return sections.columns[a].height > sections.columns[b].height; });
    if (spans[s].size() > kMost) spans[s].resize(kMost);
  }
  return spans;
}

bool has_gaps(const Sections& sections) {
  return std::any_of(sections.columns.begin(), sections.columns.end(), [&](const Column& column) {
    return column.first < column.last &&
           sections.cells[column.last - 1].section - sections.cells[column.first].section !=
               column.last - 1 - column.first;
  });
}

std::vector<std::vector<Member>> members_of(const Sections& sections) {
  std::vector<std::vector<Member>> members(sections.count());
  for (size_t c = 0; c < sections.columns.size(); ++c)
    for (int32_t i = sections.columns[c].first; i < sections.columns[c].last; ++i)
      members[sections.cells[i].section].emplace_back(static_cast<int32_t>(c), sections.cells[i].height);
  return members;
}

void set_members(Sections& sections, const std::vector<std::vector<Member>>& members) {
  std::vector<std::vector<Cell>> cells(sections.columns.size());
  sections.live.assign(members.size(), {});
  for (size_t s = 0; s < members.size(); ++s)
    for (const auto& [c, height] : members[s]) {
      cells[c].push_back({static_cast<int32_t>(s), height});
      sections.live[s].push_back(c);
    }
  sections.cells.clear();
  for (size_t c = 0; c < cells.size(); ++c) {
    Column& column = sections.columns[c];
    column.first = static_cast<int32_t>(sections.cells.size());
    sections.cells.insert(sections.cells.end(), cells[c].begin(), cells[c].end());
    column.last = static_cast<int32_t>(sections.cells.size());
    column.flat =
        std::all_of(cells[c].begin(), cells[c].end(), [&](const Cell& cell) { return cell.height == column.height; });
  }
}

}  // namespace

void add_meetings(Sections& sections) {
  if (!has_gaps(sections)) return;
  const std::vector<std::vector<int32_t>> spans = spanning(sections);
  std::vector<std::vector<Member>> members = members_of(sections), all;
  std::set<std::vector<Member>> seen;
  for (size_t s = 0; s < members.size(); ++s) {
    int64_t live = 0;
    for (const auto& [c, height] : members[s]) live += height;
    all.push_back(std::move(members[s]));
    if (spans[s].empty()) continue;
    std::vector<Member> highest = Highest(sections, spans[s]).find(live);
    if (!highest.empty() && seen.insert(highest).second) all.push_back(std::move(highest));
  }
  set_members(sections, all);
}

Needed highest_section(const Sections& sections) {
  Needed highest;
  for (const std::vector<Member>& members : members_of(sections)) {
    if (members.empty()) continue;
    int64_t sum = 0, above = kUnbounded;  // all of them; what the topmost has above its height here
    for (const auto& [c, height] : members) {
      sum += height * sections.unit;
      above = std::min(above, sections.columns[c].bytes - height * sections.unit);
    }
    if (sum + above <= highest.bytes) continue;
    highest = {sum + above, {}};
    for (const auto& [c, height] : members) highest.columns.push_back(c);
  }
  return highest;
}

}  // namespace l2opt
