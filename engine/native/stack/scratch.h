// How the rolling rows of a strip lie in its scratch memory.
#pragma once

#include <cstddef>

#include "kernel.h"

namespace framelift::stack {

constexpr std::ptrdiff_t margin = 16;      // zero columns left of the strip: the picture's border, and read by taps
constexpr std::ptrdiff_t overrun = 2 * 16; // columns right of it that whole vectors and taps reach
constexpr std::ptrdiff_t line = 16;        // words in a cache line

struct Scratch {
    std::ptrdiff_t columns;    // of every row
    std::ptrdiff_t row_words;  // rows of all layers
    std::ptrdiff_t value_bytes;

    FRAMELIFT_INLINE Scratch(const Plan& plan, std::ptrdiff_t cells)
        : columns((margin + cells + overrun + line - 1) / line * line),
          row_words(columns * plan.words_per_column),
          value_bytes(4 * columns * plan.unshuffle * plan.unshuffle) {}

    FRAMELIFT_INLINE std::size_t bytes() const { return static_cast<std::size_t>(4 * row_words + value_bytes); }
};

}  // namespace framelift::stack
