// Which parts of a frame must be computed, when those whose input did not change keep the last frame's output.
#pragma once

#include <vector>

#include "kernel.h"

namespace framelift::stack {

// Changes are looked for in tiles of this many cells.
constexpr std::ptrdiff_t tile_rows = 16, tile_columns = 32;

struct Work {
    std::vector<Rect> compute;  // rectangles that do not overlap
    std::vector<Rect> keep;     // the rest of the picture
};

// Everything, for a frame without a predecessor.
Work all_of(std::ptrdiff_t cells_wide, std::ptrdiff_t cells_high);

// A cell is computed when its tile, or a tile within `halo` cells of it, differs between the two planes, which have
// the same size.
template <typename Code>
Work work_between(const Plane<const Code>& previous, const Plane<const Code>& source, int unshuffle, int halo);

}  // namespace framelift::stack
