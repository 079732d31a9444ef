#include "race.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <type_traits>

#include "block_search.h"
#include "blocks.h"
#include "growth.h"
#include "search.h"
#include "sections.h"

namespace l2opt {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kBase = 1'000'000;  // work of a short attempt, at most
constexpr int64_t kPerCell = 200;      // and of one where there are many cells
constexpr int64_t kShortest = 20'000;
constexpr int64_t kAttempts = 24;      // short attempts that the work is to be enough for
constexpr int kSections = 3;
constexpr int kCycle = 4 * kSections;  // attempts after which the strategies come again
constexpr int64_t kRestarts = 4;       // runs in a short attempt that counts failures
constexpr int64_t kGrowWork = 500;     // times a short attempt, for one that grows
constexpr uint32_t kSeeds = 1u << 20;   // between those of one attempt
constexpr int64_t kFilled = 4;          // one part in so many of the effort goes to floating items filled up
constexpr double kGrowth = 1.5;     // of the long attempt of each cycle: the one that can end in a proof
constexpr auto kPoll = std::chrono::milliseconds(20);

// 1 1 2 1 1 2 4 1 1 2 1 1 2 4 8 ...: restarts that are never far from the best fixed length.
int64_t luby(int64_t n) {
  for (int64_t k = 1;; ++k) {
    if (n == (int64_t{1} << k) - 1) return int64_t{1} << (k - 1);
    if (n < (int64_t{1} << k) - 1) return luby(n - (int64_t{1} << (k - 1)) + 1);
  }
}

// 1/2 1/4 3/4 1/8 5/8 ...: shares spread evenly, however many are taken.
double spread(int64_t n) {
  double share = 0, digit = 0.5;
  for (; n > 0; n /= 2, digit /= 2) share += (n % 2) * digit;
  return share;
}

struct Attempt {
  int64_t capacity = 0, work = 0;  // capacity in bytes
  Strategy strategy;
  bool grow = false;  // by windows of time
};

struct Outcome {
  Answer answer = Answer::kUnknown;
  int64_t capacity = 0;
  std::vector<int64_t> offsets;  // units
  std::string found_by;
};

std::string label(const Strategy& strategy) {
  static const char* const kNames[] = {"tightest", "fewest", "failing"};
  static const char* const kValues[] = {"size", "area", "lifetime", "pressure", "guide"};
  return std::string("search, ") + kNames[static_cast<int>(strategy.section)] + " section, " +
         kValues[static_cast<int>(strategy.value)] + (strategy.deep ? ", deep" : "") + (strategy.seed == 0 ? "" : ", jittered");
}

std::vector<int32_t> all_of(const Problem& problem) {
  std::vector<int32_t> items(problem.size());
  std::iota(items.begin(), items.end(), 0);
  return items;
}

// The least capacity in bytes, at least `bytes`, at which something may become possible: tops of items differ only in
// their heights modulo the unit. O(n).
template <class Model>
int64_t next_capacity(const Model& model, int64_t bytes) {
  int64_t least = kUnbounded;
  for (const auto& column : model.columns) {
    const int64_t offset = std::max<int64_t>(0, bytes - column.bytes);
    least = std::min(least, align_up(offset, model.unit) + column.bytes);
  }
  return least;
}

// Model and Searcher: Sections and Search, or Blocks and BlockSearch.
template <class Model, class Searcher>
class Race {
  static constexpr bool kGrows = std::is_same_v<Model, Sections>;

 public:
  Race(const Problem& problem, Model model, int64_t bound, int64_t known, int64_t goal, const RaceLimits& limits)
      : problem_(problem), limits_(limits), goal_(goal),
        end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limits.seconds))),
        model_(std::move(model)),
        base_(std::clamp(limits.work / kAttempts, kShortest, std::max(kBase, kPerCell * static_cast<int64_t>(model_.cells.size())))) {
    result_.bound = std::max(bound, next_capacity(model_, bound));
    result_.peak = known;
  }

  Raced run() {
    while (!finished()) {
      const Outcome outcome = first_answer();
      if (outcome.answer == Answer::kYes) keep(outcome);
      if (outcome.answer == Answer::kNo) result_.bound = next_capacity(model_, outcome.capacity + 1);
      if (outcome.answer == Answer::kUnknown) break;
    }
    result_.cut = cut_;
    return std::move(result_);
  }

 private:
  bool finished() const {
    return result_.peak <= std::max(goal_, result_.bound) || (goal_ > 0 && result_.bound > goal_) || cut_ ||
           work_ >= limits_.work;
  }

  // What attempt `number` does, given what is known now.
  Attempt attempt(int64_t number) const {
    static constexpr Strategy::Value kValues[] = {Strategy::Value::kSteps, Strategy::Value::kHeight,
                                                  Strategy::Value::kArea, Strategy::Value::kLoad};
    Attempt attempt;
    const int64_t cycle = number / kCycle, place = number % kCycle;
    const bool at_bound = goal_ > 0 || place == 0 || cycle % 4 == 0;
    const int64_t same = goal_ > 0 ? cycle : at_bound ? cycle / 4 : (number - since_) / kCycle;  // of its kind
    attempt.strategy.section = static_cast<Strategy::Section>(place % kSections);
    attempt.strategy.value = kValues[place / kSections];
    attempt.strategy.seed = cycle == 0 ? 0 : static_cast<uint32_t>(number);
    attempt.strategy.deep = cycle % 2 == 1;
    attempt.work = base_ * luby(same + 1);
    attempt.capacity = goal_ > 0 ? goal_ : at_bound ? result_.bound : between(number);
    if (!at_bound && number % 2 == 1 && !result_.offsets.empty()) {
      attempt.strategy.value = Strategy::Value::kGuide;
      attempt.strategy.guide = &guide_;
    }
    if (place == 0) {
      double work = static_cast<double>(base_);
      for (int64_t i = 0; i < cycle && work < 1e15; ++i) work *= kGrowth;
      attempt.work = static_cast<int64_t>(work);
      attempt.strategy.seed = 0;
    }
    if (kGrows && cycle % 4 == 1 && place == kCycle - 1) {
      attempt.grow = true;
      attempt.work = std::min(kGrowWork * base_ * luby(cycle / 4 + 1), limits_.work / 4);
      if (goal_ == 0) attempt.capacity = cycle % 8 == 1 ? result_.bound : between(number);
    }
    return attempt;
  }

  // A capacity between the bound and what is known: an easier question than that at the bound, whose answer helps as
  // well. How long an answer takes varies by capacity as by strategy, so each attempt has its own; every other one is
  // close below what is known.
  int64_t between(int64_t number) const {
    const double room = static_cast<double>(std::min(result_.peak - 1, 2 * result_.bound) - result_.bound);
    const int64_t nth = number - since_;
    const double share = spread(nth / 2 + 1);
    return result_.bound + static_cast<int64_t>(room * (nth % 2 == 0 ? share : 1 - share * share * share));
  }

  // Runs attempts from next_ on until one has an answer and all before it have ended; the lowest number counts.
  Outcome first_answer() {
    first_ = next_.load();
    winner_ = std::numeric_limits<int64_t>::max();
    outcome_ = Outcome{};
    allowed_ = limits_.work - work_;
    given_ = 0;
    running_ = std::max(1, limits_.threads);
    nodes_ = 0;
    std::vector<std::thread> workers;
    for (int i = 0; i < std::max(1, limits_.threads); ++i) workers.emplace_back([this] { worker(); });
    wait();
    for (std::thread& worker : workers) worker.join();
    const bool answered = outcome_.answer != Answer::kUnknown;
    const int64_t last = answered ? winner_.load() : next_.load() - 1;
    for (int64_t number = first_; number <= last; ++number) work_ += attempt(number).work;
    next_ = last + 1;
    if (answered) since_ = next_;
    result_.nodes += nodes_;
    return std::move(outcome_);
  }

  void worker() {
    int64_t number = 0;
    const auto stop = [&] { return cut_ || number > winner_ || late(); };
    Searcher search(model_, stop);
    int64_t nodes = 0;
    while (true) {
      Attempt mine;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        number = next_;
        if (cut_ || number > winner_ || given_ >= allowed_) break;
        mine = attempt(number);
        given_ += mine.work;
        ++next_;
      }
      std::vector<int64_t> offsets;
      const Answer answer = mine.grow ? grow(mine, static_cast<uint32_t>(number), stop, offsets, nodes) : run(search, mine);
      if (!mine.grow) offsets = search.offsets();
      const std::lock_guard<std::mutex> lock(mutex_);
      if (answer == Answer::kUnknown || number > winner_) continue;
      winner_ = number;
      outcome_ = {answer, mine.capacity, std::move(offsets), mine.grow ? "search, growing windows" : label(mine.strategy)};
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    nodes_ += nodes + search.nodes();
    --running_;
    done_.notify_all();
  }

  Answer grow(const Attempt& mine, uint32_t seed, const std::function<bool()>& stop, std::vector<int64_t>& offsets,
              int64_t& nodes) const {
    if constexpr (kGrows) {
      Growth growth(problem_, model_, base_, stop);
      const Answer answer = growth.run(mine.capacity, seed, mine.work);
      offsets = growth.offsets();
      nodes += growth.nodes();
      return answer;
    }
    return Answer::kUnknown;
  }

  // Attempts that count failures start again now and then, and go on with what they have counted.
  Answer run(Searcher& search, Attempt mine) const {
    if (mine.strategy.section != Strategy::Section::kFailing) return search.run(mine.capacity, mine.strategy, mine.work);
    int64_t left = mine.work;
    while (true) {
      const int64_t work = std::min(left, std::max<int64_t>(1, mine.work / kRestarts));
      const Answer answer = search.run(mine.capacity, mine.strategy, work);
      left -= work;
      if (answer != Answer::kUnknown || left <= 0 || search.stopped()) return answer;
      mine.strategy.learn = true;
      mine.strategy.seed += kSeeds;
    }
  }

  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!done_.wait_for(lock, kPoll, [this] { return running_ == 0; })) {
      lock.unlock();
      if (limits_.interrupted && limits_.interrupted()) cut_ = true;
      lock.lock();
    }
  }

  bool late() {
    if (limits_.seconds <= 0 || Clock::now() < end_) return false;
    cut_ = true;
    return true;
  }

  void keep(const Outcome& outcome) {
    result_.offsets.assign(problem_.size(), 0);
    result_.peak = 0;
    for (size_t k = 0; k < model_.columns.size(); ++k) {
      const int64_t offset = std::max<int64_t>(outcome.offsets[k], 0) * model_.unit;
      result_.offsets[model_.item[k]] = offset;
      result_.peak = std::max(result_.peak, offset + model_.columns[k].bytes);
    }
    guide_ = outcome.offsets;
    result_.winner = outcome.found_by;
  }

  const Problem& problem_;
  const RaceLimits& limits_;
  const int64_t goal_;
  const Clock::time_point end_;
  const Model model_;
  const int64_t base_;  // work of a short attempt
  Raced result_;
  Outcome outcome_;
  std::vector<int64_t> guide_;  // offsets of the best packing found, units
  std::atomic<int64_t> next_{0}, winner_{0};
  std::atomic<bool> cut_{false};
  int64_t since_ = 0;  // the first attempt after the last answer
  int64_t first_ = 0, work_ = 0, allowed_ = 0, given_ = 0, nodes_ = 0;
  int running_ = 0;
  std::mutex mutex_;
  std::condition_variable done_;
};

}  // namespace

Raced race(const Problem& problem, int64_t bound, int64_t known, int64_t goal, const RaceLimits& limits) {
  Sections sections = make_sections(problem, all_of(problem));
  if (stands(problem)) return Race<Sections, Search>(problem, std::move(sections), bound, known, goal, limits).run();

  // First with what floats filled up, which the stronger search can pack but says nothing of what is not possible.
  const RaceLimits first{limits.work / kFilled, limits.seconds / kFilled, limits.threads, limits.interrupted};
  Raced filled = Race<Sections, Search>(problem, std::move(sections), bound, known, goal, first).run();
  filled.bound = bound;
  if (!filled.offsets.empty() && filled.peak <= std::max(goal, bound)) return filled;
  const RaceLimits rest{limits.work - first.work, limits.seconds - first.seconds, limits.threads, limits.interrupted};
  Raced raced = Race<Blocks, BlockSearch>(problem, make_blocks(problem), bound, filled.peak, goal, rest).run();
  raced.nodes += filled.nodes;
  if (raced.offsets.empty()) raced.offsets = std::move(filled.offsets), raced.winner = filled.winner;
  return raced;
}

}  // namespace l2opt
