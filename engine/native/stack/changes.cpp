#include "changes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace framelift::stack {
namespace {

// One flag for each tile of a picture of cells.
struct Tiles {
    std::ptrdiff_t cells_wide, cells_high, columns, rows;
    std::vector<char> flags;

    Tiles(std::ptrdiff_t wide, std::ptrdiff_t high)
        : cells_wide(wide), cells_high(high), columns((wide + tile_columns - 1) / tile_columns),
          rows((high + tile_rows - 1) / tile_rows), flags(columns * rows) {}

    char& at(std::ptrdiff_t row, std::ptrdiff_t column) { return flags[row * columns + column]; }
    Rect cells(std::ptrdiff_t row, std::ptrdiff_t first, std::ptrdiff_t last) const {
        return {first * tile_columns, row * tile_rows, std::min(last * tile_columns, cells_wide),
                std::min((row + 1) * tile_rows, cells_high)};
    }
};

template <typename Code>
bool differ(const Plane<const Code>& a, const Plane<const Code>& b, const Rect& cells, int side) {
    const std::size_t bytes = sizeof(Code) * side * (cells.right - cells.left);
    for (std::ptrdiff_t y = side * cells.top; y < side * cells.bottom; ++y) {
        if (std::memcmp(a.row(y) + side * cells.left, b.row(y) + side * cells.left, bytes) != 0) return true;
    }
    return false;
}

// Every tile that has a flagged one within so many rows and columns of tiles.
Tiles spread(Tiles& changed, std::ptrdiff_t rows, std::ptrdiff_t columns) {
    Tiles wider(changed.cells_wide, changed.cells_high);
    for (std::ptrdiff_t r = 0; r < changed.rows; ++r) {
        for (std::ptrdiff_t c = 0; c < changed.columns; ++c) {
            if (!changed.at(r, c)) continue;
            for (std::ptrdiff_t y = std::max<std::ptrdiff_t>(0, r - rows); y < std::min(changed.rows, r + rows + 1); ++y) {
                for (std::ptrdiff_t x = std::max<std::ptrdiff_t>(0, c - columns);
                     x < std::min(changed.columns, c + columns + 1); ++x) {
                    wider.at(y, x) = 1;
                }
            }
        }
    }
    return wider;
}

// Runs of equal tiles along each row of tiles, joined with those below that span the same columns: every rectangle
// begun anew costs its halo again.
Work rectangles(Tiles& compute) {
    Work work;
    for (std::ptrdiff_t r = 0; r < compute.rows; ++r) {
        for (std::ptrdiff_t first = 0, last; first < compute.columns; first = last) {
            last = first + 1;
            while (last < compute.columns && compute.at(r, last) == compute.at(r, first)) ++last;
            std::vector<Rect>& list = compute.at(r, first) ? work.compute : work.keep;
            const Rect run = compute.cells(r, first, last);
            const auto above = std::find_if(list.begin(), list.end(), [&](const Rect& rect) {
                return rect.bottom == run.top && rect.left == run.left && rect.right == run.right;
            });
            if (above == list.end()) {
                list.push_back(run);
            } else {
                above->bottom = run.bottom;
            }
        }
    }
    return work;
}

// What computing takes, in cells: each rectangle brings half its halo on every side, one layer more and one less.
std::ptrdiff_t cost(const std::vector<Rect>& rects, int halo) {
    std::ptrdiff_t cells = 0;
    for (const Rect& rect : rects) cells += (rect.right - rect.left + halo) * (rect.bottom - rect.top + halo);
    return cells;
}

}  // namespace

Work all_of(std::ptrdiff_t cells_wide, std::ptrdiff_t cells_high) { return {{{0, 0, cells_wide, cells_high}}, {}}; }

template <typename Code>
Work work_between(const Plane<const Code>& previous, const Plane<const Code>& source, int unshuffle, int halo) {
    Tiles changed(source.width / unshuffle, source.height / unshuffle);
    for (std::ptrdiff_t r = 0; r < changed.rows; ++r) {
        for (std::ptrdiff_t c = 0; c < changed.columns; ++c) {
            changed.at(r, c) = differ(previous, source, changed.cells(r, c, c + 1), unshuffle);
        }
    }
    Tiles compute = spread(changed, (halo + tile_rows - 1) / tile_rows, (halo + tile_columns - 1) / tile_columns);
    Work work = rectangles(compute), all = all_of(changed.cells_wide, changed.cells_high);
    return cost(work.compute, halo) < cost(all.compute, halo) ? work : all;
}

template Work work_between(const Plane<const std::uint8_t>&, const Plane<const std::uint8_t>&, int, int);
template Work work_between(const Plane<const std::uint16_t>&, const Plane<const std::uint16_t>&, int, int);
template Work work_between(const Plane<const float>&, const Plane<const float>&, int, int);

}  // namespace framelift::stack
