// 128-bit vectors: what every x86-64 processor since 2008 has. Included by files compiled for SSE4.1 only.
#pragma once

#include <smmintrin.h>

#include <cstdint>

#include "../multiversion.h"
#include "plan.h"

namespace framelift::stack {

struct Sse41 {
    using Float = __m128;
    using Int = __m128i;
    static constexpr int lanes = 4;
    static constexpr int channels = 4;  // 8 of 16 registers hold sums
    static constexpr int vectors = 2;
    static constexpr int tail_vectors = 2;

    static FRAMELIFT_INLINE Int load(const Word* p) { return _mm_loadu_si128(reinterpret_cast<const Int*>(p)); }
    static FRAMELIFT_INLINE void store(Word* p, Int v) { _mm_storeu_si128(reinterpret_cast<Int*>(p), v); }
    static FRAMELIFT_INLINE void store(float* p, Float v) { _mm_storeu_ps(p, v); }
    static FRAMELIFT_INLINE Float load(const float* p) { return _mm_loadu_ps(p); }
    static FRAMELIFT_INLINE Int load(const std::uint8_t* p) { return _mm_cvtepu8_epi32(_mm_loadu_si32(p)); }
    static FRAMELIFT_INLINE Int load(const std::uint16_t* p) {
        return _mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    }
    // The low 16 bits of each lane.
    static FRAMELIFT_INLINE void store_halves(std::uint8_t* p, Int v) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(v, v));
    }
    static FRAMELIFT_INLINE Int all(Word w) { return _mm_set1_epi32(static_cast<int>(w)); }
    static FRAMELIFT_INLINE Float all(float v) { return _mm_set1_ps(v); }
    // The compiler must take it for a new value.
    static FRAMELIFT_INLINE void hide(Int& v) { asm volatile("" : "+x"(v)); }
    static FRAMELIFT_INLINE Float as_float(Int v) { return _mm_castsi128_ps(v); }
    static FRAMELIFT_INLINE Int as_int(Float v) { return _mm_castps_si128(v); }

    static FRAMELIFT_INLINE Float add(Float a, Float b) { return _mm_add_ps(a, b); }
    static FRAMELIFT_INLINE Float mul(Float a, Float b) { return _mm_mul_ps(a, b); }
    static FRAMELIFT_INLINE Float max(Float a, Float b) { return _mm_max_ps(a, b); }
    static FRAMELIFT_INLINE Float min(Float a, Float b) { return _mm_min_ps(a, b); }
    static FRAMELIFT_INLINE Float multiply_add(Float sum, Float a, Float b) { return _mm_add_ps(sum, _mm_mul_ps(a, b)); }
    static FRAMELIFT_INLINE Float float_from_int(Int v) { return _mm_cvtepi32_ps(v); }
    static FRAMELIFT_INLINE Int int_from_float(Float v) { return _mm_cvtps_epi32(v); }

    static FRAMELIFT_INLINE Int bits_and(Int a, Int b) { return _mm_and_si128(a, b); }
    static FRAMELIFT_INLINE Int bits_or(Int a, Int b) { return _mm_or_si128(a, b); }
    template <int n> static FRAMELIFT_INLINE Int shift_left(Int v) { return _mm_slli_epi32(v, n); }
    template <int n> static FRAMELIFT_INLINE Int shift_right(Int v) { return _mm_srli_epi32(v, n); }

    static FRAMELIFT_INLINE Int dot_int16x2(Int sum, Int a, Int b) {
        // Left to itself GCC 12 carries sums through memory from one tap to the next.
        asm("paddd %1, %0" : "+x"(sum) : "x"(_mm_madd_epi16(a, b)));
        return sum;
    }

    // Two vectors of int32, clipped to 0..255, to the 16-bit halves of one.
    static FRAMELIFT_INLINE Int halves_from_ints(Int a, Int b) {
        const Int packed = _mm_packs_epi32(a, b);
        const Int clipped = _mm_min_epi16(_mm_max_epi16(packed, _mm_setzero_si128()), _mm_set1_epi16(255));
        return _mm_shuffle_epi8(clipped, _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
    }
};

}  // namespace framelift::stack
