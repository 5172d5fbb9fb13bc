// Rows of the input plane to the words of the first layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "../multiversion.h"
#include "plan.h"
#include "rounding.h"

namespace framelift::stack {

// `count` samples in the units of the arithmetic A.
template <class A, typename Code>
FRAMELIFT_INLINE void values_from_samples(const Code* samples, std::ptrdiff_t count, float largest,
                                          typename A::Value* values) {
    if constexpr (std::is_same_v<typename A::Value, float>) {
        const float unit = A::format == Format::bf16 ? 255.0f : 1.0f;
        for (std::ptrdiff_t x = 0; x < count; ++x) values[x] = input_value(samples[x], largest, unit);
    } else if constexpr (std::is_same_v<Code, std::uint8_t>) {
        if (largest == 255.0f) {
            std::memcpy(values, samples, count);
        } else {
            for (std::ptrdiff_t x = 0; x < count; ++x) values[x] = input_code(samples[x], largest);
        }
    } else {
        for (std::ptrdiff_t x = 0; x < count; ++x) values[x] = input_code(samples[x], largest);
    }
}

// Words of neighbouring columns: word x holds values x, x + 1, ...; `values` has as many more than `count`.
template <class A>
FRAMELIFT_INLINE void words_from_columns(const typename A::Value* values, std::ptrdiff_t count, Word* words) {
    for (std::ptrdiff_t x = 0; x < count; ++x) words[x] = A::word(values + x);
}

// Words of the unshuffled rows: channel i * side + j of cell x is column side * x + j of row i. `values` has `side`
// rows, `pitch` values apart; group g of `groups` starts at words + g * group_pitch.
template <class A>
FRAMELIFT_INLINE void words_from_cells(const typename A::Value* values, std::ptrdiff_t pitch, int side, int groups,
                                       std::ptrdiff_t count, Word* words, std::ptrdiff_t group_pitch) {
    constexpr int numbers = per_word(A::format);
    for (int g = 0; g < groups; ++g, words += group_pitch) {
        for (std::ptrdiff_t x = 0; x < count; ++x) {
            typename A::Value channels[numbers] = {};
            for (int n = 0; n < numbers; ++n) {
                const int c = g * numbers + n;
                if (c < side * side) channels[n] = values[c / side * pitch + side * x + c % side];
            }
            words[x] = A::word(channels);
        }
    }
}

}  // namespace framelift::stack
