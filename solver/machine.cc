#include "machine.h"

#include <algorithm>

namespace l2opt {
namespace {

// When the jobs before `end` that leave no room of their height after all later ones are done, one after the other.
int64_t done_first(const std::vector<Job>& jobs, size_t end, int64_t room) {
  int64_t done = 0;
  for (size_t j = 0; j < end; ++j)
    if (jobs[j].height > room) done = std::max(done, jobs[j].release) + jobs[j].height;
  return done;
}

}  // namespace

bool Machine::tighten(std::vector<Job>& jobs, int64_t capacity, bool deep, std::vector<Raise>& raises) {
  raises.clear();
  int64_t highest = 0, sum = 0;
  for (Job& job : jobs) job.highest = highest = std::max(highest, job.height);
  for (size_t k = jobs.size(); k-- > 0;) {
    sum += jobs[k].height;
    const int64_t room = capacity - jobs[k].release - sum;
    if (room < 0) return false;
    if (k == 0 || jobs[k - 1].highest <= room || jobs[k].release == jobs[k - 1].release) continue;
    const int64_t done = done_first(jobs, k, room);
    for (size_t j = k; j < jobs.size() && jobs[j].release < done; ++j) raises.push_back({jobs[j].column, done});
  }
  if (deep && raises.empty()) not_first(jobs, capacity, sum, raises);
  return true;
}

void Machine::not_first(const std::vector<Job>& jobs, int64_t capacity, int64_t sum, std::vector<Raise>& raises) {
  ends_.resize(jobs.size());
  for (size_t k = 0; k < jobs.size(); ++k) {
    const int64_t end = jobs[k].release + jobs[k].height;
    size_t at = k;
    for (; at > 0 && ends_[at - 1].first < end; --at) ends_[at] = ends_[at - 1];
    ends_[at] = {end, k};
  }
  for (size_t k = 0; k < jobs.size(); ++k) {
    int64_t room = capacity - jobs[k].release - jobs[k].height;  // above the job, if it is where it is released
    if (sum - jobs[k].height <= room) continue;
    for (const auto& [end, other] : ends_) {
      if (end <= jobs[k].release) break;
      if (other == k || (room -= jobs[other].height) >= 0) continue;
      raises.push_back({jobs[k].column, end});
      break;
    }
  }
}

}  // namespace l2opt
