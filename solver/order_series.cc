#include "order_series.h"

#include <algorithm>
#include <numeric>

#include "order_parts.h"

namespace l2opt {
namespace {

using Kernels = std::vector<int32_t>;  // rising

// A kernel, or parts in series or in parallel.
struct Part {
  Kernels kernels;
  bool series = false;
  std::vector<Part> parts;
};

bool in(const std::vector<uint64_t>& bits, int32_t kernel) { return bits[kernel >> 6] >> (kernel & 63) & 1; }

class Division {
 public:
  explicit Division(const Network& network)
      : network_(network), above_(ancestors(network)), of_(network.graph.kernels(), -1) {}

  // False if it is neither a kernel nor divided.
  bool divide(Part& part) {
    if (part.kernels.size() == 1) return true;
    part.series = true;
    cut(part);
    if (part.parts.size() < 2) {
      part.series = false;
      part.parts.clear();
      separate(part);
    }
    return part.parts.size() > 1 &&
           std::all_of(part.parts.begin(), part.parts.end(), [&](Part& each) { return divide(each); });
  }

 private:
  // In series: where all kernels before precede all others.
  void cut(Part& part) {
    const Kernels& all = part.kernels;
    size_t least = all.size(), last = all.size();
    std::vector<size_t> at;
    for (size_t i = all.size(); i-- > 1;) {
      size_t known = 0;
      while (known < least && known < i && in(above_[all[i]], all[known])) ++known;
      least = std::min(least, known);
      if (least == i) at.push_back(i);
    }
    at.push_back(0);
    for (size_t first : at) {
      part.parts.push_back(
          {Kernels(all.begin() + static_cast<int64_t>(first), all.begin() + static_cast<int64_t>(last)), false, {}});
      last = first;
    }
    std::reverse(part.parts.begin(), part.parts.end());
  }

  // In parallel: what no dependency joins.
  void separate(Part& part) {
    for (int32_t k : part.kernels) of_[k] = k;
    for (int32_t k : part.kernels)
      for (const int32_t* b = network_.graph.before.begin(k); b != network_.graph.before.end(k); ++b)
        if (of_[*b] >= 0) of_[top(k)] = top(*b);
    std::vector<int32_t> index(of_.size(), -1);
    for (int32_t k : part.kernels) {
      int32_t& mine = index[top(k)];
      if (mine < 0) mine = static_cast<int32_t>(part.parts.size()), part.parts.emplace_back();
      part.parts[mine].kernels.push_back(k);
    }
    for (int32_t k : part.kernels) of_[k] = -1;
  }

  int32_t top(int32_t k) const {
    while (of_[k] != k) k = of_[k];
    return k;
  }

  const Network& network_;
  const std::vector<std::vector<uint64_t>> above_;
  Kernels of_;  // kernel -> another of the same part, or itself
};

// The graph with one measure, each unit counted in one of several parallel parts alone.
class Relaxed {
 public:
  Relaxed(const Network& network, const Part& whole, const std::vector<int32_t>& hint, bool by_lines)
      : network_(network), place_(hint.size()), part_(hint.size(), -1), graph(network.graph) {
    for (size_t i = 0; i < hint.size(); ++i) place_[hint[i]] = static_cast<int32_t>(i);
    touched_.resize(hint.size());
    for (size_t k = 0; k < hint.size(); ++k) touched_[k].assign(graph.touched.begin(k), graph.touched.end(k));
    touchers_.resize(graph.units.size());
    for (size_t u = 0; u < touchers_.size(); ++u)
      touchers_[u].assign(network.touchers.begin(u), network.touchers.end(u));
    lost_.assign(graph.groups, 0);
    visit(whole);
    graph.touched = Lists();
    for (const Kernels& units : touched_) {
      graph.touched.values.insert(graph.touched.values.end(), units.begin(), units.end());
      graph.touched.close();
    }
    for (Choice& choice : graph.choices)
      if (lost_[choice.source]) choice.source = graph.groups++;
    measure(by_lines);
  }

 private:
  void visit(const Part& part) {
    for (size_t i = 0; !part.series && i < part.parts.size(); ++i)
      for (int32_t k : part.parts[i].kernels) part_[k] = static_cast<int32_t>(i);
    if (!part.series)
      for (int32_t k : part.kernels) {
        for (int32_t u : Kernels(touched_[k])) keep_one(u);
        give(k);
      }
    for (int32_t k : part.kernels) part_[k] = -1;
    for (const Part& each : part.parts) visit(each);
  }

  // If parallel parts touch the unit, and it is not live throughout them, it is left to one of them.
  void keep_one(int32_t unit) {
    const Graph& whole = network_.graph;
    bool earlier = whole.from[unit] != 0, later = whole.until[unit] != 0, several = false;
    int32_t first = -1, last = -1;
    for (int32_t k : touchers_[unit]) {
      if (part_[k] < 0) continue;
      several = several || (first >= 0 && part_[k] != part_[first]);
      if (first < 0 || place_[k] < place_[first]) first = k;
      if (last < 0 || place_[k] > place_[last]) last = k;
    }
    if (!several) return;
    for (int32_t k : touchers_[unit])
      if (part_[k] < 0) (place_[k] < place_[first] ? earlier : later) = true;
    if (earlier && later) return;
    const int32_t kept = part_[earlier ? last : first];
    for (int32_t k : touchers_[unit])
      if (part_[k] >= 0 && part_[k] != kept) touched_[k].erase(std::find(touched_[k].begin(), touched_[k].end(), unit));
    touchers_[unit].erase(std::remove_if(touchers_[unit].begin(), touchers_[unit].end(),
                                         [&](int32_t k) { return part_[k] >= 0 && part_[k] != kept; }),
                          touchers_[unit].end());
    lost_[whole.group[unit]] = 1;
  }

  // What a kernel may write over is there for it, if other parallel parts touch that too.
  void give(int32_t kernel) {
    const Graph& whole = network_.graph;
    for (const int32_t* c = whole.choices_of.begin(kernel); c != whole.choices_of.end(kernel); ++c) {
      const int32_t source = whole.choices[*c].source;
      if (std::any_of(network_.users.begin(source), network_.users.end(source),
                      [&](int32_t k) { return part_[k] >= 0 && part_[k] != part_[kernel]; }))
        lost_[source] = 1;
    }
  }

  void measure(bool by_lines) {
    int64_t pad = graph.base.pad;
    for (const Unit& unit : graph.units) pad = std::max(pad, unit.pad);
    const auto level = [&](Unit& unit) {
      const int64_t bytes = by_lines ? unit.lines : unit.plain;
      unit = {bytes, bytes, 0};
    };
    for (Unit& unit : graph.units) level(unit);
    for (Choice& choice : graph.choices) level(choice.rest);
    level(graph.base);
    if (by_lines) graph.base.plain = graph.base.lines -= pad;
  }

  const Network& network_;
  Kernels place_;  // kernel -> its place in the hint
  Kernels part_;   // kernel -> one of the parallel parts looked at, or -1
  std::vector<Kernels> touched_, touchers_;
  std::vector<uint8_t> lost_;  // group -> kernels of several parallel parts touch it

 public:
  Graph graph;
};

// An order of a part with the load of each step and after it, less what is live before the part.
struct Profile {
  std::vector<int32_t> order;
  std::vector<int64_t> during, after;  // `after` has one more, the first of all, 0
};

class Merging {
 public:
  explicit Merging(const Network& network) : network_(network), above_(ancestors(network)) {}

  Profile profile(const Part& part) const {
    if (part.parts.empty()) return along(part, part.kernels);
    std::vector<Profile> inner;
    for (const Part& each : part.parts) inner.push_back(profile(each));
    if (part.series) {
      std::vector<int32_t> order;
      for (const Profile& each : inner) order.insert(order.end(), each.order.begin(), each.order.end());
      return along(part, order);
    }
    return along(part, merged(inner));
  }

 private:
  Profile along(const Part& part, const std::vector<int32_t>& order) const {
    State state = network_.start();
    for (int32_t k : part.kernels)
      for (size_t w = 0; w < network_.words; ++w) state.run[w] |= above_[k][w];
    for (int32_t k : part.kernels) state.run[k >> 6] &= ~(uint64_t{1} << (k & 63));
    state.left = 0;
    state.plain = state.lines = 0;
    Profile profile{order, {}, {0}};
    for (int32_t k : order) {
      const Step step = network_.look(state, k);
      profile.during.push_back(step.during);
      network_.run(state, k, step);
      profile.after.push_back(state.plain);
    }
    return profile;
  }

  // Down to where each has least, then up; the way up is the way down from the end.
  static std::vector<int32_t> merged(const std::vector<Profile>& parts) {
    std::vector<int32_t> order;
    std::vector<size_t> at(parts.size(), 0), least;
    for (const Profile& each : parts)
      least.push_back(static_cast<size_t>(std::min_element(each.after.begin(), each.after.end()) - each.after.begin()));
    descend(parts, at, least, +1, order);
    std::vector<int32_t> back;
    for (size_t i = 0; i < parts.size(); ++i) at[i] = parts[i].order.size();
    descend(parts, at, least, -1, back);
    order.insert(order.end(), back.rbegin(), back.rend());
    return order;
  }

  // From where each is, to where each has least: the part whose next hill is lowest goes to the valley behind it.
  static void descend(const std::vector<Profile>& parts, std::vector<size_t>& at, const std::vector<size_t>& least,
                      int64_t way, std::vector<int32_t>& order) {
    for (;;) {
      int64_t lowest = INT64_MAX;
      size_t next = 0, valley = 0;
      for (size_t i = 0; i < parts.size(); ++i) {
        if (at[i] == least[i]) continue;
        const Profile& part = parts[i];
        int64_t hill = INT64_MIN;
        size_t to = at[i];
        do {
          hill = std::max(hill, part.during[way > 0 ? to : to - 1]);
          to = static_cast<size_t>(static_cast<int64_t>(to) + way);
        } while (to != least[i] && part.after[to] > part.after[at[i]]);
        if (hill - part.after[at[i]] < lowest) lowest = hill - part.after[at[i]], next = i, valley = to;
      }
      if (lowest == INT64_MAX) return;
      for (; at[next] != valley; at[next] = static_cast<size_t>(static_cast<int64_t>(at[next]) + way))
        order.push_back(parts[next].order[way > 0 ? at[next] : at[next] - 1]);
    }
  }

  const Network& network_;
  const std::vector<std::vector<uint64_t>> above_;
};

}  // namespace

Composed compose(const Network& network, const std::vector<int32_t>& hint) {
  Part whole;
  whole.kernels.resize(network.graph.kernels());
  std::iota(whole.kernels.begin(), whole.kernels.end(), 0);
  if (network.idles || whole.kernels.empty() || whole.kernels.size() > kMostRelated) return {};
  if (!Division(network).divide(whole)) return {};
  Composed best;
  int64_t peak = INT64_MAX;
  for (const bool by_lines : {true, false}) {
    const Relaxed relaxed(network, whole, hint, by_lines);
    const Network measured(relaxed.graph);
    std::vector<int32_t> order = Merging(measured).profile(whole).order;
    best.bound = std::max(best.bound, measured.peak(order));
    const int64_t own = network.peak(order);
    if (own < peak) peak = own, best.order = std::move(order);
  }
  return best;
}

}  // namespace l2opt
