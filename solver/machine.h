// One section seen as a machine: columns are jobs, released at their lowest offsets, one at a time, all due by the
// capacity. What scheduling knows of one machine then raises lowest offsets (Carlier and Pinson 1989; Baptiste, Le Pape
// and Nuijten 2001).

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace l2opt {

struct Job {
  int64_t release, height;  // units
  int32_t column;
  int64_t highest;  // height of this job or one released before it; set by `tighten`
};

struct Raise {
  int32_t column;
  int64_t offset;  // units: not below this
};

class Machine {
 public:
  // `jobs` by release. False if they do not fit. Else `raises`, cleared before, has what follows:
  // - a job that cannot come after a set of later ones comes before all of it; O(n) where there is room, else O(n^2);
  // - `deep`: a job that cannot come before all of a set comes after one of it; O(n^2).
  bool tighten(std::vector<Job>& jobs, int64_t capacity, bool deep, std::vector<Raise>& raises);

 private:
  void not_first(const std::vector<Job>& jobs, int64_t capacity, int64_t sum, std::vector<Raise>& raises);
  std::vector<std::pair<int64_t, size_t>> ends_;  // release and height added, index; latest first
};

}  // namespace l2opt
