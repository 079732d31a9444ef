#include "growth.h"

#include <algorithm>

#include "load.h"

namespace l2opt {
namespace {

constexpr double kFull = 0.97;      // of the largest load: steps to begin with
constexpr int32_t kWindows = 50;    // about so many until the window is the whole
constexpr int64_t kCellWork = 20;   // to make a window takes as long as so many columns a cell
constexpr int kDeepFor = 6;         // tries of a kind before the other kind

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

}  // namespace

Growth::Growth(const Problem& problem, const Sections& whole, int64_t base, std::function<bool()> stop)
    : problem_(problem), whole_(whole), base_(base), stop_(std::move(stop)) {}

Answer Growth::run(int64_t capacity, uint32_t seed, int64_t work) {
  work_ = work;
  bytes_.assign(problem_.size(), kLeftOut);
  const int32_t centre = full_rank(seed), step = std::max<int32_t>(1, problem_.ranks / (2 * kWindows));
  for (int32_t reach = step;; reach += step) {
    const int32_t from = std::max(0, centre - reach), to = std::min(problem_.ranks, centre + 1 + reach);
    if (from == 0 && to == problem_.ranks) return solve(whole_, capacity, seed);
    std::vector<int32_t> items;
    const Problem window = cut(problem_, from, to, items);
    Sections sections = make_sections(window, first_ones(items.size()));
    sections.item = items;
    work_ -= kCellWork * static_cast<int64_t>(sections.cells.size());
    const Answer answer = solve(sections, capacity, seed);
    if (answer != Answer::kYes) return answer;
    for (size_t k = 0; k < items.size(); ++k) bytes_[items[k]] = std::max<int64_t>(0, offsets_[k]) * sections.unit;
  }
}

int32_t Growth::full_rank(uint32_t seed) const {
  const std::vector<int64_t> load = loads(problem_);
  const double high = kFull * static_cast<double>(*std::max_element(load.begin(), load.end()));
  std::vector<int32_t> full;
  for (size_t rank = 0; rank < load.size(); ++rank)
    if (static_cast<double>(load[rank]) >= high) full.push_back(static_cast<int32_t>(rank));
  return full[(seed * 2654435761u >> 8) % full.size()];
}

// Tries until there is an answer or no work left: led by the window before, or by nothing.
Answer Growth::solve(const Sections& sections, int64_t capacity, uint32_t seed) {
  using Value = Strategy::Value;
  static constexpr Value kValues[] = {Value::kGuide, Value::kGuide, Value::kSteps, Value::kArea, Value::kLoad, Value::kHeight};
  std::vector<int64_t> guide;
  for (int32_t item : sections.item)
    guide.push_back((bytes_[item] == kLeftOut ? capacity / 2 : bytes_[item]) / sections.unit);
  Search search(sections, stop_);
  Answer answer = Answer::kUnknown;
  for (uint32_t tried = 0; answer == Answer::kUnknown && work_ > 0 && !search.stopped(); ++tried) {
    Strategy strategy;
    strategy.section = tried % 2 == 0 ? Strategy::Section::kFewest : Strategy::Section::kFailing;
    strategy.value = kValues[tried % std::size(kValues)];
    strategy.guide = &guide;
    strategy.seed = tried == 0 ? 0 : seed * 1000 + tried;
    strategy.jitter = 0.2;
    strategy.deep = tried / kDeepFor % 2 == 1;
    const int64_t work = std::min(work_, base_);
    answer = search.run(capacity, strategy, work);
    work_ -= work - std::min<int64_t>(work, search.work_left());
  }
  nodes_ += search.nodes();
  offsets_ = search.offsets();
  return answer;
}

}  // namespace l2opt
