// A cost by offset that is made of straight lines, told by where they begin.
//
// Few offsets: a table of them, with a bit for each that has a step, so nothing is sorted. Many: the steps are sorted.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace l2opt {

class Steps {
 public:
  // A cost of 0 at the offsets [low, end); not empty.
  void begin(int64_t low, int64_t end) {
    low_ = low, size_ = end - low;
    cost_ = slope_ = 0;
    if (size_ > kTable) return;
    const auto size = static_cast<size_t>(size_);
    if (table_.size() < size) table_.resize(size), touched_.resize(size / kWord + 1);
  }

  // From `at` on the cost is higher by `jump`, and rises by `slope` more.
  void add(int64_t at, int64_t jump, int64_t slope) {
    at -= low_;
    if (at >= size_) return;
    if (at <= 0) {
      cost_ += jump - slope * at, slope_ += slope;
    } else if (size_ > kTable) {
      sorted_.push_back({at, jump, slope});
    } else {
      table_[at].jump += jump, table_[at].slope += slope;
      touched_[at / kWord] |= uint64_t{1} << (at % kWord);
    }
  }

  // Calls visit(from, to, cost, slope) for each line, lowest first: the cost at `from`, and by how much it rises from
  // one offset to the next, up to the one before `to`. Then nothing is left of it.
  template <class Visit>
  void lines(Visit&& visit) {
    int64_t from = 0;
    const auto line = [&](int64_t to) {
      if (from < to) visit(low_ + from, low_ + to, cost_, slope_);
      cost_ += slope_ * (to - from), from = to;
    };
    if (size_ > kTable) {
      std::sort(sorted_.begin(), sorted_.end(), [](const Step& a, const Step& b) { return a.at < b.at; });
      for (const Step& step : sorted_) line(step.at), cost_ += step.jump, slope_ += step.slope;
      sorted_.clear();
    } else {
      for (int64_t word = 0; word <= (size_ - 1) / kWord; ++word)
        for (uint64_t& bits = touched_[word]; bits != 0; bits &= bits - 1) {
          const int64_t at = word * kWord + __builtin_ctzll(bits);
          line(at), cost_ += table_[at].jump, slope_ += table_[at].slope;
          table_[at] = {};
        }
    }
    line(size_);
  }

 private:
  static constexpr int64_t kTable = 1 << 17, kWord = 64;  // offsets
  struct Step {
    int64_t at, jump, slope;
  };
  struct Change {
    int64_t jump, slope;
  };

  int64_t low_ = 0, size_ = 0;
  int64_t cost_ = 0, slope_ = 0;  // at the lowest offset; then of the line at hand
  std::vector<Change> table_;     // all 0 between two costs
  std::vector<uint64_t> touched_;
  std::vector<Step> sorted_;
};

}  // namespace l2opt
