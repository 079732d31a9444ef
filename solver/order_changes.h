// What the ready kernels change, kept from one state to the next.

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "order_moves.h"
#include "order_state.h"

namespace l2opt {

// A kernel's change stays as it is until a kernel has run that touches a unit of its own, or one that it may write
// over.
class Changes {
 public:
  explicit Changes(const Network& network) : network_(network), of_(network.graph.kernels()), since_(of_.size(), 0) {
    near_.assign(of_.size(), std::vector<int32_t>());
    for (size_t u = 0; u < network.graph.units.size(); ++u)
      join(network.touchers.begin(u), network.touchers.end(u), network.touchers.begin(u), network.touchers.end(u));
    for (size_t k = 0; k < of_.size(); ++k) {
      const auto kernel = static_cast<int32_t>(k);
      for (const int32_t* c = network.graph.choices_of.begin(k); c != network.graph.choices_of.end(k); ++c) {
        const int32_t source = network.graph.choices[*c].source;
        join(network.users.begin(source), network.users.end(source), &kernel, &kernel + 1);
      }
    }
    for (std::vector<int32_t>& near : near_) {
      std::sort(near.begin(), near.end());
      near.erase(std::unique(near.begin(), near.end()), near.end());
    }
  }

  void forget() { ++now_; }

  bool known(int32_t kernel) const { return since_[kernel] == now_; }

  const Change& of(const State& state, int32_t kernel) {
    if (!known(kernel)) of_[kernel] = network_.change(state, kernel), since_[kernel] = now_;
    return of_[kernel];
  }

  void ran(int32_t kernel) {
    for (int32_t k : near_[kernel]) since_[k] = 0;
  }

  // Those of a state to go back to.
  void keep(const std::vector<Ready>& ready) {
    kept_.clear();
    for (const Ready& each : ready) kept_.emplace_back(each.kernel, of_[each.kernel]);
  }

  // Those of the state kept, where these kernels have run.
  void after(const std::vector<int32_t>& kernels) {
    ++now_;
    for (const auto& [kernel, change] : kept_) of_[kernel] = change, since_[kernel] = now_;
    for (int32_t kernel : kernels) ran(kernel);
  }

 private:
  void join(const int32_t* ran, const int32_t* all, const int32_t* first, const int32_t* last) {
    for (; ran != all; ++ran) near_[*ran].insert(near_[*ran].end(), first, last);
  }

  const Network& network_;
  std::vector<Change> of_;
  std::vector<int64_t> since_;              // known if it is `now_`
  std::vector<std::vector<int32_t>> near_;  // kernel -> kernels whose change it may alter
  std::vector<std::pair<int32_t, Change>> kept_;
  int64_t now_ = 1;
};

}  // namespace l2opt
