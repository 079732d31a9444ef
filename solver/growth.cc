#include "growth.h"

#include <algorithm>

#include "load.h"
#include "random.h"

namespace l2opt {
namespace {

constexpr double kFull[] = {0.93, 0.98};  // of the largest load: steps to begin with, with one seed or another
constexpr int64_t kCellWork = 20;         // to make a window takes as long as so many columns a cell
constexpr double kFree = 0.15;            // of the tries are not led
constexpr double kNoise = 0.2;            // in the order of a try

// What is live during [from, to), to that time. `items`: which ones of `problem` these are.
Problem cut(const Problem& problem, int32_t from, int32_t to, std::vector<int32_t>& items) {
  Problem window;
  window.ranks = to - from + 1;
  items.clear();
  for (size_t i = 0; i < problem.size(); ++i) {
    Item item = problem.items[i];
    const int32_t first = static_cast<int32_t>(window.pieces.size()), index = static_cast<int32_t>(items.size());
    for (int32_t p = item.first; p < item.last; ++p) {
      Piece piece = problem.pieces[p];
      piece.start = std::max(piece.start, from) - from, piece.end = std::min(piece.end, to) - from, piece.item = index;
      if (piece.start < piece.end) window.pieces.push_back(piece);
    }
    item.first = first, item.last = static_cast<int32_t>(window.pieces.size());
    if (item.first == item.last) continue;
    item.start = std::max(item.start, from) - from, item.end = std::min(item.end, to) - from;
    window.items.push_back(item);
    items.push_back(static_cast<int32_t>(i));
  }
  return window;
}

std::vector<int32_t> first_ones(size_t count) {
  std::vector<int32_t> all(count);
  for (size_t i = 0; i < count; ++i) all[i] = static_cast<int32_t>(i);
  return all;
}

// Whether a packing turned upside down is one: all is of whole units, and may be anywhere below the capacity.
bool turns(const Sections& sections, int64_t capacity) {
  return capacity % sections.unit == 0 &&
         std::all_of(sections.columns.begin(), sections.columns.end(), [&](const Column& column) {
           return column.flat && column.alignment == 1 && column.lowest == 0 &&
                  column.bytes == column.height * sections.unit && column.max_offset >= capacity - column.bytes;
         });
}

// `offsets` of a packing, turned upside down; in units.
std::vector<int64_t> turned(const Sections& sections, std::vector<int64_t> offsets, int64_t capacity) {
  for (size_t k = 0; k < offsets.size(); ++k) {
    const Column& column = sections.columns[k];
    if (column.first < column.last) offsets[k] = capacity / sections.unit - offsets[k] - column.height;
  }
  return offsets;
}

}  // namespace

Growth::Growth(const Problem& problem, const Sections& whole, int64_t base, std::function<bool()> stop)
    : problem_(problem),
      whole_(whole),
      base_(base),
      stop_(std::move(stop)),
      starts_(problem.ranks + 1),
      ends_(problem.ranks + 1) {
  for (const Piece& piece : problem.pieces) starts_[piece.start] = ends_[piece.end] = 1;
}

Answer Growth::run(Grown& grown, int64_t work) {
  work_ = work;
  stopped_ = false;
  if (grown.from == grown.to) {
    grown.offsets.assign(problem_.size(), kLeftOut);
    grown.from = full_rank(grown.seed), grown.to = grown.from + 1;
  }
  Answer answer = Answer::kYes;
  while (answer == Answer::kYes && work_ > 0) {
    if ((stopped_ = stop_())) {
      answer = Answer::kUnknown;
      break;
    }
    if (is_whole(grown)) {
      answer = pack(whole_, grown);
      break;
    }
    std::vector<int32_t> items;
    const Problem window = cut(problem_, grown.from, grown.to, items);
    Sections sections = make_sections(window, first_ones(items.size()));
    sections.item = std::move(items);
    work_ -= kCellWork * static_cast<int64_t>(sections.cells.size());
    answer = pack(sections, grown);
    if (answer == Answer::kYes)
      widen(grown);
    else if (answer == Answer::kNo)
      break;
  }
  grown.spent += work - work_;
  return answer == Answer::kYes && !is_whole(grown) ? Answer::kUnknown : answer;
}

// By one side after the other, up to where an item is added.
void Growth::widen(Grown& grown) const {
  const bool left = grown.to == problem_.ranks || (grown.from > 0 && grown.windows % 2 == 0);
  if (left)
    while (--grown.from > 0 && !ends_[grown.from + 1]) {
    }
  else
    while (++grown.to < problem_.ranks && !starts_[grown.to - 1]) {
    }
  ++grown.windows, grown.tries = 0;
}

int32_t Growth::full_rank(uint32_t seed) const {
  const std::vector<int64_t> load = loads(problem_);
  const double high = kFull[seed / 2 % 2] * static_cast<double>(*std::max_element(load.begin(), load.end()));
  std::vector<int32_t> full;
  for (size_t rank = 0; rank < load.size(); ++rank)
    if (static_cast<double>(load[rank]) >= high) full.push_back(static_cast<int32_t>(rank));
  return full[static_cast<size_t>(Random(seed).next() * static_cast<double>(full.size()))];
}

// Tries until there is an answer or no work left.
Answer Growth::pack(const Sections& sections, Grown& grown) {
  using Value = Strategy::Value;
  static constexpr Value kValues[] = {Value::kLoad, Value::kLoad, Value::kSteps, Value::kHeight};
  const bool turnable = turns(sections, grown.capacity);
  std::vector<int64_t> upright;
  for (int32_t item : sections.item)
    upright.push_back((grown.offsets[item] == kLeftOut ? grown.capacity / 2 : grown.offsets[item]) / sections.unit);
  const std::vector<int64_t> guides[] = {upright, turned(sections, upright, grown.capacity)};
  Search search(sections, stop_);
  Answer answer = Answer::kUnknown;
  bool turn = false;
  for (; answer == Answer::kUnknown && work_ > 0 && !stopped_; ++grown.tries) {
    Random random(grown.seed * 1'000'003u + static_cast<uint32_t>(grown.windows) * 10'007u +
                  static_cast<uint32_t>(grown.tries));
    const bool first = grown.tries == 0;
    turn = !first && turnable && random.next() < 0.5;
    Strategy strategy;
    strategy.section = random.next() < 0.5 ? Strategy::Section::kFewest : Strategy::Section::kFailing;
    const bool led = first || random.next() >= kFree;
    strategy.value = led ? Value::kGuide : kValues[static_cast<size_t>(random.next() * std::size(kValues))];
    strategy.guide = &guides[turn];
    strategy.seed = first ? 0 : static_cast<uint32_t>(random.next() * 4e9);
    strategy.jitter = first ? 0 : kNoise;
    const int64_t work = std::min(work_, base_);
    answer = search.run(grown.capacity, strategy, work);
    work_ -= work - std::min<int64_t>(work, search.work_left());
    stopped_ = search.stopped();
  }
  nodes_ += search.nodes();
  if (answer != Answer::kYes) return answer;
  offsets_ = turn ? turned(sections, search.offsets(), grown.capacity) : search.offsets();
  for (size_t k = 0; k < offsets_.size(); ++k)
    grown.offsets[sections.item[k]] = std::max<int64_t>(0, offsets_[k]) * sections.unit;
  return answer;
}

}  // namespace l2opt
