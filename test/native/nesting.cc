// Random small graphs of parts that may lie within wholes: no start is made worse, and nothing is below all choices tried
// one by one. Built with the address and undefined-behaviour sanitizers; prints how many agreed, and the first that did
// not.

#include "nesting.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>

using namespace l2opt;

namespace {

struct Drawn {
  Nesting nesting;
  std::vector<int32_t> order;
};

int32_t add_buffer(Nesting& nesting, int64_t size) {
  const int32_t buffer = static_cast<int32_t>(nesting.root.size());
  nesting.root.push_back(buffer);
  nesting.offset.push_back(0), nesting.size.push_back(size);
  nesting.from.push_back(0), nesting.until.push_back(0), nesting.counts.push_back(1), nesting.cut.push_back(0);
  return buffer;
}

void touch(Nesting& nesting, int32_t buffer, bool reads, bool writes) {
  nesting.touches.push_back({buffer, reads, writes});
  nesting.touches_of.values.push_back(static_cast<int32_t>(nesting.touches.size()) - 1);
}

void close(Nesting& nesting) { nesting.touches_of.close(), nesting.overs_of.close(); }

// Groups of kernels that write parts, from what was there before, and one that joins them; then one that reads the whole.
Drawn draw(std::mt19937& random) {
  const auto below = [&](int n) { return static_cast<int32_t>(random() % static_cast<unsigned>(n)); };
  Drawn drawn;
  Nesting& nesting = drawn.nesting;
  nesting.alignment = below(2) == 0 ? 1 : 4;
  std::vector<int32_t> there{add_buffer(nesting, 1 + below(9))};
  nesting.from[0] = 1;
  for (int32_t groups = 1 + below(2); groups > 0; --groups) {
    std::vector<int32_t> parts;
    for (int32_t n = 1 + below(3); n > 0; --n) {
      parts.push_back(add_buffer(nesting, 1 + below(9)));
      touch(nesting, there[below(static_cast<int>(there.size()))], true, false);
      touch(nesting, parts.back(), false, true);
      close(nesting);
    }
    int64_t room = 0;
    for (int32_t part : parts) room += nesting.size[part];
    const int32_t whole = add_buffer(nesting, room), kernel = static_cast<int32_t>(nesting.kernels());
    int64_t at = 0;
    for (int32_t part : parts) {
      touch(nesting, part, true, false);
      nesting.nests.push_back({kernel, part, whole, 0, room, at, nesting.size[part], 1});
      at += nesting.size[part];
    }
    touch(nesting, whole, false, true);
    close(nesting);
    there.insert(there.end(), parts.begin(), parts.end());
    there.push_back(whole);
  }
  nesting.until[there.back()] = 1;
  drawn.order.resize(nesting.kernels());
  std::iota(drawn.order.begin(), drawn.order.end(), 0);
  return drawn;
}

bool agrees(const Drawn& drawn, std::mt19937& random) {
  const int32_t count = static_cast<int32_t>(drawn.nesting.nests.size());
  int64_t least = INT64_MAX;
  for (int32_t chosen = 0; chosen < 1 << count; ++chosen) {
    std::vector<int32_t> start;
    for (int32_t n = 0; n < count; ++n)
      if (chosen >> n & 1) start.push_back(n);
    least = std::min(least, nest(drawn.nesting, drawn.order, start, Effort(0, 0)).peak);
  }
  std::vector<int32_t> start(count);
  std::iota(start.begin(), start.end(), 0);
  std::shuffle(start.begin(), start.end(), random);
  start.resize(random() % static_cast<unsigned>(count + 1));
  const Nested given = nest(drawn.nesting, drawn.order, start, Effort(0, 0));
  const Nested found = nest(drawn.nesting, drawn.order, start, Effort(1'000'000, 0));
  const Nested again = nest(drawn.nesting, drawn.order, found.taken, Effort(0, 0));
  return found.peak <= given.peak && found.peak >= least && again.peak == found.peak;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  std::mt19937 random(1);
  for (int i = 0; i < count; ++i) {
    if (agrees(draw(random), random)) continue;
    std::printf("problem %d differs\n", i);
    return 1;
  }
  std::printf("%d problems agree\n", count);
  return 0;
}
