#include "ejection.h"

#include <algorithm>

namespace l2opt {
namespace {

constexpr double kAny = 0.01;              // of the places are any, whatever must leave: so no circle lasts
constexpr int kMoves = 10;                 // of others, for each column that gets a place
constexpr int64_t kLook = 2;               // to look at another for a free place takes as long as so many in the search
constexpr int64_t kPrice = 6;              // and for the cheapest one
constexpr int64_t kPatience = 256;         // columns placed between two questions whether to stop
constexpr size_t kMostMeet = 2'000'000;    // two columns that meet count once
constexpr size_t kMostSeen = 100'000'000;  // and here once a section

int64_t align_down(int64_t value, int64_t alignment) { return value - value % alignment; }

// One of several, each as likely by its weight, without knowing how many come.
class Draw {
 public:
  explicit Draw(Random& random) : random_(random) {}
  void clear() { sum_ = 0; }
  bool takes(double weight) { return random_.next() * (sum_ += weight) < weight; }

 private:
  Random& random_;
  double sum_ = 0;
};

}  // namespace

Meeting::Meeting(const Sections& sections) : others_(sections.columns.size()) {
  std::vector<std::vector<Cell>> cells(sections.count());  // by section: column, its height
  for (size_t i = 0; i < sections.columns.size(); ++i)
    for (int32_t c = sections.columns[i].first; c < sections.columns[i].last; ++c)
      cells[sections.cells[c].section].push_back({static_cast<int32_t>(i), sections.cells[c].height});
  std::vector<int32_t> place(sections.columns.size(), -1);
  for (size_t i = 0; i < others_.size(); ++i) {
    std::vector<Other>& others = others_[i];
    for (int32_t c = sections.columns[i].first; c < sections.columns[i].last; ++c)
      for (const auto& [column, height] : cells[sections.cells[c].section]) {
        if (column == static_cast<int32_t>(i)) continue;
        if (place[column] < 0) place[column] = static_cast<int32_t>(others.size()), others.push_back({column, 0, 0});
        Other& other = others[place[column]];
        other.below = std::max(other.below, sections.cells[c].height);
        other.above = std::max(other.above, height);
      }
    for (const Other& other : others) place[other.column] = -1;
  }
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

Ejection::Ejection(const Sections& sections, const Meeting& meeting, std::function<bool()> stop)
    : sections_(sections), meeting_(meeting), stop_(std::move(stop)) {}

Answer Ejection::run(Ejected& ejected, int64_t work) {
  begin(ejected);
  work_ = work;
  for (int64_t placed = 1; !ejected.waiting.empty() && work_ > 0; ++placed) {
    if (placed % kPatience == 0 && stop_()) break;
    const int32_t i = next(ejected);
    int64_t offset = free_place(ejected, i);
    if (offset == kLeftOut) {
      ++ejected.penalties[i];
      offset = cheapest_place(ejected, i);
      if (offset == kLeftOut) {  // there is no place for it at all
        ejected.waiting.push_back(i);
        break;
      }
    }
    put(ejected, i, offset);
    stir(ejected, i);
  }
  ejected.spent += work - work_;
  return ejected.waiting.empty() ? Answer::kYes : Answer::kUnknown;
}

// What has no place, or one that is too high by now, waits: the largest last, which is taken first.
void Ejection::begin(Ejected& ejected) const {
  const size_t count = sections_.columns.size();
  const bool fresh = ejected.penalties.empty();
  ejected.offsets.resize(count, kLeftOut), ejected.penalties.resize(count, 1);
  const auto before = static_cast<int64_t>(ejected.waiting.size());
  for (size_t k = 0; k < count; ++k) {
    const auto i = static_cast<int32_t>(k);
    if (sections_.columns[k].first == sections_.columns[k].last) continue;
    const bool placed = ejected.offsets[k] != kLeftOut;
    if (placed ? ejected.offsets[k] <= highest(ejected, i) : !fresh) continue;
    ejected.offsets[k] = kLeftOut;
    ejected.waiting.push_back(i);
  }
  const auto area = [&](int32_t i) {
    return static_cast<double>(sections_.columns[i].height) * static_cast<double>(meeting_.of(i).size());
  };
  std::stable_sort(ejected.waiting.begin() + before, ejected.waiting.end(),
                   [&](int32_t a, int32_t b) { return area(a) < area(b); });
}

// The one with the highest penalty, of these the last; it waits no more.
int32_t Ejection::next(Ejected& ejected) const {
  size_t hardest = ejected.waiting.size() - 1;
  for (size_t k = 0; k < ejected.waiting.size(); ++k)
    if (ejected.penalties[ejected.waiting[k]] > ejected.penalties[ejected.waiting[hardest]]) hardest = k;
  std::swap(ejected.waiting[hardest], ejected.waiting.back());
  const int32_t column = ejected.waiting.back();
  ejected.waiting.pop_back();
  return column;
}

// Units; below 0 if it has no place.
int64_t Ejection::highest(const Ejected& ejected, int32_t i) const {
  const Column& column = sections_.columns[i];
  const int64_t bytes = std::min(ejected.capacity - column.bytes, column.max_offset);
  return bytes < 0 ? -1 : align_down(bytes / sections_.unit, column.alignment);
}

// One of the ends of the free stretches of offsets; kLeftOut: there are none.
int64_t Ejection::free_place(Ejected& ejected, int32_t i) {
  const Column& column = sections_.columns[i];
  const int64_t end = highest(ejected, i) + 1;
  work_ -= kLook * static_cast<int64_t>(1 + meeting_.of(i).size());
  taken_.clear();
  for (const Meeting::Other& other : meeting_.of(i))
    if (const int64_t offset = ejected.offsets[other.column]; offset != kLeftOut)
      taken_.emplace_back(offset - other.below + 1, offset + other.above);
  std::sort(taken_.begin(), taken_.end());
  taken_.emplace_back(end, end);
  Draw draw(ejected.random);
  int64_t from = column.lowest, chosen = kLeftOut;
  for (const auto& [to, after] : taken_) {
    if (from >= end) break;
    if (to > from) {
      const int64_t low = align_up(from, column.alignment), high = align_down(std::min(to, end) - 1, column.alignment);
      if (low <= high && draw.takes(1)) chosen = low;
      if (low < high && draw.takes(1)) chosen = high;
    }
    from = std::max(from, after);
  }
  return chosen;
}

// One of the offsets at which the penalties of what must leave sum up least; kLeftOut: none is allowed at all.
int64_t Ejection::cheapest_place(Ejected& ejected, int32_t i) {
  const Column& column = sections_.columns[i];
  const int64_t end = highest(ejected, i) + 1;
  work_ -= kPrice * static_cast<int64_t>(1 + meeting_.of(i).size());
  steps_.clear();
  for (const Meeting::Other& other : meeting_.of(i)) {
    const int64_t offset = ejected.offsets[other.column], penalty = ejected.penalties[other.column];
    if (offset == kLeftOut) continue;
    steps_.emplace_back(std::max(column.lowest, offset - other.below + 1), penalty);
    steps_.emplace_back(std::max(column.lowest, offset + other.above), -penalty);
  }
  std::sort(steps_.begin(), steps_.end());
  steps_.emplace_back(end, 0);
  const bool any = ejected.random.next() < kAny;
  Draw draw(ejected.random);
  int64_t from = column.lowest, leaves = 0, least = kUnbounded, chosen = kLeftOut;
  for (const auto& [at, more] : steps_) {
    const int64_t to = std::min(at, end);
    if (to > from && (any || leaves <= least)) {
      const int64_t low = align_up(from, column.alignment), high = align_down(to - 1, column.alignment);
      if (low <= high) {
        if (!any && leaves < least) draw.clear();
        least = leaves;
        const double many = static_cast<double>((high - low) / column.alignment + 1);
        if (draw.takes(many)) chosen = low + static_cast<int64_t>(ejected.random.next() * many) * column.alignment;
      }
    }
    from = std::max(from, at), leaves += more;
  }
  return chosen;
}

// What lies there waits, the hardest last.
void Ejection::put(Ejected& ejected, int32_t i, int64_t offset) const {
  const auto before = static_cast<int64_t>(ejected.waiting.size());
  for (const Meeting::Other& other : meeting_.of(i)) {
    int64_t& theirs = ejected.offsets[other.column];
    if (theirs == kLeftOut || offset <= theirs - other.below || offset >= theirs + other.above) continue;
    theirs = kLeftOut;
    ejected.waiting.push_back(other.column);
  }
  std::stable_sort(ejected.waiting.begin() + before, ejected.waiting.end(),
                   [&](int32_t a, int32_t b) { return ejected.penalties[a] < ejected.penalties[b]; });
  ejected.offsets[i] = offset;
}

// Some that meet the column go to other free places.
void Ejection::stir(Ejected& ejected, int32_t i) {
  const std::vector<Meeting::Other>& others = meeting_.of(i);
  for (int move = 0; move < kMoves && !others.empty(); ++move) {
    const auto nth = static_cast<size_t>(ejected.random.next() * static_cast<double>(others.size()));
    int64_t& offset = ejected.offsets[others[nth].column];
    if (offset == kLeftOut) continue;
    if (const int64_t place = free_place(ejected, others[nth].column); place != kLeftOut) offset = place;
  }
}

}  // namespace l2opt
