// A strip of the picture through all layers, depth first: as soon as a row of one layer is done, the next layer uses
// it, and only as many rows of each are kept as are still read. They stay in the processor's second-level cache.
//
// Time t brings row t of the input; a layer that lags `delay` rows behind computes its row t - delay. Rows and
// columns outside the picture are zero in every layer, which is how each convolution is padded.
#pragma once

#include <cstddef>
#include <cstring>

#include "../multiversion.h"
#include "arithmetic.h"
#include "input.h"
#include "kernel.h"
#include "output.h"
#include "scratch.h"

namespace framelift::stack {

constexpr std::uint32_t most_rows = 64;        // above the picture that a strip begins at most
constexpr int most_groups = 64;                // of one layer
constexpr int most_taps = 5 * 5 * most_groups; // of one output column

// sums[o][p] = bias + the products of all taps; `taps[i] + x` are the words of tap i for the first column.
template <class A, int O, int P>
FRAMELIFT_INLINE void convolve(const Word* const* taps, int count, std::ptrdiff_t x, const Word* weights,
                               const Word* bias, typename A::Sum (&sums)[O][P]) {
    using V = typename A::Vectors;
#pragma GCC unroll 8
    for (int o = 0; o < O; ++o) {
#pragma GCC unroll 8
        for (int p = 0; p < P; ++p) sums[o][p] = A::start(bias[o]);
    }
    for (int i = 0; i < count; ++i, weights += O) {
        typename V::Int columns[P];
#pragma GCC unroll 8
        for (int p = 0; p < P; ++p) columns[p] = V::load(taps[i] + x + p * V::lanes);
#pragma GCC unroll 8
        for (int o = 0; o < O; ++o) {
            const auto weight = V::all(weights[o]);
#pragma GCC unroll 8
            for (int p = 0; p < P; ++p) sums[o][p] = A::dot(sums[o][p], columns[p], weight);
        }
    }
}

template <class A, typename Code>
class Strip {
public:
    FRAMELIFT_INLINE Strip(const Plan& plan, const Luma<Code>& luma, const Rect& rect, std::byte* memory)
        : plan_(plan), luma_(luma), rect_(rect), height_(luma.source.height / plan.unshuffle),
          left_(rect.left > plan.halo ? rect.left - plan.halo : 0), right_(right_of(plan, luma, rect)),
          scratch_(plan, right_ - left_), rows_(reinterpret_cast<Word*>(memory)),
          values_(reinterpret_cast<Value*>(memory + 4 * scratch_.row_words)) {
        std::memset(memory, 0, scratch_.bytes());
    }

    FRAMELIFT_INLINE void run() {
        for (std::ptrdiff_t t = rect_.top - plan_.halo; t < rect_.bottom + plan_.halo; ++t) {
            load_row(t);
            for (int l = 0; l < layers(); ++l) {
                const Step& step = plan_.steps[l];
                const std::ptrdiff_t y = t - step.delay;
                if (y < rect_.top - step.reach || y >= rect_.bottom + step.reach) continue;
                if (l == layers() - 1) {
                    last_layer(step, l, y);
                } else {
                    hidden_layer(step, l, y);
                }
            }
        }
    }

private:
    using V = typename A::Vectors;
    using Value = typename A::Value;

    static FRAMELIFT_INLINE std::ptrdiff_t right_of(const Plan& plan, const Luma<Code>& luma, const Rect& rect) {
        const std::ptrdiff_t width = luma.source.width / plan.unshuffle, right = rect.right + plan.halo;
        return right < width ? right : width;
    }

    FRAMELIFT_INLINE int layers() const { return static_cast<int>(plan_.steps.size()); }
    FRAMELIFT_INLINE std::ptrdiff_t cells() const { return right_ - left_; }
    FRAMELIFT_INLINE bool outside(std::ptrdiff_t y) const { return y < 0 || y >= height_; }

    // The first group's row y of layer l's input; its cell `left_` stands in column `margin`.
    FRAMELIFT_INLINE Word* row(int l, std::ptrdiff_t y) const {
        const Step& step = plan_.steps[l];
        const auto rows = static_cast<std::uint32_t>(step.input_rows);
        const std::uint32_t slot = (static_cast<std::uint32_t>(y) + most_rows * rows) % rows;  // y is -most_rows at least
        return rows_ + scratch_.columns * (step.input_start + static_cast<std::ptrdiff_t>(slot) * step.input_groups);
    }

    FRAMELIFT_INLINE void load_row(std::ptrdiff_t t) {
        const Step& step = plan_.steps[0];
        Word* words = row(0, t);
        if (outside(t)) {
            std::memset(words, 0, 4 * scratch_.columns * step.input_groups);
            return;
        }
        const int side = plan_.unshuffle;
        const std::ptrdiff_t pitch = side * scratch_.columns, count = scratch_.columns - V::lanes;
        for (int i = 0; i < side; ++i) {
            values_from_samples<A>(luma_.source.row(side * t + i) + side * left_, side * cells(), luma_.largest,
                                   values_ + i * pitch + side * margin);
        }
        if (plan_.input_is_shifted) {
            words_from_columns<A>(values_, count, words);
        } else {
            words_from_cells<A>(values_, pitch, side, step.input_groups, count, words, scratch_.columns);
        }
    }

    // The words each tap reads for column 0: [ky][kx][group], or [ky][kx] in steps of a word of neighbours.
    FRAMELIFT_INLINE void taps_of(const Step& step, int l, std::ptrdiff_t y, const Word** taps) const {
        const int half = step.kernel / 2;
        const int stride = l == 0 && plan_.input_is_shifted ? per_word(A::format) : 1;
        for (int ky = -half; ky <= half; ++ky) {
            const Word* words = row(l, y + ky);
            for (int kx = -half; kx <= half; kx += stride) {
                for (int g = 0; g < step.input_groups; ++g) *taps++ = words + g * scratch_.columns + kx;
            }
        }
    }

    FRAMELIFT_INLINE void hidden_layer(const Step& step, int l, std::ptrdiff_t y) {
        const int groups = step.channels / per_word(A::format);
        Word* to = row(l + 1, y);
        if (outside(y)) {
            std::memset(to, 0, 4 * scratch_.columns * groups);
            return;
        }
        const Word* taps[most_taps];
        taps_of(step, l, y, taps);
        Word* out[most_groups];
        const Word* add[most_groups];
        const Word* added = step.add >= 0 ? row(step.add + 1, y) : nullptr;
        for (int g = 0; g < groups; ++g) {
            out[g] = to + g * scratch_.columns;
            add[g] = step.add >= 0 ? added + g * scratch_.columns : nullptr;
        }
        const Hidden hidden{out, step.add >= 0 ? add : nullptr, step.slope.empty() ? nullptr : step.slope.data(),
                            step.requant.data(), step.add_factor};
        const std::ptrdiff_t end = margin + cells();
        std::ptrdiff_t x = margin;
        while (x < end) {
            const std::ptrdiff_t left = (end - x + V::lanes - 1) / V::lanes;  // vectors
            if (left >= V::vectors && left != V::vectors + 1) {  // two halves rather than a lonely last one
                hidden_columns<V::vectors>(step, taps, hidden, x);
                x += V::vectors * V::lanes;
            } else if (left > 1) {
                hidden_columns<2>(step, taps, hidden, x);
                x += 2 * V::lanes;
            } else {
                hidden_columns<1>(step, taps, hidden, x);
                x += V::lanes;
            }
        }
        for (int g = 0; g < groups; ++g) {
            for (std::ptrdiff_t i = end; i < x; ++i) out[g][i] = 0;  // beyond the picture's right border
        }
    }

    template <int P>
    FRAMELIFT_INLINE void hidden_columns(const Step& step, const Word* const* taps, const Hidden& to, std::ptrdiff_t x) {
        const Word* weights = step.weights.data();
        int channel = 0;
        for (; channel + V::channels <= step.channels; channel += V::channels) {
            hidden_block<V::channels, P>(step, taps, to, x, channel, weights);
            weights += V::channels * step.taps;
        }
        if (channel < step.channels) hidden_block<least_channels, P>(step, taps, to, x, channel, weights);
    }

    template <int O, int P>
    FRAMELIFT_INLINE void hidden_block(const Step& step, const Word* const* taps, const Hidden& to, std::ptrdiff_t x,
                                       int channel, const Word* weights) {
        typename A::Sum sums[O][P];
        convolve<A, O, P>(taps, step.taps, x, weights, step.bias.data() + channel, sums);
        A::template store<O, P>(sums, to, channel, x);
    }

    FRAMELIFT_INLINE void last_layer(const Step& step, int l, std::ptrdiff_t y) {
        const Word* taps[most_taps];
        taps_of(step, l, y, taps);
        std::ptrdiff_t cell = rect_.left;
        if (step.channels == least_channels) {
            for (; cell + V::tail_vectors * V::lanes <= rect_.right; cell += V::tail_vectors * V::lanes) {
                last_columns<V::tail_vectors>(step, taps, y, cell);
            }
        }
        for (; cell + V::vectors * V::lanes <= rect_.right; cell += V::vectors * V::lanes) {
            last_columns<V::vectors>(step, taps, y, cell);
        }
        for (; cell < rect_.right; cell += V::lanes) last_columns<1>(step, taps, y, cell);
    }

    template <int P>
    FRAMELIFT_INLINE void last_columns(const Step& step, const Word* const* taps, std::ptrdiff_t y, std::ptrdiff_t cell) {
        constexpr std::ptrdiff_t pitch = P * V::lanes;
        alignas(64) float tile[largest_tail * pitch];
        const std::ptrdiff_t x = margin + cell - left_;
        const Word* weights = step.weights.data();
        int channel = 0;
        for (; channel + V::channels <= step.channels; channel += V::channels) {
            last_block<V::channels, P>(step, taps, x, channel, weights, tile + channel * pitch);
            weights += V::channels * step.taps;
        }
        if (channel < step.channels) {
            last_block<least_channels, P>(step, taps, x, channel, weights, tile + channel * pitch);
        }
        const std::ptrdiff_t left = rect_.right - cell;
        store_cells<V>(plan_, luma_, tile, pitch, y, cell, left < pitch ? left : pitch);
    }

    template <int O, int P>
    FRAMELIFT_INLINE void last_block(const Step& step, const Word* const* taps, std::ptrdiff_t x, int channel,
                                     const Word* weights, float* tile) {
        typename A::Sum sums[O][P];
        convolve<A, O, P>(taps, step.taps, x, weights, step.bias.data() + channel, sums);
#pragma GCC unroll 8
        for (int o = 0; o < O; ++o) {
#pragma GCC unroll 8
            for (int p = 0; p < P; ++p) {
                V::store(tile + o * P * V::lanes + p * V::lanes, A::value(sums[o][p], step.requant.data(), channel + o));
            }
        }
    }

    const Plan& plan_;
    const Luma<Code>& luma_;
    const Rect rect_;
    const std::ptrdiff_t height_, left_, right_;  // in cells; the strip's columns with what they depend on
    const Scratch scratch_;
    Word* const rows_;
    Value* const values_;
};

template <class A, typename Code>
void run_strip(const Plan& plan, const Luma<Code>& luma, const Rect& rect, std::byte* scratch) {
    Strip<A, Code>(plan, luma, rect, scratch).run();
}

// The sums of one block of channels, over and over, on zeros.
template <class A>
double spin(std::int64_t rounds) {
    using V = typename A::Vectors;
    constexpr int O = V::channels, P = V::vectors;
    typename A::Sum sums[O][P];
    for (int o = 0; o < O; ++o) {
        for (int p = 0; p < P; ++p) sums[o][p] = A::start(0);
    }
    auto columns = V::all(Word{0}), weight = V::all(Word{0});
    V::hide(weight);
    for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 8
        for (int o = 0; o < O; ++o) {
#pragma GCC unroll 8
            for (int p = 0; p < P; ++p) {
                V::hide(columns);  // or equal products would be made once
                sums[o][p] = A::dot(sums[o][p], columns, weight);
            }
        }
    }
    constexpr float requant[O] = {};
    auto total = V::all(0.0f);
    for (int o = 0; o < O; ++o) {
        for (int p = 0; p < P; ++p) total = V::add(total, A::value(sums[o][p], requant, o));
    }
    float result[V::lanes];
    V::store(result, total);
    volatile float kept = result[0];  // or the compiler sees that nobody wants the sums
    (void)kept;
    return 2.0 * per_word(A::format) * V::lanes * O * P * static_cast<double>(rounds);
}

template <class A>
constexpr Kernel kernel_of(const char* name) {
    return {name, A::format, A::Vectors::channels, &run_strip<A, std::uint8_t>, &run_strip<A, std::uint16_t>, &run_strip<A, float>, &spin<A>};
}

}  // namespace framelift::stack
