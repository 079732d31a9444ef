#include "blocks.h"

#include <algorithm>
#include <numeric>

namespace l2opt {
namespace {

// By rank of time: the section that it is, or -1. A rank is one if something ends after it and something has started
// since the section before.
std::vector<int32_t> sections_of(const Problem& problem, int32_t& count) {
  std::vector<char> starts(problem.ranks + 1, 0), ends(problem.ranks + 1, 0);
  for (const Piece& piece : problem.pieces) starts[piece.start] = 1, ends[piece.end] = 1;
  std::vector<int32_t> section(problem.ranks, -1);
  bool started = false;
  count = 0;
  for (int32_t rank = 0; rank < problem.ranks; ++rank) {
    started = started || starts[rank];
    if (!started || !ends[rank + 1]) continue;
    section[rank] = count++;
    started = false;
  }
  return section;
}

// The coarsest unit of which all heights are multiples, and in which alignments can be told.
int64_t unit_of(const Problem& problem) {
  int64_t unit = 0;
  for (const Piece& piece : problem.pieces) unit = std::gcd(std::gcd(unit, piece.lo), piece.hi);
  for (const Item& item : problem.items) unit = std::gcd(unit, align_up(item.min_offset, item.alignment));
  for (bool changed = true; changed;) {
    changed = false;
    for (const Item& item : problem.items)
      if (unit % item.alignment != 0 && item.alignment % unit != 0)
        unit = std::gcd(unit, item.alignment), changed = true;
  }
  return std::max<int64_t>(unit, 1);
}

}  // namespace

Blocks make_blocks(const Problem& problem) {
  Blocks blocks;
  int32_t count = 0;
  const std::vector<int32_t> section = sections_of(problem, count);
  blocks.live.resize(count);
  const int64_t unit = blocks.unit = unit_of(problem);
  for (size_t i = 0; i < problem.size(); ++i) {
    const Item& item = problem.items[i];
    Block block{};
    block.first = static_cast<int32_t>(blocks.cells.size());
    for (int32_t p = item.first; p < item.last; ++p) {
      const Piece& piece = problem.pieces[p];
      for (int32_t rank = piece.start; rank < piece.end; ++rank)
        if (section[rank] >= 0)
          blocks.cells.push_back({section[rank], static_cast<int32_t>(i), piece.lo / unit, piece.hi / unit});
    }
    block.last = static_cast<int32_t>(blocks.cells.size());
    std::stable_sort(blocks.cells.begin() + block.first, blocks.cells.end(),
                     [](const BlockCell& a, const BlockCell& b) { return a.section < b.section; });
    block.height = item.height / unit;
    block.bytes = item.height;
    block.alignment = unit % item.alignment == 0 ? 1 : item.alignment / unit;
    block.lowest = align_up(item.min_offset, item.alignment) / unit;
    block.max_offset = item.max_offset;
    blocks.columns.push_back(block);
    blocks.item.push_back(static_cast<int32_t>(i));
  }
  for (size_t c = 0; c < blocks.cells.size(); ++c)
    blocks.live[blocks.cells[c].section].push_back(static_cast<int32_t>(c));
  return blocks;
}

}  // namespace l2opt
