// The order with the lowest peak load, or a proven bound on it.

#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "order_state.h"

namespace l2opt {

// What a search may still do. The deadline is looked at only once in many looks; without one, results are the same on
// every run.
class Effort {
 public:
  Effort(int64_t looks, double seconds) : looks_(looks), deadline_(std::chrono::steady_clock::now()) {
    timed_ = seconds > 0;
    if (timed_) deadline_ += std::chrono::microseconds(static_cast<int64_t>(seconds * 1e6));
  }

  // Whether one more kernel may be looked at.
  bool take() {
    if (looks_ <= 0) return false;
    --looks_;
    if (timed_ && looks_ % 1024 == 0 && std::chrono::steady_clock::now() >= deadline_) looks_ = 0;
    return looks_ > 0;
  }

  int64_t left() const { return looks_; }

  // At most `looks` of what is left.
  Effort part(int64_t looks) const {
    Effort some = *this;
    some.looks_ = looks < looks_ ? looks : looks_;
    return some;
  }
  void spend(int64_t looks) { looks_ = looks < looks_ ? looks_ - looks : 0; }

 private:
  int64_t looks_;
  bool timed_;
  std::chrono::steady_clock::time_point deadline_;
};

struct Found {
  std::vector<int32_t> order;  // its peak is at most `bound`, or it is empty: none was found below `above`
  int64_t bound;               // no order has a lower peak, unless one of at most `floor` does; at most `above`
};

// Searches for an order with a peak of at most `floor`, or else the lowest peak below `above`.
//
// Dynamic programming over sets of kernels, best first: the states of one level are the sets that are reached with a
// peak of at most that level; a level is searched to its end before the next, which is the lowest step that was above
// it. So a set is expanded once a level, whatever the order in which it was reached, and the level is at all times a
// bound. Kernels and chains that may run at once do (see Network::harmless).
Found search(const Network& network, int64_t floor, int64_t above, Effort& effort);

}  // namespace l2opt
