// What the exact search decides next, and what it tries first.

#pragma once

#include <cstdint>
#include <vector>

#include "sections.h"

namespace l2opt {

struct Strategy {
  // The section to decide next, among those with the lowest floor: with the least slack; with the fewest columns that
  // may start at the floor; with the fewest of them a failure that it has caused.
  enum class Section { kTightest, kFewest, kFailing } section = Section::kTightest;
  // The column to try first there.
  enum class Value { kHeight, kArea, kSteps, kLoad, kGuide } value = Value::kArea;
  const std::vector<int64_t>* guide = nullptr;  // for kGuide: offsets of a packing, units; the lowest is tried first
  uint32_t seed = 0;                            // 0: keys as they are; else jittered
  double jitter = 0.3;                          // how much, as a share of the key
  bool deep = false;                            // infer more at each node
  bool learn = false;                           // go on with the failures counted by the run before
};

// A column each: of those that may start at a floor, the one with the largest key is tried first. `loads`: heights a
// section. `capacity`: units.
std::vector<double> keys_of(const Sections& sections, const Strategy& strategy, const std::vector<int64_t>& loads,
                            int64_t capacity);

}  // namespace l2opt
