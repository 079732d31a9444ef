#include "race.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <type_traits>

#include "block_search.h"
#include "blocks.h"
#include "meetings.h"
#include "schedule.h"
#include "search.h"
#include "sections.h"
#include "separation.h"
#include "settling.h"

namespace l2opt {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kBase = 1'000'000;  // work of a short attempt, at most
constexpr int64_t kPerCell = 200;     // and of one where there are many cells
constexpr int64_t kShortest = 20'000;
constexpr int64_t kAttempts = 24;      // short attempts that the work is to be enough for
constexpr int64_t kRestarts = 4;       // runs in a short attempt that counts failures
constexpr uint32_t kSeeds = 1u << 20;  // between those of one attempt
constexpr int64_t kFilled = 4;         // one part in so many of the effort goes to floating items filled up
constexpr auto kPoll = std::chrono::milliseconds(20);

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
         kValues[static_cast<int>(strategy.value)] + (strategy.deep ? ", deep" : "") +
         (strategy.seed == 0 ? "" : ", jittered");
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
  static constexpr bool kHasLanes = std::is_same_v<Model, Sections>;

 public:
  Race(const Problem& problem, Model model, int64_t bound, int64_t known, int64_t goal, const RaceLimits& limits)
      : problem_(problem),
        limits_(limits),
        goal_(goal),
        end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limits.seconds))),
        model_(std::move(model)),
        base_(std::clamp(limits.work / kAttempts, kShortest,
                         std::max(kBase, kPerCell * static_cast<int64_t>(model_.cells.size())))) {
    result_.bound = bound;
    result_.peak = known;
    if constexpr (kHasLanes) separates_ = separable(model_);
  }

  Raced run() {
    while (!finished()) {
      const Outcome outcome = first_answer();
      if (outcome.answer == Answer::kYes) keep(outcome);
      if (outcome.answer == Answer::kNo) result_.bound = next_capacity(model_, outcome.capacity + 1);
      if (outcome.answer == Answer::kUnknown) break;
    }
    result_.cut = cut_, result_.work = work_;
    return std::move(result_);
  }

 private:
  bool finished() const {
    return result_.peak <= std::max(goal_, result_.bound) || (goal_ > 0 && result_.bound > goal_) || cut_ ||
           work_ >= limits_.work;
  }

  Known known() const {
    return {goal_,     result_.bound, result_.peak, base_, since_, result_.offsets.empty() ? nullptr : &guide_,
            kHasLanes, separates_};
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
    if (running_ == 1 && !limits_.interrupted)
      worker();
    else
      work_in_threads();
    const bool answered = outcome_.answer != Answer::kUnknown;
    const int64_t last = answered ? winner_.load() : next_.load() - 1;
    for (int64_t number = first_; number <= last; ++number) work_ += attempt(number, known()).work;
    next_ = last + 1;
    if (answered) since_ = next_;
    for (auto& lane : lanes_) lane.erase(lane.upper_bound(last), lane.end());  // as if what came after had not been
    result_.nodes += nodes_;
    return std::move(outcome_);
  }

  void work_in_threads() {
    std::vector<std::thread> workers;
    for (int i = running_; i > 0; --i) workers.emplace_back([this] { worker(); });
    wait();
    for (std::thread& worker : workers) worker.join();
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
        mine = attempt(number, known());
        given_ += mine.work;
        active_.insert(next_++);
      }
      Outcome outcome = mine.lane >= 0 ? go_on_with(number, mine, stop, nodes) : run(search, mine);
      const std::lock_guard<std::mutex> lock(mutex_);
      active_.erase(number);
      if (outcome.answer == Answer::kUnknown || number > winner_) continue;
      winner_ = number;
      outcome_ = std::move(outcome);
      done_.notify_all();
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    nodes_ += nodes + search.nodes();
    --running_;
    done_.notify_all();
  }

  // A slice of a longer run, after the one before it in its lane.
  Outcome go_on_with(int64_t number, const Attempt& mine, const std::function<bool()>& stop, int64_t& nodes) {
    Outcome outcome;
    if constexpr (kHasLanes) {
      const int64_t before = slice_before(number);
      std::map<int64_t, Lane>& lane = lanes_[mine.lane];
      std::unique_lock<std::mutex> lock(mutex_);
      done_.wait(lock, [&] { return cut_ || number > winner_ || before < first_ || lane.count(before) > 0; });
      if (cut_ || number > winner_) return outcome;
      const auto at = lane.find(before);
      Lane next = go_on(at == lane.end() ? nullptr : &at->second, mine.lane, known());
      lock.unlock();
      outcome = next.kind == Lane::Kind::kGrow ? grow(next.grown, mine.work, stop, nodes)
                                               : separate(next, mine.work, stop, nodes);
      lock.lock();
      lane[number] = std::move(next);
      const int64_t sure =
          std::min(*active_.begin() - 1, winner_.load());  // what is before the answer, whichever it is
      const auto needed = lane.upper_bound(sure);
      if (needed != lane.begin()) lane.erase(lane.begin(), std::prev(needed));
      done_.notify_all();
    }
    return outcome;
  }

  Outcome grow(Grown& grown, int64_t work, const std::function<bool()>& stop, int64_t& nodes) const {
    Growth growth(problem_, model_, try_work(known()), stop);
    const Answer answer = growth.run(grown, work);
    nodes += growth.nodes();
    return {answer, grown.capacity, growth.offsets(), "search, growing windows"};
  }

  // The lowest packing that the slice comes to, if it squeezes.
  Outcome separate(Lane& lane, int64_t work, const std::function<bool()>& stop, int64_t& nodes) {
    std::call_once(looked_, [this] { neighbors_ = std::make_unique<Neighbors>(model_); });
    Settling settling(model_, *neighbors_, lane.kind == Lane::Kind::kSeparate ? 0 : base_, stop);
    Separated& separated = lane.separated;
    Outcome outcome;
    while (true) {
      const int64_t before = separated.spent, capacity = separated.capacity;
      const Answer answer = settling.run(separated, work);
      work -= separated.spent - before;
      const bool found = answer == Answer::kYes;
      if (found || outcome.answer == Answer::kUnknown)
        outcome = {answer, capacity, separated.offsets, "search, separation"};
      if (lane.kind != Lane::Kind::kSqueeze || !found || capacity <= result_.bound || work <= 0) break;
      separated.capacity = squeezed(capacity, result_.bound), separated.spent = 0;
    }
    nodes += settling.nodes();
    return outcome;
  }

  // Attempts that count failures start again now and then, and go on with what they have counted.
  Outcome run(Searcher& search, Attempt mine) const {
    const int64_t restarts = mine.strategy.section == Strategy::Section::kFailing ? kRestarts : 1;
    int64_t left = mine.work;
    while (true) {
      const int64_t work = std::min(left, std::max<int64_t>(1, mine.work / restarts));
      const Answer answer = search.run(mine.capacity, mine.strategy, work);
      left -= work;
      if (answer != Answer::kUnknown || left <= 0 || search.stopped())
        return {answer, mine.capacity, search.offsets(), label(mine.strategy)};
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
  std::vector<int64_t> guide_;             // offsets of the best packing found, units
  std::set<int64_t> active_;               // attempts under way
  std::map<int64_t, Lane> lanes_[kLanes];  // what each slice left, by attempt
  bool separates_ = false;
  std::once_flag looked_;
  std::unique_ptr<Neighbors> neighbors_;  // made when it is first needed
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
  if (stands(problem)) {
    bound = std::max(bound, highest_section(sections).bytes);
    return Race<Sections, Search>(problem, std::move(sections), bound, known, goal, limits).run();
  }

  // First with what floats filled up, which the stronger search can pack but says nothing of what is not possible.
  const RaceLimits first{limits.work / kFilled, limits.seconds / kFilled, limits.threads, limits.interrupted};
  Raced filled = Race<Sections, Search>(problem, std::move(sections), bound, known, goal, first).run();
  filled.bound = bound;
  if (!filled.offsets.empty() && filled.peak <= std::max(goal, bound)) return filled;
  const RaceLimits rest{limits.work - first.work, limits.seconds - first.seconds, limits.threads, limits.interrupted};
  Raced raced = Race<Blocks, BlockSearch>(problem, make_blocks(problem), bound, filled.peak, goal, rest).run();
  raced.nodes += filled.nodes, raced.work += filled.work;
  if (raced.offsets.empty()) raced.offsets = std::move(filled.offsets), raced.winner = filled.winner;
  return raced;
}

}  // namespace l2opt
