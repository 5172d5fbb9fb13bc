// 256-bit vectors. Included by files compiled for AVX2 only.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "../multiversion.h"
#include "plan.h"

namespace framelift::stack {

struct Avx2 {
    using Float = __m256;
    using Int = __m256i;
    static constexpr int lanes = 8;
    static constexpr int channels = 4;  // 8 of 16 registers hold sums
    static constexpr int vectors = 2;
    static constexpr int tail_vectors = 2;

    static FRAMELIFT_INLINE Int load(const Word* p) { return _mm256_loadu_si256(reinterpret_cast<const Int*>(p)); }
    static FRAMELIFT_INLINE void store(Word* p, Int v) { _mm256_storeu_si256(reinterpret_cast<Int*>(p), v); }
    static FRAMELIFT_INLINE void store(float* p, Float v) { _mm256_storeu_ps(p, v); }
    static FRAMELIFT_INLINE Float load(const float* p) { return _mm256_loadu_ps(p); }
    static FRAMELIFT_INLINE Int load(const std::uint8_t* p) {
        return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    }
    static FRAMELIFT_INLINE Int load(const std::uint16_t* p) {
        return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    // The low 16 bits of each lane.
    static FRAMELIFT_INLINE void store_halves(std::uint8_t* p, Int v) {
        const __m128i low = _mm256_castsi256_si128(v), high = _mm256_extracti128_si256(v, 1);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(low, high));
    }
    static FRAMELIFT_INLINE Int all(Word w) { return _mm256_set1_epi32(static_cast<int>(w)); }
    static FRAMELIFT_INLINE Float all(float v) { return _mm256_set1_ps(v); }
    // The compiler must take it for a new value.
    static FRAMELIFT_INLINE void hide(Int& v) { asm volatile("" : "+x"(v)); }
    static FRAMELIFT_INLINE Float as_float(Int v) { return _mm256_castsi256_ps(v); }
    static FRAMELIFT_INLINE Int as_int(Float v) { return _mm256_castps_si256(v); }

    static FRAMELIFT_INLINE Float add(Float a, Float b) { return _mm256_add_ps(a, b); }
    static FRAMELIFT_INLINE Float mul(Float a, Float b) { return _mm256_mul_ps(a, b); }
    static FRAMELIFT_INLINE Float max(Float a, Float b) { return _mm256_max_ps(a, b); }
    static FRAMELIFT_INLINE Float min(Float a, Float b) { return _mm256_min_ps(a, b); }
    static FRAMELIFT_INLINE Float multiply_add(Float sum, Float a, Float b) { return _mm256_fmadd_ps(a, b, sum); }
    static FRAMELIFT_INLINE Float float_from_int(Int v) { return _mm256_cvtepi32_ps(v); }
    static FRAMELIFT_INLINE Int int_from_float(Float v) { return _mm256_cvtps_epi32(v); }

    static FRAMELIFT_INLINE Int bits_and(Int a, Int b) { return _mm256_and_si256(a, b); }
    static FRAMELIFT_INLINE Int bits_or(Int a, Int b) { return _mm256_or_si256(a, b); }
    template <int n> static FRAMELIFT_INLINE Int shift_left(Int v) { return _mm256_slli_epi32(v, n); }
    template <int n> static FRAMELIFT_INLINE Int shift_right(Int v) { return _mm256_srli_epi32(v, n); }

    static FRAMELIFT_INLINE Int dot_int16x2(Int sum, Int a, Int b) {
        // Left to itself GCC 12 carries sums through memory from one tap to the next.
        asm("vpaddd %1, %0, %0" : "+x"(sum) : "x"(_mm256_madd_epi16(a, b)));
        return sum;
    }

    // Four vectors of int32, clipped to 0..255, to the bytes of one.
    static FRAMELIFT_INLINE Int bytes_from_ints(Int a, Int b, Int c, Int d) {
        const Int packed = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
        return _mm256_shuffle_epi8(packed, _mm256_broadcastsi128_si256(_mm_setr_epi8(
                                               0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)));
    }

    // Two vectors of int32, clipped to 0..255, to the 16-bit halves of one.
    static FRAMELIFT_INLINE Int halves_from_ints(Int a, Int b) {
        const Int packed = _mm256_packs_epi32(a, b);
        const Int clipped = _mm256_min_epi16(_mm256_max_epi16(packed, _mm256_setzero_si256()), _mm256_set1_epi16(255));
        return _mm256_shuffle_epi8(clipped, _mm256_broadcastsi128_si256(_mm_setr_epi8(
                                                0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15)));
    }
};

#if defined(__AVXVNNI__)
struct AvxVnni : Avx2 {
    static FRAMELIFT_INLINE Int dot_int8x4(Int sum, Int unsigned_bytes, Int signed_bytes) {
        // Left to itself GCC 12 carries sums through memory from one tap to the next.
        asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(unsigned_bytes), "x"(signed_bytes));
        return sum;
    }
};
#endif

}  // namespace framelift::stack
