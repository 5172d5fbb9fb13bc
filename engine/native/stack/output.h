// The last layer's values and the shortcut to output samples.
#pragma once

#include <cstddef>
#include <type_traits>

#include "../multiversion.h"
#include "kernel.h"
#include "rounding.h"

namespace framelift::stack {

FRAMELIFT_INLINE std::ptrdiff_t within(std::ptrdiff_t index, std::ptrdiff_t length) {
    return index < 0 ? 0 : index < length ? index : length - 1;
}

// The shortcut at one output sample, bicubic: rows and columns outside the picture are those at its edge.
template <typename Code>
FRAMELIFT_INLINE float bicubic_at(const Plan& plan, const Plane<const Code>& source, std::ptrdiff_t y, std::ptrdiff_t x) {
    const CubicPhase& down = plan.phases[y % plan.scale];
    const CubicPhase& across = plan.phases[x % plan.scale];
    float sum = 0.0f;
    for (int i = 0; i < 4; ++i) {
        const Code* row = source.row(within(y / plan.scale + down.first + i, source.height));
        float part = 0.0f;
        for (int j = 0; j < 4; ++j) {
            part += across.weights[j] * static_cast<float>(row[within(x / plan.scale + across.first + j, source.width)]);
        }
        sum += down.weights[i] * part;
    }
    return sum;
}

// The shortcut at output sample (y, x), in codes.
template <typename Code>
FRAMELIFT_INLINE float shortcut_at(const Plan& plan, const Plane<const Code>& source, std::ptrdiff_t y, std::ptrdiff_t x) {
    if (plan.shortcut == Shortcut::nearest) return static_cast<float>(source.row(y / plan.scale)[x / plan.scale]);
    return plan.shortcut == Shortcut::bicubic ? bicubic_at(plan, source, y, x) : 0.0f;
}

// One output row of `cells` cells; `tile` holds the row's channels, `pitch` values apart. `nearest` has the input
// pixel of each cell, which is the shortcut if there is one.
template <int S, bool anchored, typename Code>
FRAMELIFT_INLINE void store_row(const float* tile, std::ptrdiff_t pitch, const Code* nearest, float largest, Code* out,
                                std::ptrdiff_t cells) {
    for (std::ptrdiff_t x = 0; x < cells; ++x) {
        const float anchor = anchored ? static_cast<float>(nearest[x]) : 0.0f;
        for (int j = 0; j < S; ++j) out[S * x + j] = sample_from<Code>(anchor + tile[j * pitch + x] * largest, largest);
    }
}

// The same for two samples a cell and whole vectors of cells.
template <class V, bool anchored, typename Code>
FRAMELIFT_INLINE void store_pairs(const float* tile, std::ptrdiff_t pitch, const Code* nearest, float largest, Code* out,
                                  std::ptrdiff_t cells) {
    const auto zero = V::all(0.0f), top = V::all(largest);
    for (std::ptrdiff_t x = 0; x < cells; x += V::lanes) {
        const auto anchor = anchored ? V::float_from_int(V::load(nearest + x)) : zero;
        const auto even = V::add(anchor, V::mul(V::load(tile + x), top));
        const auto odd = V::add(anchor, V::mul(V::load(tile + pitch + x), top));
        const auto low = V::int_from_float(V::min(V::max(even, zero), top));
        const auto high = V::int_from_float(V::min(V::max(odd, zero), top));
        if constexpr (sizeof(Code) == 1) {
            V::store_halves(out + 2 * x, V::bits_or(low, V::template shift_left<8>(high)));
        } else {
            V::store(reinterpret_cast<Word*>(out + 2 * x), V::bits_or(low, V::template shift_left<16>(high)));
        }
    }
}

// The general form: any shortcut, any number of samples a cell.
template <typename Code>
FRAMELIFT_INLINE void store_any_row(const Plan& plan, const Luma<Code>& luma, const float* tile, std::ptrdiff_t pitch,
                                    std::ptrdiff_t y, std::ptrdiff_t cell, std::ptrdiff_t cells) {
    const int samples = plan.samples_per_cell();
    Code* out = luma.output.row(y) + samples * cell;
    for (std::ptrdiff_t x = 0; x < samples * cells; ++x) {
        const float residual = tile[x % samples * pitch + x / samples] * luma.largest;
        out[x] = sample_from<Code>(shortcut_at(plan, luma.source, y, samples * cell + x) + residual, luma.largest);
    }
}

// All output rows of `cells` cells of row `row`, from `cell` on; `tile` holds [channel][pitch] values.
template <class V, int S, bool anchored, typename Code>
FRAMELIFT_INLINE void store_rows(const Luma<Code>& luma, const float* tile, std::ptrdiff_t pitch, std::ptrdiff_t row,
                                 std::ptrdiff_t cell, std::ptrdiff_t cells) {
    const Code* nearest = luma.source.row(row) + cell;
    for (int i = 0; i < S; ++i, tile += S * pitch) {
        Code* out = luma.output.row(S * row + i) + S * cell;
        if constexpr (S == 2 && !std::is_floating_point_v<Code>) {
            if (cells % V::lanes == 0) {
                store_pairs<V, anchored>(tile, pitch, nearest, luma.largest, out, cells);
                continue;
            }
        }
        store_row<S, anchored>(tile, pitch, nearest, luma.largest, out, cells);
    }
}

template <class V, typename Code>
FRAMELIFT_INLINE void store_cells(const Plan& plan, const Luma<Code>& luma, const float* tile, std::ptrdiff_t pitch,
                                  std::ptrdiff_t row, std::ptrdiff_t cell, std::ptrdiff_t cells) {
    const int samples = plan.samples_per_cell();
    if (plan.unshuffle == 1 && plan.shortcut == Shortcut::nearest && samples <= 4) {
        if (samples == 2) return store_rows<V, 2, true>(luma, tile, pitch, row, cell, cells);
        if (samples == 3) return store_rows<V, 3, true>(luma, tile, pitch, row, cell, cells);
        if (samples == 4) return store_rows<V, 4, true>(luma, tile, pitch, row, cell, cells);
    }
    if (plan.shortcut == Shortcut::none && samples == 2) {
        return store_rows<V, 2, false>(luma, tile, pitch, row, cell, cells);
    }
    for (int i = 0; i < samples; ++i) {
        store_any_row(plan, luma, tile + i * samples * pitch, pitch, samples * row + i, cell, cells);
    }
}

}  // namespace framelift::stack
