#include "residency.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "residency_values.h"

namespace l2opt {
namespace {

constexpr int kBits = 2;  // of a state
constexpr int kSlotsAWord = 64 / kBits;
constexpr int32_t kFirstWidth = 16, kWiden = 8, kWidest = 1 << 16;
constexpr int32_t kLastPriced = 1024;       // from this width on, prices stay
constexpr int64_t kMostNodes = 24'000'000;  // kept for the way back

struct Node {
  int64_t cost;               // so far
  double total;               // bound on the cost of any way through this node
  int64_t load;               // room taken at the step
  int64_t held;               // room that will be taken at the next one
  int32_t tails, held_tails;  // how many that take room then are tails
  int32_t parent;
  int32_t option;
};

struct Back {
  int32_t parent;
  int32_t option;
};

// Nodes of one layer, each with the states of the live chains as a row of words.
class Layer {
 public:
  explicit Layer(size_t words) : words_(words) {}

  size_t size() const { return nodes.size(); }
  const uint64_t* row(size_t i) const { return &keys_[i * words_]; }
  int state(size_t i, int32_t slot) const {
    return static_cast<int>(row(i)[slot / kSlotsAWord] >> (slot % kSlotsAWord * kBits) & 3);
  }
  void push(const Node& node, const uint64_t* row, int32_t slot, int state) {
    nodes.push_back(node);
    keys_.insert(keys_.end(), row, row + words_);
    uint64_t& word = keys_[keys_.size() - words_ + slot / kSlotsAWord];
    word &= ~(uint64_t{3} << (slot % kSlotsAWord * kBits));
    word |= static_cast<uint64_t>(state) << (slot % kSlotsAWord * kBits);
  }
  void push(const Node& node, const uint64_t* row) {
    nodes.push_back(node);
    keys_.insert(keys_.end(), row, row + words_);
  }
  uint64_t hash(size_t i) const {
    uint64_t h = static_cast<uint64_t>(nodes[i].load * 2 + nodes[i].tails) * 0x9E3779B97F4A7C15ull;
    for (size_t w = 0; w < words_; ++w) h = (h ^ row(i)[w]) * 0xBF58476D1CE4E5B9ull, h ^= h >> 29;
    return h;
  }
  bool same(size_t a, size_t b) const {
    return nodes[a].load == nodes[b].load && nodes[a].tails == nodes[b].tails &&
           std::equal(row(a), row(a) + words_, row(b));
  }

  std::vector<Node> nodes;

 private:
  size_t words_;
  std::vector<uint64_t> keys_;
};

struct Pass {
  std::vector<int32_t> taken;
  int64_t cost = 0;
  double cut = kNever;  // bound on what was cut off
};

class Beam {
 public:
  Beam(const Chains& chains, const Values& values, const std::vector<double>& price)
      : chains_(chains), values_(values), price_(price) {
    assign_slots();
  }

  Pass run(int32_t width, int64_t known, int64_t& looks, double deadline);

 private:
  void assign_slots();
  Layer expand(const Layer& from, size_t e, int64_t known, int64_t& looks) const;
  Layer end_step(const Layer& from, int32_t step, int64_t known) const;
  Layer narrow(const Layer& from, int32_t width, double& cut) const;

  const Chains& chains_;
  const Values& values_;
  const std::vector<double>& price_;
  std::vector<int32_t> slot_;         // event -> its chain's place in a row
  std::vector<int64_t> gap_before_;   // event -> room of the gap before it
  std::vector<int32_t> tail_before_;  // event -> whether that is a tail
  size_t words_ = 1;
};

void Beam::assign_slots() {
  const size_t count = chains_.events.size();
  std::vector<int32_t> of(chains_.chains, -1), free;
  int32_t slots = 0;
  slot_.resize(count);
  gap_before_.assign(count, 0);
  tail_before_.assign(count, 0);
  for (size_t e = 0; e < count; ++e) {
    const Event& event = chains_.events[e];
    int32_t& mine = of[event.chain];
    if (mine < 0) {
      if (free.empty()) free.push_back(slots++);
      mine = free.back();
      free.pop_back();
    }
    slot_[e] = mine;
    if (event.next < 0) {
      free.push_back(mine);
    } else {
      gap_before_[event.next] = event.gap;
      tail_before_[event.next] = event.gap_tail;
    }
  }
  words_ = static_cast<size_t>(slots) / kSlotsAWord + 1;
}

Layer Beam::expand(const Layer& from, size_t e, int64_t known, int64_t& looks) const {
  const Event& event = chains_.events[e];
  const double limit = static_cast<double>(known) - 0.5;
  Layer next(words_);
  for (size_t i = 0; i < from.size(); ++i) {
    const int state = from.state(i, slot_[e]);
    const Node& node = from.nodes[i];
    const int64_t before = state ? gap_before_[e] : 0;
    const int32_t tail_before = state ? tail_before_[e] : 0;
    looks -= event.last_option - event.first_option;
    for (int32_t o = event.first_option; o < event.last_option; ++o) {
      const Option& option = chains_.options[o];
      if (option.from != state || values_.after[e][option.to] == kNever) continue;
      Node made = node;
      made.load += option.room - before;
      if (made.load > chains_.capacity[event.step]) continue;
      made.held += (option.to ? event.gap : 0) - before;
      made.tails += option.tail - tail_before;
      made.held_tails += (option.to && event.gap_tail) - tail_before;
      made.cost += option.cost;
      made.total += static_cast<double>(option.cost) + price_[event.step] * static_cast<double>(option.room) +
                    values_.after[e][option.to] - values_.before[e][state];
      if (made.total > limit) continue;
      made.parent = static_cast<int32_t>(i);
      made.option = o;
      next.push(made, from.row(i), slot_[e], option.to);
    }
  }
  return next;
}

Layer Beam::end_step(const Layer& from, int32_t step, int64_t known) const {
  const double limit = static_cast<double>(known) - 0.5;
  Layer next(words_);
  for (size_t i = 0; i < from.size(); ++i) {
    Node made = from.nodes[i];
    made.total += price_[step] * static_cast<double>(chains_.capacity[step] - made.load);
    if (made.total > limit || made.load > (made.tails ? chains_.capacity : chains_.whole)[step]) continue;
    made.load = made.held;
    made.tails = made.held_tails;
    made.parent = static_cast<int32_t>(i);
    made.option = -1;
    next.push(made, from.row(i));
  }
  return next;
}

// One node of each state, the cheapest; then at most `width` of them, by their bound.
Layer Beam::narrow(const Layer& from, int32_t width, double& cut) const {
  std::unordered_map<uint64_t, std::vector<int32_t>> seen;
  seen.reserve(from.size());
  std::vector<int32_t> kept;
  for (size_t i = 0; i < from.size(); ++i) {
    std::vector<int32_t>& same = seen[from.hash(i)];
    const auto at = std::find_if(same.begin(), same.end(), [&](int32_t k) { return from.same(kept[k], i); });
    if (at == same.end()) {
      same.push_back(static_cast<int32_t>(kept.size()));
      kept.push_back(static_cast<int32_t>(i));
    } else if (from.nodes[i].cost < from.nodes[kept[*at]].cost) {
      kept[*at] = static_cast<int32_t>(i);
    }
  }
  if (kept.size() > static_cast<size_t>(width)) {
    const auto less = [&](int32_t a, int32_t b) {
      return from.nodes[a].total != from.nodes[b].total ? from.nodes[a].total < from.nodes[b].total : a < b;
    };
    std::nth_element(kept.begin(), kept.begin() + width, kept.end(), less);
    for (size_t k = width; k < kept.size(); ++k) cut = std::min(cut, from.nodes[kept[k]].total);
    kept.resize(width);
  }
  std::sort(kept.begin(), kept.end());
  Layer next(words_);
  for (int32_t i : kept) next.push(from.nodes[i], from.row(i));
  return next;
}

Pass Beam::run(int32_t width, int64_t known, int64_t& looks, double deadline) {
  Pass pass;
  std::vector<std::vector<Back>> back;
  Layer layer(words_);
  const std::vector<uint64_t> empty(words_, 0);
  layer.push({0, values_.total, 0, 0, 0, 0, -1, -1}, empty.data());
  size_t e = 0;
  const auto keep = [&](Layer&& next) {
    layer = std::move(next);
    std::vector<Back> made;
    made.reserve(layer.size());
    for (const Node& node : layer.nodes) made.push_back({node.parent, node.option});
    back.push_back(std::move(made));
  };
  for (int32_t step = 0; step < static_cast<int32_t>(chains_.capacity.size()); ++step) {
    for (; e < chains_.events.size() && chains_.events[e].step == step; ++e) {
      keep(narrow(expand(layer, e, known, looks), width, pass.cut));
      if (!layer.size()) return pass;
      if (looks < 0 || (deadline > 0 && now_seconds() > deadline)) {
        for (const Node& node : layer.nodes) pass.cut = std::min(pass.cut, node.total);
        return pass;
      }
    }
    keep(narrow(end_step(layer, step, known), width, pass.cut));
    if (!layer.size()) return pass;
  }
  int32_t at = 0;
  for (size_t i = 1; i < layer.size(); ++i)
    if (layer.nodes[i].cost < layer.nodes[at].cost) at = static_cast<int32_t>(i);
  pass.cost = layer.nodes[at].cost;
  for (size_t k = back.size(); k-- > 0; at = back[k][at].parent)
    if (back[k][at].option >= 0) pass.taken.push_back(back[k][at].option);
  std::reverse(pass.taken.begin(), pass.taken.end());
  return pass;
}

}  // namespace

Residency reside(const Chains& chains, int64_t known, int64_t below, const ResidencyEffort& effort) {
  const double deadline = effort.seconds > 0 ? now_seconds() + effort.seconds : 0;
  const size_t layers = chains.events.size() + chains.capacity.size();
  Residency best;
  best.cost = known;
  int64_t looks = effort.looks;
  if (below < known) {
    best.bound = price_room(chains, below, effort.rounds / 4, deadline).bound;
    if (best.bound > static_cast<double>(below) - 0.5) return best;
  }
  Prices prices = price_room(chains, known, effort.rounds / 4, deadline);
  best.bound = std::max(best.bound, prices.bound);
  for (int32_t width = kFirstWidth; width <= kWidest; width *= kWiden) {
    if (width > kFirstWidth && static_cast<int64_t>(layers) * width > kMostNodes) break;
    const Values values = value_chains(chains, prices.price);
    int64_t left = width == kFirstWidth ? effort.looks : looks;  // the first pass always ends
    Pass pass = Beam(chains, values, prices.price).run(width, best.cost, left, width == kFirstWidth ? 0 : deadline);
    looks = std::min(looks, left);
    if (!pass.taken.empty()) best.taken = std::move(pass.taken), best.cost = pass.cost;
    best.bound = std::max(best.bound, std::min(static_cast<double>(best.cost), pass.cut));
    best.proven = pass.cut > static_cast<double>(best.cost) - 0.5;
    if (best.proven || best.bound > static_cast<double>(below) - 0.5) break;
    if (looks <= 0 || (deadline > 0 && now_seconds() > deadline)) break;
    if (width < kLastPriced) {
      const bool first = width == kFirstWidth;
      Prices better = price_room(chains, best.cost, effort.rounds, deadline, first ? nullptr : &prices);
      if (better.bound > prices.bound) prices = std::move(better);
      best.bound = std::max(best.bound, prices.bound);
    }
  }
  return best;
}

}  // namespace l2opt
