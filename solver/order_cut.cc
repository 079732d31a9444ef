#include "order_cut.h"

#include <algorithm>

namespace l2opt {
namespace {

constexpr int32_t kSource = 0, kSink = 1;
constexpr int64_t kAlways = INT64_MAX / 4;
constexpr int64_t kEdgesALook = 8;

}  // namespace

Cut::Cut(const Network& network)
    : network_(network), node_(network.graph.kernels(), -1), known_(network.graph.units.size(), 0) {}

const std::vector<int32_t>& Cut::least(const State& from, const std::vector<int32_t>& kernels, int64_t Unit::* bytes,
                                       bool fewest, Effort& effort) {
  nodes_ = 0;
  edges_.clear();
  costs_ = 0;
  add_node(), add_node();
  add_kernels(from, kernels, bytes);
  const bool all = flow() == costs_ && !fewest;
  chosen_.clear();
  for (int32_t k : kernels)
    if (all || by_[node_[k]] >= 0) chosen_.push_back(k);
  effort.spend(static_cast<int64_t>(edges_.size()) / kEdgesALook + 1);
  for (int32_t k : kernels) {
    node_[k] = -1;
    for (const int32_t* u = network_.graph.touched.begin(k); u != network_.graph.touched.end(k); ++u) known_[*u] = 0;
  }
  return chosen_;
}

int32_t Cut::add_node() {
  if (nodes_ == out_.size()) out_.emplace_back();
  out_[nodes_].clear();
  return static_cast<int32_t>(nodes_++);
}

void Cut::connect(int32_t from, int32_t to, int64_t room) {
  out_[from].push_back(static_cast<int32_t>(edges_.size()));
  edges_.push_back({to, room});
  out_[to].push_back(static_cast<int32_t>(edges_.size()));
  edges_.push_back({from, 0});
}

void Cut::add_kernels(const State& from, const std::vector<int32_t>& kernels, int64_t Unit::* bytes) {
  const Graph& graph = network_.graph;
  for (int32_t k : kernels) node_[k] = add_node();
  for (int32_t k : kernels) {
    for (const int32_t* b = graph.before.begin(k); b != graph.before.end(k); ++b)
      if (node_[*b] >= 0) connect(node_[k], node_[*b], kAlways);
    for (const int32_t* u = graph.touched.begin(k); u != graph.touched.end(k); ++u)
      if (!known_[*u]) add_unit(from, *u, graph.units[*u].*bytes);
  }
}

// What a unit costs once one of its kernels has run needs only that one; what it frees needs all of them.
void Cut::add_unit(const State& from, int32_t unit, int64_t bytes) {
  const Graph& graph = network_.graph;
  known_[unit] = 1;
  bool begun = graph.from[unit] != 0, ends = !graph.until[unit];
  for (const int32_t* k = network_.touchers.begin(unit); k != network_.touchers.end(unit); ++k) {
    const bool run = from.has(*k);
    begun = begun || run;
    ends = ends && (run || node_[*k] >= 0);
  }
  const int32_t cost = begun ? -1 : add_node(), gain = ends ? add_node() : -1;
  if (cost >= 0) connect(cost, kSink, bytes), costs_ += bytes;
  if (gain >= 0) connect(kSource, gain, bytes);
  for (const int32_t* k = network_.touchers.begin(unit); k != network_.touchers.end(unit); ++k) {
    if (node_[*k] < 0) continue;
    if (cost >= 0) connect(node_[*k], cost, kAlways);
    if (gain >= 0) connect(gain, node_[*k], kAlways);
  }
}

int64_t Cut::flow() {
  int64_t total = 0;
  while (reach()) {
    int64_t room = kAlways;
    for (int32_t at = kSink; at != kSource; at = edges_[by_[at] ^ 1].to) room = std::min(room, edges_[by_[at]].room);
    for (int32_t at = kSink; at != kSource; at = edges_[by_[at] ^ 1].to) {
      edges_[by_[at]].room -= room;
      edges_[by_[at] ^ 1].room += room;
    }
    total += room;
  }
  return total;
}

// Whether more can flow to the sink, by the fewest edges.
bool Cut::reach() {
  by_.assign(nodes_, -1);
  queue_.assign(1, kSource);
  for (size_t i = 0; i < queue_.size(); ++i)
    for (const int32_t e : out_[queue_[i]]) {
      const Edge& edge = edges_[e];
      if (edge.room == 0 || edge.to == kSource || by_[edge.to] >= 0) continue;
      by_[edge.to] = e;
      if (edge.to == kSink) return true;
      queue_.push_back(edge.to);
    }
  return false;
}

}  // namespace l2opt
