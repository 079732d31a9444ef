// How much a search may still do.

#pragma once

#include <chrono>
#include <cstdint>

namespace l2opt {

// A number of looks at a kernel. The deadline is looked at only once in many; without one, results are the same on
// every run.
class Effort {
 public:
  Effort(int64_t looks, double seconds)
      : looks_(looks), timed_(seconds > 0), deadline_(std::chrono::steady_clock::now()) {
    if (timed_) deadline_ += std::chrono::microseconds(static_cast<int64_t>(seconds * 1e6));
  }

  // Whether one more kernel may be looked at.
  bool take() {
    if (looks_ <= 0) return false;
    --looks_;
    if (timed_ && ++unwatched_ >= kUnwatched) {
      unwatched_ = 0;
      if (std::chrono::steady_clock::now() >= deadline_) looks_ = 0;
    }
    return looks_ > 0;
  }

  int64_t left() const { return looks_; }
  void spend(int64_t looks) {
    looks_ = looks < looks_ ? looks_ - looks : 0;
    unwatched_ += looks;
  }

  // At most `looks` of what is left.
  Effort part(int64_t looks) const {
    Effort some = *this;
    some.looks_ = looks < looks_ ? looks : looks_;
    return some;
  }

 private:
  static constexpr int64_t kUnwatched = 1024;

  int64_t looks_;
  int64_t unwatched_ = 0;  // looks since the clock was looked at
  bool timed_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace l2opt
