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

// The part of `cells` that holds all that differs, empty where nothing does; several columns are looked at together.
template <typename Code>
Rect difference(const Plane<const Code>& a, const Plane<const Code>& b, Rect cells, int side) {
    constexpr std::ptrdiff_t step = tile_columns / 4;
    auto& [left, top, right, bottom] = cells;
    const auto same = [&](const Rect& part) { return !differ(a, b, part, side); };
    while (top < bottom && same({left, top, right, top + 1})) ++top;
    if (top == bottom) return cells;
    while (same({left, bottom - 1, right, bottom})) --bottom;
    while (same({left, top, std::min(left + step, right), bottom})) left += step;
    while (same({std::max(right - step, left), top, right, bottom})) right -= step;
    return cells;
}

// Flags every tile with a cell within `reach` cells of `part`.
void flag(Tiles& tiles, const Rect& part, int reach) {
    const std::ptrdiff_t left = std::max<std::ptrdiff_t>(0, part.left - reach) / tile_columns;
    const std::ptrdiff_t right = (std::min(tiles.cells_wide, part.right + reach) - 1) / tile_columns;
    const std::ptrdiff_t top = std::max<std::ptrdiff_t>(0, part.top - reach) / tile_rows;
    const std::ptrdiff_t bottom = (std::min(tiles.cells_high, part.bottom + reach) - 1) / tile_rows;
    for (std::ptrdiff_t r = top; r <= bottom; ++r) {
        for (std::ptrdiff_t c = left; c <= right; ++c) tiles.at(r, c) = 1;
    }
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

// What computing takes, in cells. Beside a rectangle every layer computes `reach` columns on both sides; of the rows
// above and below only those that later layers read, about half.
std::ptrdiff_t cost(const std::vector<Rect>& rects, int reach) {
    std::ptrdiff_t cells = 0;
    for (const Rect& rect : rects) cells += (rect.right - rect.left + 2 * reach) * (rect.bottom - rect.top + reach);
    return cells;
}

// Whether every third tile each way differs: a frame in which nothing stays is known so at a ninth of the price.
template <typename Code>
bool differ_all_over(const Plane<const Code>& a, const Plane<const Code>& b, const Tiles& tiles, int side) {
    for (std::ptrdiff_t r = 0; r < tiles.rows; r += 3) {
        for (std::ptrdiff_t c = 0; c < tiles.columns; c += 3) {
            if (!differ(a, b, tiles.cells(r, c, c + 1), side)) return false;
        }
    }
    return true;
}

}  // namespace

Work all_of(std::ptrdiff_t cells_wide, std::ptrdiff_t cells_high) { return {{{0, 0, cells_wide, cells_high}}, {}}; }

template <typename Code>
Work work_between(const Plane<const Code>& previous, const Plane<const Code>& source, int unshuffle, int reach) {
    Tiles compute(source.width / unshuffle, source.height / unshuffle);
    const Work all = all_of(compute.cells_wide, compute.cells_high);
    if (differ_all_over(previous, source, compute, unshuffle)) return all;
    for (std::ptrdiff_t r = 0; r < compute.rows; ++r) {
        for (std::ptrdiff_t c = 0; c < compute.columns; ++c) {
            const Rect changed = difference(previous, source, compute.cells(r, c, c + 1), unshuffle);
            if (changed.top < changed.bottom) flag(compute, changed, reach);
        }
    }
    const Work work = rectangles(compute);
    return cost(work.compute, reach) < cost(all.compute, reach) ? work : all;
}

template Work work_between(const Plane<const std::uint8_t>&, const Plane<const std::uint8_t>&, int, int);
template Work work_between(const Plane<const std::uint16_t>&, const Plane<const std::uint16_t>&, int, int);
template Work work_between(const Plane<const float>&, const Plane<const float>&, int, int);

}  // namespace framelift::stack
