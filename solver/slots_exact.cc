#include "slots_exact.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "problem.h"

namespace l2opt {
namespace {

class Search {
 public:
  Search(const std::vector<Span>& spans, const std::vector<int64_t>& profile, int64_t alignment, int64_t nodes)
      : alignment_(alignment), nodes_(nodes), spans_(spans), order_(spans.size()), slot_(spans.size(), -1) {
    for (Span& span : spans_) span.size = align_up(span.size, alignment);
    for (int64_t size : profile) profile_.push_back(align_up(size, alignment));
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(), [&](int32_t a, int32_t b) {
      return spans_[a].start != spans_[b].start ? spans_[a].start < spans_[b].start : spans_[a].size > spans_[b].size;
    });
    least_ = std::accumulate(profile_.begin(), profile_.end(), int64_t{0});
  }

  void start_from(const Slots& known) {
    best_slot_ = known.slot;
    best_ = 0;
    for (int64_t size : known.sizes) best_ += align_up(size, alignment_);
  }

  // Depth first without recursion: spans may be many.
  void run() {
    std::vector<std::vector<Choice>> choices(order_.size() + 1);
    std::vector<size_t> next(order_.size() + 1, 0);
    size_t depth = 0;
    enter(depth, choices[0]);
    next[0] = 0;
    while (best_ > least_ && nodes_ > 0) {
      if (depth < order_.size() && next[depth] < choices[depth].size()) {
        take(depth, choices[depth][next[depth]++]);
        ++depth;
        next[depth] = 0;
        enter(depth, choices[depth]);
        continue;
      }
      if (depth == 0) return;
      --depth;
      undo(depth, choices[depth][next[depth] - 1]);
    }
  }

  const std::vector<int32_t>& best() const { return best_slot_; }

 private:
  struct Choice {
    int32_t slot;
    int64_t size, until;  // the slot's before the choice; size -1: a new slot
  };
  struct Slot {
    int64_t size, until;
  };

  // The choices for the span at `depth`; none if it cannot lead below the best.
  void enter(size_t depth, std::vector<Choice>& choices) {
    choices.clear();
    --nodes_;
    const int64_t bound = lower_bound();
    if (bound >= best_) return;
    if (depth == order_.size()) {
      best_ = bound;
      best_slot_ = slot_;
      return;
    }
    const Span& span = spans_[order_[depth]];
    for (size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].until <= span.start) choices.push_back({static_cast<int32_t>(i), slots_[i].size, slots_[i].until});
    std::sort(choices.begin(), choices.end(), [&](const Choice& a, const Choice& b) {
      const bool fits_a = a.size >= span.size, fits_b = b.size >= span.size;
      if (fits_a != fits_b) return fits_a;
      if (a.size != b.size) return fits_a ? a.size < b.size : a.size > b.size;
      return a.slot < b.slot;
    });
    const auto same = [](const Choice& a, const Choice& b) { return a.size == b.size; };
    choices.erase(std::unique(choices.begin(), choices.end(), same), choices.end());
    choices.push_back({static_cast<int32_t>(slots_.size()), -1, 0});
  }

  void take(size_t depth, const Choice& choice) {
    const int32_t i = order_[depth];
    slot_[i] = choice.slot;
    if (choice.size < 0)
      slots_.push_back({spans_[i].size, spans_[i].end});
    else
      slots_[choice.slot] = {std::max(choice.size, spans_[i].size), spans_[i].end};
  }

  void undo(size_t depth, const Choice& choice) {
    slot_[order_[depth]] = -1;
    if (choice.size < 0)
      slots_.pop_back();
    else
      slots_[choice.slot] = {choice.size, choice.until};
  }

  int64_t lower_bound() {
    sizes_.clear();
    for (const Slot& slot : slots_) sizes_.push_back(slot.size);
    std::sort(sizes_.begin(), sizes_.end(), std::greater<>());
    int64_t sum = 0;
    for (size_t i = 0; i < std::max(sizes_.size(), profile_.size()); ++i)
      sum += std::max(i < sizes_.size() ? sizes_[i] : 0, i < profile_.size() ? profile_[i] : 0);
    return sum;
  }

  int64_t alignment_, nodes_, least_ = 0, best_ = 0;
  std::vector<Span> spans_;
  std::vector<int64_t> profile_, sizes_;
  std::vector<int32_t> order_, slot_, best_slot_;
  std::vector<Slot> slots_;
};

}  // namespace

Slots exact_slots(const std::vector<Span>& spans, const Slots& best, const std::vector<int64_t>& profile,
                  int64_t alignment, int64_t nodes) {
  Search search(spans, profile, alignment, nodes);
  search.start_from(best);
  search.run();
  Slots result;
  result.slot = search.best();
  for (size_t i = 0; i < spans.size(); ++i) {
    const size_t slot = static_cast<size_t>(result.slot[i]);
    if (slot >= result.sizes.size()) result.sizes.resize(slot + 1, 0);
    result.sizes[slot] = std::max(result.sizes[slot], spans[i].size);
  }
  return result;
}

}  // namespace l2opt
