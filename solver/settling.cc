#include "settling.h"

#include <algorithm>

namespace l2opt {
namespace {

constexpr int64_t kApart = 5;    // so many times the work of one run of the search goes to separation before
constexpr size_t kFew = 3;       // one column in so many
constexpr double kStrict = 0.3;  // of the runs keep to the order of the offsets
constexpr double kNoise = 0.3;   // in that of the others, at most

}  // namespace

Settling::Settling(const Sections& sections, const Neighbors& neighbors, int64_t base,
                   const std::function<bool()>& stop)
    : sections_(sections), base_(base), separation_(sections, neighbors, stop), search_(sections, stop) {}

Answer Settling::run(Separated& separated, int64_t work) {
  Answer answer = Answer::kUnknown;
  for (const int64_t end = separated.spent + work; answer == Answer::kUnknown && separated.spent < end;) {
    const int64_t before = separated.spent;
    const int64_t apart = base_ > 0 ? std::min(end - before, kApart * base_) : end - before;
    answer = separation_.run(separated, apart);
    const bool few = base_ > 0 && separation_.overlapping() <= sections_.columns.size() / kFew;
    if (answer == Answer::kUnknown && few && separated.spent > before) answer = settle(separated);
    if (separated.spent == before || separation_.stopped() || search_.stopped()) break;
  }
  return answer;
}

Answer Settling::settle(Separated& separated) {
  Random& random = separated.random;
  Strategy strategy;
  strategy.section = random.next() < 0.5 ? Strategy::Section::kFewest : Strategy::Section::kFailing;
  strategy.value = Strategy::Value::kGuide;
  strategy.guide = &separated.offsets;
  if (random.next() >= kStrict) {
    strategy.seed = 1 + static_cast<uint32_t>(random.next() * 4e9);
    strategy.jitter = kNoise * random.next();
  }
  const Answer answer = search_.run(separated.capacity, strategy, base_);
  separated.spent += base_ - std::min(base_, search_.work_left());
  if (answer == Answer::kYes) separated.offsets = search_.offsets();
  return answer;
}

}  // namespace l2opt
