// 512-bit vectors. Included by files compiled for AVX-512 only.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "../multiversion.h"
#include "plan.h"

namespace framelift::stack {

struct Avx512 {
    using Float = __m512;
    using Int = __m512i;
    static constexpr int lanes = 16;
    static constexpr int channels = 8;       // output channels times vectors of columns held in registers at once:
    static constexpr int vectors = 3;        // 24 of 32 registers hold sums
    static constexpr int tail_vectors = 6;   // for the last layer's 4 channels

    static FRAMELIFT_INLINE Int load(const Word* p) { return _mm512_loadu_si512(p); }
    static FRAMELIFT_INLINE void store(Word* p, Int v) { _mm512_storeu_si512(p, v); }
    static FRAMELIFT_INLINE void store(float* p, Float v) { _mm512_storeu_ps(p, v); }
    static FRAMELIFT_INLINE Float load(const float* p) { return _mm512_loadu_ps(p); }
    static FRAMELIFT_INLINE Int load(const std::uint8_t* p) {
        return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    static FRAMELIFT_INLINE Int load(const std::uint16_t* p) {
        return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    }
    // The low 16 bits of each lane.
    static FRAMELIFT_INLINE void store_halves(std::uint8_t* p, Int v) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(v));
    }
    static FRAMELIFT_INLINE Int all(Word w) { return _mm512_set1_epi32(static_cast<int>(w)); }
    static FRAMELIFT_INLINE Float all(float v) { return _mm512_set1_ps(v); }
    // The compiler must take it for a new value.
    static FRAMELIFT_INLINE void hide(Int& v) { asm volatile("" : "+v"(v)); }
    static FRAMELIFT_INLINE Float as_float(Int v) { return _mm512_castsi512_ps(v); }
    static FRAMELIFT_INLINE Int as_int(Float v) { return _mm512_castps_si512(v); }

    static FRAMELIFT_INLINE Float add(Float a, Float b) { return _mm512_add_ps(a, b); }
    static FRAMELIFT_INLINE Float mul(Float a, Float b) { return _mm512_mul_ps(a, b); }
    static FRAMELIFT_INLINE Float max(Float a, Float b) { return _mm512_max_ps(a, b); }
    static FRAMELIFT_INLINE Float min(Float a, Float b) { return _mm512_min_ps(a, b); }
    static FRAMELIFT_INLINE Float multiply_add(Float sum, Float a, Float b) { return _mm512_fmadd_ps(a, b, sum); }
    static FRAMELIFT_INLINE Float float_from_int(Int v) { return _mm512_cvtepi32_ps(v); }
    static FRAMELIFT_INLINE Int int_from_float(Float v) { return _mm512_cvtps_epi32(v); }

    static FRAMELIFT_INLINE Int add(Int a, Int b) { return _mm512_add_epi32(a, b); }
    static FRAMELIFT_INLINE Int bits_and(Int a, Int b) { return _mm512_and_si512(a, b); }
    static FRAMELIFT_INLINE Int bits_or(Int a, Int b) { return _mm512_or_si512(a, b); }
    template <int n> static FRAMELIFT_INLINE Int shift_left(Int v) { return _mm512_slli_epi32(v, n); }
    template <int n> static FRAMELIFT_INLINE Int shift_right(Int v) { return _mm512_srli_epi32(v, n); }

    static FRAMELIFT_INLINE Int dot_int16x2(Int sum, Int a, Int b) {
        // Left to itself GCC 12 carries sums through memory from one tap to the next.
        asm("vpaddd %1, %0, %0" : "+v"(sum) : "v"(_mm512_madd_epi16(a, b)));
        return sum;
    }

    // Four vectors of int32, clipped to 0..255, to the bytes of one.
    static FRAMELIFT_INLINE Int bytes_from_ints(Int a, Int b, Int c, Int d) {
        const Int packed = _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
        return _mm512_shuffle_epi8(
            packed, _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)));
    }

    // Two vectors of int32, clipped to 0..255, to the 16-bit halves of one.
    static FRAMELIFT_INLINE Int halves_from_ints(Int a, Int b) {
        const Int packed = _mm512_packs_epi32(a, b);
        const Int clipped = _mm512_min_epi16(_mm512_max_epi16(packed, _mm512_setzero_si512()), _mm512_set1_epi16(255));
        return _mm512_shuffle_epi8(
            clipped, _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15)));
    }
};

#if defined(__AVX512VNNI__)
struct Avx512Vnni : Avx512 {
    static FRAMELIFT_INLINE Int dot_int8x4(Int sum, Int unsigned_bytes, Int signed_bytes) {
        // Left to itself GCC 12 carries sums through memory from one tap to the next.
        asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(unsigned_bytes), "v"(signed_bytes));
        return sum;
    }
};
#endif

#if defined(__AVX512BF16__)
struct Avx512Bf16 : Avx512 {
    static FRAMELIFT_INLINE Float dot_bf16(Float sum, Int a, Int b) {
        return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
    }
};
#endif

}  // namespace framelift::stack
