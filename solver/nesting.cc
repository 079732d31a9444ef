#include "nesting.h"

#include <algorithm>
#include <tuple>

namespace l2opt {
namespace {

struct Span {
  int64_t start, end, bytes;  // steps; what counts
};

using Score = std::tuple<int64_t, int64_t, int64_t>;  // peak, steps at it, less the bytes not moved

class Search {
 public:
  Search(const Nesting& nesting, const std::vector<int32_t>& order, Effort effort)
      : nesting_(nesting),
        effort_(effort),
        buffers_(nesting.root.size()),
        steps_(std::max<size_t>(order.size(), 1)),
        up_(buffers_, -1),
        inner_(buffers_),
        members_(buffers_),
        first_(buffers_, -1),
        last_(buffers_, -1),
        step_(order.size()),
        spans_(buffers_),
        change_(steps_ + 1, 0),
        load_(steps_, 0) {
    for (size_t i = 0; i < order.size(); ++i) step_[order[i]] = static_cast<int64_t>(i);
    for (size_t b = 0; b < buffers_; ++b)
      if (nesting.size[b] > 0) members_[nesting.root[b]].push_back(static_cast<int32_t>(b));
    for (size_t i = 0; i < order.size(); ++i)
      for (const int32_t* t = nesting.touches_of.begin(order[i]); t != nesting.touches_of.end(order[i]); ++t) {
        const int32_t b = nesting.touches[*t].buffer;
        if (first_[b] < 0) first_[b] = static_cast<int64_t>(i);
        last_[b] = static_cast<int64_t>(i);
      }
    for (size_t r = 0; r < buffers_; ++r)
      if (is_root(static_cast<int32_t>(r))) put(static_cast<int32_t>(r));
    for (size_t n = 0; n < nesting.nests.size(); ++n) {
      if (n > 0 && nesting.nests[n].kernel == nesting.nests[n - 1].kernel)
        groups_.back().push_back(n);
      else
        groups_.push_back({static_cast<int32_t>(n)});
    }
  }

  Nested run(const std::vector<int32_t>& start) {
    for (int32_t n : start) take(n);
    Score best = score();
    for (bool better = true; better && effort_.left() > 0;) {
      better = false;
      for (size_t g = 0; g < groups_.size() && effort_.left() > 0; ++g) {
        if (!near_peak(groups_[g])) continue;
        for (int32_t n : groups_[g]) better = try_flip({n}, best) || better;
        if (groups_[g].size() > 1) better = try_all(groups_[g], best) || better;
      }
    }
    for (size_t n = 0; n < nesting_.nests.size() && effort_.left() > 0; ++n)
      if (up_[nesting_.nests[n].part] < 0) try_flip({static_cast<int32_t>(n)}, best);
    std::vector<int32_t> taken;
    for (size_t n = 0; n < nesting_.nests.size(); ++n)
      if (is_taken(static_cast<int32_t>(n))) taken.push_back(static_cast<int32_t>(n));
    return {taken, std::get<0>(best)};
  }

 private:
  bool is_root(int32_t b) const { return nesting_.root[b] == b; }
  bool is_taken(int32_t n) const { return up_[nesting_.nests[n].part] == n; }

  int32_t top(int32_t root) const {
    while (up_[root] >= 0) root = nesting_.nests[up_[root]].whole;
    return root;
  }

  // Byte of a root -> byte of the root that it lies in, at the end of all wholes.
  int64_t place(int32_t root, int64_t byte) const {
    while (up_[root] >= 0) {
      const Nest& nest = nesting_.nests[up_[root]];
      if (nest.extent > nesting_.size[root] && nest.rows > 0) {
        const int64_t run = nesting_.size[root] / nest.rows, row = nest.room / nest.rows;
        byte = byte / run * row + byte % run;
      }
      byte += nest.base + nest.offset;
      root = nest.whole;
    }
    return byte;
  }

  int64_t end_of(int32_t root) const {
    if (up_[root] < 0) return nesting_.size[root];
    const Nest& nest = nesting_.nests[up_[root]];
    return place(nest.whole, nest.base + nest.offset + nest.extent - 1) + 1;
  }

  bool strided(int32_t root) const { return end_of(root) - place(root, 0) > nesting_.size[root]; }

  bool unknown_above(int32_t root) const {
    for (; up_[root] >= 0; root = nesting_.nests[up_[root]].whole) {
      const Nest& nest = nesting_.nests[up_[root]];
      if (nest.extent > nesting_.size[root] && nest.rows == 0) return true;
    }
    return false;
  }

  // Of a part that is taken: its place, and those of the parts inside it.
  bool sound(int32_t part) const {
    const Nest& nest = nesting_.nests[up_[part]];
    if (up_[nest.whole] >= 0) {
      if (unknown_above(nest.whole)) return false;
      if (place(nest.whole, nest.base + nest.offset) != place(nest.whole, nest.base) + nest.offset) return false;
    }
    if (strided(part) && nesting_.cut[part]) return false;
    if (!inner_[part].empty() && unknown_above(part)) return false;
    return std::all_of(inner_[part].begin(), inner_[part].end(), [&](int32_t each) { return sound(each); });
  }

  bool take(int32_t n) {
    const Nest& nest = nesting_.nests[n];
    if (up_[nest.part] >= 0 || top(nest.whole) == nest.part) return false;
    const int32_t whole_top = top(nest.whole);
    up_[nest.part] = n;
    if (!sound(nest.part)) {
      up_[nest.part] = -1;
      return false;
    }
    inner_[nest.whole].push_back(nest.part);
    remove(nest.part);
    remove(whole_top);
    put(whole_top);
    spared_ += nesting_.size[nest.part];
    return true;
  }

  void leave(int32_t n) {
    const Nest& nest = nesting_.nests[n];
    const int32_t whole_top = top(nest.whole);
    remove(whole_top);
    up_[nest.part] = -1;
    std::vector<int32_t>& inner = inner_[nest.whole];
    inner.erase(std::find(inner.begin(), inner.end(), nest.part));
    put(whole_top);
    put(nest.part);
    spared_ -= nesting_.size[nest.part];
  }

  void remove(int32_t root) {
    for (const Span& span : spans_[root]) change_[span.start] -= span.bytes, change_[span.end] += span.bytes;
    spans_[root].clear();
  }

  void gather(int32_t root, std::vector<int32_t>& roots) const {
    roots.push_back(root);
    for (int32_t part : inner_[root]) gather(part, roots);
  }

  // The spans of a root that lies in no other, with all that lies in it.
  void put(int32_t root) {
    std::vector<int32_t> roots;
    gather(root, roots);
    struct Use {
      int64_t lo, hi, start, end;
      bool held;  // to the last step, from the first use of its bytes on, or throughout if there is none
    };
    std::vector<Use> uses;
    std::vector<int64_t> cuts;
    const auto steps = static_cast<int64_t>(steps_);
    for (int32_t r : roots)
      for (int32_t b : members_[r]) {
        const bool all = nesting_.size[b] == nesting_.size[r];
        const int64_t lo = place(r, nesting_.offset[b]);
        const int64_t hi = all ? end_of(r) : place(r, nesting_.offset[b] + nesting_.size[b] - 1) + 1;
        int64_t start = first_[b] < 0 ? steps : first_[b], end = last_[b] + 1;
        if (nesting_.from[b]) start = 0, end = std::max<int64_t>(end, 1);
        uses.push_back({lo, hi, start, end, nesting_.until[b] != 0});
        cuts.push_back(lo), cuts.push_back(hi);
      }
    effort_.spend(static_cast<int64_t>(uses.size()));
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    if (!nesting_.counts[root]) return;
    std::vector<Span> units;
    std::vector<uint8_t> held(cuts.size(), 0);
    for (size_t c = 0; c + 1 < cuts.size(); ++c) units.push_back({steps, 0, aligned(cuts[c + 1]) - aligned(cuts[c])});
    for (const Use& use : uses) {
      const auto at = static_cast<size_t>(std::lower_bound(cuts.begin(), cuts.end(), use.lo) - cuts.begin());
      for (size_t c = at; cuts[c] < use.hi; ++c) {
        units[c].start = std::min(units[c].start, use.start);
        units[c].end = std::max(units[c].end, use.end);
        held[c] |= use.held;
      }
    }
    for (size_t c = 0; c < units.size(); ++c) {
      Span& unit = units[c];
      if (unit.end == 0) unit.start = 0, unit.end = 1;
      if (held[c]) unit.end = steps;
      change_[unit.start] += unit.bytes, change_[unit.end] -= unit.bytes;
    }
    spans_[root] = std::move(units);
  }

  int64_t aligned(int64_t byte) const {
    return (byte + nesting_.alignment - 1) / nesting_.alignment * nesting_.alignment;
  }

  std::pair<int64_t, int64_t> life(int32_t top_root) const {
    std::pair<int64_t, int64_t> life{static_cast<int64_t>(steps_), 0};
    for (const Span& span : spans_[top_root])
      life = {std::min(life.first, span.start), std::max(life.second, span.end)};
    return life;
  }

  Score score() {
    int64_t now = 0;
    for (size_t i = 0; i < steps_; ++i) load_[i] = now += change_[i];
    effort_.spend(static_cast<int64_t>(steps_ / 16 + nesting_.overs.size() + 1));
    for (size_t k = 0; k < nesting_.kernels(); ++k)
      if (nesting_.overs_of.count(k) > 0) save(static_cast<int32_t>(k));
    peak_ = *std::max_element(load_.begin(), load_.end());
    return {peak_, std::count(load_.begin(), load_.end(), peak_), -spared_};
  }

  // In-place choices of a kernel: their targets do not count while it runs.
  void save(int32_t kernel) {
    std::vector<int32_t> used;
    const int64_t step = step_[kernel];
    for (const int32_t* o = nesting_.overs_of.begin(kernel); o != nesting_.overs_of.end(kernel); ++o) {
      const Over& over = nesting_.overs[*o];
      const int32_t source = nesting_.root[over.source], under = top(source);
      if (up_[over.target] >= 0 || under == over.target || strided_chain(source)) continue;
      if (std::count(used.begin(), used.end(), under) + std::count(used.begin(), used.end(), over.target) > 0) continue;
      if (life(under).second != step + 1 || life(over.target).first != step) continue;
      const auto alone = [&](int32_t t) {
        const Touch& touch = nesting_.touches[t];
        const int32_t at = top(nesting_.root[touch.buffer]);
        return (at != under || touch.buffer == over.source) && (at != over.target || touch.buffer == over.target);
      };
      if (!std::all_of(nesting_.touches_of.begin(kernel), nesting_.touches_of.end(kernel), alone)) continue;
      used.push_back(under);
      used.push_back(over.target);
      if (nesting_.counts[over.target]) load_[step] -= aligned(nesting_.size[over.target]);
    }
  }

  bool strided_chain(int32_t root) const { return up_[root] >= 0 && strided(root); }

  // Only what is live where the load is largest can lower it.
  bool near_peak(const std::vector<int32_t>& group) const {
    for (int32_t n : group)
      for (int32_t root : {top(nesting_.nests[n].part), top(nesting_.nests[n].whole)}) {
        const auto [start, end] = life(root);
        for (int64_t i = start; i < end; ++i)
          if (load_[i] == peak_) return true;
      }
    return false;
  }

  // Takes or leaves the choices; back again if that is no better.
  bool try_flip(const std::vector<int32_t>& group, Score& best) {
    std::vector<std::pair<int32_t, bool>> done;  // choice, whether it is taken now
    for (int32_t n : group) {
      if (is_taken(n)) {
        leave(n), done.emplace_back(n, false);
        continue;
      }
      const int32_t other = up_[nesting_.nests[n].part];
      if (other >= 0) leave(other), done.emplace_back(other, false);
      if (take(n)) done.emplace_back(n, true);
    }
    return judge(done, best);
  }

  // All of a kernel taken, or all left.
  bool try_all(const std::vector<int32_t>& group, Score& best) {
    std::vector<int32_t> taken, left;
    for (int32_t n : group) (is_taken(n) ? taken : left).push_back(n);
    bool better = false;
    if (left.size() > 1) better = try_flip(left, best);
    if (!better && taken.size() > 1) better = try_flip(taken, best);
    return better;
  }

  bool judge(const std::vector<std::pair<int32_t, bool>>& done, Score& best) {
    const Score found = score();
    if (!done.empty() && found < best) {
      best = found;
      return true;
    }
    for (auto each = done.rbegin(); each != done.rend(); ++each) {
      if (each->second)
        leave(each->first);
      else
        take(each->first);
    }
    if (!done.empty()) score();
    return false;
  }

  const Nesting& nesting_;
  Effort effort_;
  const size_t buffers_, steps_;
  std::vector<int32_t> up_;                    // root -> nest taken, or -1
  std::vector<std::vector<int32_t>> inner_;    // root -> parts taken in it
  std::vector<std::vector<int32_t>> members_;  // root -> buffers that have bytes
  std::vector<int64_t> first_, last_, step_;   // buffer -> first and last step that touches it; kernel -> its step
  std::vector<std::vector<Span>> spans_;       // root that lies in no other -> what counts of it and when
  std::vector<int64_t> change_, load_;         // by step
  std::vector<std::vector<int32_t>> groups_;   // nests of one kernel
  int64_t peak_ = 0, spared_ = 0;
};

}  // namespace

Nested nest(const Nesting& nesting, const std::vector<int32_t>& order, const std::vector<int32_t>& start,
            Effort effort) {
  return Search(nesting, order, effort).run(start);
}

}  // namespace l2opt
