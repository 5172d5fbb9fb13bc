// Which parts of a frame must be computed, when those whose input did not change keep the last frame's output.
#pragma once

#include <vector>

#include "kernel.h"

namespace framelift::stack {

// What is computed and what is kept are made of tiles of this many cells: small enough to keep much around a small
// change, wide enough for whole vectors.
constexpr std::ptrdiff_t tile_rows = 16, tile_columns = 32;

struct Work {
    std::vector<Rect> compute;  // rectangles that do not overlap
    std::vector<Rect> keep;     // the rest of the picture
};

// Everything, for a frame without a predecessor.
Work all_of(std::ptrdiff_t cells_wide, std::ptrdiff_t cells_high);

// A tile is computed when the two planes, which have the same size, differ within `reach` cells of it, give or take a
// few columns. Everything is computed where keeping would not pay.
template <typename Code>
Work work_between(const Plane<const Code>& previous, const Plane<const Code>& source, int unshuffle, int reach);

}  // namespace framelift::stack
