// The four arithmetics, each over any vectors V: how sums begin and grow, and what becomes of a hidden layer's sums.
//
// `sums[o][p]` are those of output channel o and the p-th vector of columns. A hidden layer's are activated, the
// activated output of an earlier layer is added where there is one, and they are stored as words of the next layer.
#pragma once

#include <bit>

#include "../multiversion.h"
#include "plan.h"

namespace framelift::stack {

struct Hidden {
    Word* const* out;        // first word of each output group's row
    const Word* const* add;  // likewise of the tensor to add, or null
    const float* slope;      // of each channel, or null
    const float* requant;
    float add_factor;
};

template <class V>
FRAMELIFT_INLINE typename V::Float activated(typename V::Float value, const float* slope, int channel) {
    const auto zero = V::all(0.0f);
    if (slope == nullptr) return V::max(value, zero);
    return V::add(V::max(value, zero), V::mul(V::all(slope[channel]), V::min(value, zero)));
}

template <class V>
struct F32 {
    using Vectors = V;
    using Sum = typename V::Float;
    using Value = float;
    static constexpr Format format = Format::f32;

    static FRAMELIFT_INLINE Sum start(Word bias) { return V::as_float(V::all(bias)); }
    static FRAMELIFT_INLINE Sum dot(Sum sum, typename V::Int columns, typename V::Int weight) {
        return V::multiply_add(sum, V::as_float(columns), V::as_float(weight));
    }
    static FRAMELIFT_INLINE typename V::Float value(Sum sum, const float*, int) { return sum; }
    static FRAMELIFT_INLINE Word word(const float* values) { return std::bit_cast<Word>(values[0]); }

    template <int O, int P>
    static FRAMELIFT_INLINE void store(const Sum (&sums)[O][P], const Hidden& to, int channel, std::ptrdiff_t x) {
#pragma GCC unroll 8
        for (int o = 0; o < O; ++o) {
#pragma GCC unroll 8
            for (int p = 0; p < P; ++p) {
                const std::ptrdiff_t at = x + p * V::lanes;
                auto v = activated<V>(sums[o][p], to.slope, channel + o);
                if (to.add != nullptr) v = V::add(v, V::as_float(V::load(to.add[channel + o] + at)));
                V::store(to.out[channel + o] + at, V::as_int(v));
            }
        }
    }
};

template <class V>
struct Bf16 {
    using Vectors = V;
    using Sum = typename V::Float;
    using Value = float;
    static constexpr Format format = Format::bf16;

    static FRAMELIFT_INLINE Sum start(Word bias) { return V::as_float(V::all(bias)); }
    static FRAMELIFT_INLINE Sum dot(Sum sum, typename V::Int columns, typename V::Int weight) {
        return V::dot_bf16(sum, columns, weight);
    }
    static FRAMELIFT_INLINE typename V::Float value(Sum sum, const float*, int) { return sum; }
    static FRAMELIFT_INLINE Word word(const float* values) { return bf16_bits(values[0]) | bf16_bits(values[1]) << 16; }

    template <int O, int P>
    static FRAMELIFT_INLINE void store(const Sum (&sums)[O][P], const Hidden& to, int channel, std::ptrdiff_t x) {
        const auto high = V::all(0xffff0000u), rounding = V::all(0x8000u);
#pragma GCC unroll 8
        for (int o = 0; o < O; o += 2) {
            const int group = (channel + o) / 2;
#pragma GCC unroll 8
            for (int p = 0; p < P; ++p) {
                const std::ptrdiff_t at = x + p * V::lanes;
                auto even = activated<V>(sums[o][p], to.slope, channel + o);
                auto odd = activated<V>(sums[o + 1][p], to.slope, channel + o + 1);
                if (to.add != nullptr) {
                    const auto pair = V::load(to.add[group] + at);
                    even = V::add(even, V::as_float(V::template shift_left<16>(pair)));
                    odd = V::add(odd, V::as_float(V::bits_and(pair, high)));
                }
                const auto low_half = V::template shift_right<16>(V::add(V::as_int(even), rounding));
                const auto high_half = V::bits_and(V::add(V::as_int(odd), rounding), high);
                V::store(to.out[group] + at, V::bits_or(low_half, high_half));
            }
        }
    }
};

// Sums of integers to codes: scaled, ReLU, and the added codes, in float; halves are rounded to even.
template <class V, int shift, Word mask>
FRAMELIFT_INLINE typename V::Int codes_from_sums(typename V::Int sum, const Hidden& to, int channel,
                                                 typename V::Int added) {
    auto v = V::mul(V::float_from_int(sum), V::all(to.requant[channel]));
    if (to.add != nullptr) {
        const auto codes = V::bits_and(V::template shift_right<shift>(added), V::all(mask));
        v = V::add(V::max(v, V::all(0.0f)), V::mul(V::float_from_int(codes), V::all(to.add_factor)));
    }
    return V::int_from_float(v);  // clipping to 0..255, which is the ReLU, is left to the packing
}

template <class V>
struct Integers {
    using Vectors = V;
    using Sum = typename V::Int;
    using Value = std::uint8_t;

    static FRAMELIFT_INLINE Sum start(Word bias) { return V::all(bias); }
    static FRAMELIFT_INLINE typename V::Float value(Sum sum, const float* requant, int channel) {
        return V::mul(V::float_from_int(sum), V::all(requant[channel]));
    }
};

template <class V>
struct Int8x4 : Integers<V> {
    using typename Integers<V>::Sum;
    static constexpr Format format = Format::int8x4;

    static FRAMELIFT_INLINE Sum dot(Sum sum, typename V::Int columns, typename V::Int weight) {
        return V::dot_int8x4(sum, columns, weight);
    }
    static FRAMELIFT_INLINE Word word(const std::uint8_t* v) {
        return static_cast<Word>(v[0]) | static_cast<Word>(v[1]) << 8 | static_cast<Word>(v[2]) << 16 |
               static_cast<Word>(v[3]) << 24;
    }

    template <int O, int P>
    static FRAMELIFT_INLINE void store(const Sum (&sums)[O][P], const Hidden& to, int channel, std::ptrdiff_t x) {
#pragma GCC unroll 8
        for (int o = 0; o < O; o += 4) {
            const int c = channel + o;
#pragma GCC unroll 8
            for (int p = 0; p < P; ++p) {
                const std::ptrdiff_t at = x + p * V::lanes;
                const auto added = to.add != nullptr ? V::load(to.add[c / 4] + at) : V::all(0u);
                V::store(to.out[c / 4] + at, V::bytes_from_ints(codes_from_sums<V, 0, 255>(sums[o][p], to, c, added),
                                                                codes_from_sums<V, 8, 255>(sums[o + 1][p], to, c + 1, added),
                                                                codes_from_sums<V, 16, 255>(sums[o + 2][p], to, c + 2, added),
                                                                codes_from_sums<V, 24, 255>(sums[o + 3][p], to, c + 3, added)));
            }
        }
    }
};

// For processors without a dot product of bytes: the same integers in 16 bits, for a product of bytes in pairs
// (maddubs) clips its sums.
template <class V>
struct Int16x2 : Integers<V> {
    using typename Integers<V>::Sum;
    static constexpr Format format = Format::int16x2;

    static FRAMELIFT_INLINE Sum dot(Sum sum, typename V::Int columns, typename V::Int weight) {
        return V::dot_int16x2(sum, columns, weight);
    }
    static FRAMELIFT_INLINE Word word(const std::uint8_t* v) {
        return static_cast<Word>(v[0]) | static_cast<Word>(v[1]) << 16;
    }

    template <int O, int P>
    static FRAMELIFT_INLINE void store(const Sum (&sums)[O][P], const Hidden& to, int channel, std::ptrdiff_t x) {
#pragma GCC unroll 8
        for (int o = 0; o < O; o += 2) {
            const int c = channel + o;
#pragma GCC unroll 8
            for (int p = 0; p < P; ++p) {
                const std::ptrdiff_t at = x + p * V::lanes;
                const auto added = to.add != nullptr ? V::load(to.add[c / 2] + at) : V::all(0u);
                V::store(to.out[c / 2] + at,
                         V::halves_from_ints(codes_from_sums<V, 0, 0xffff>(sums[o][p], to, c, added),
                                             codes_from_sums<V, 16, 0xffff>(sums[o + 1][p], to, c + 1, added)));
            }
        }
    }
};

}  // namespace framelift::stack
