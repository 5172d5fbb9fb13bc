// 128-bit vectors: what every 64-bit ARM processor has.
#pragma once

#include <arm_neon.h>

#include <cstdint>
#include <cstring>

#include "../multiversion.h"
#include "plan.h"

namespace framelift::stack {

struct Neon {
    using Float = float32x4_t;
    using Int = int32x4_t;
    static constexpr int lanes = 4;
    static constexpr int channels = 4;  // 16 of 32 registers hold sums
    static constexpr int vectors = 4;
    static constexpr int tail_vectors = 4;

    static FRAMELIFT_INLINE Float load(const float* p) { return vld1q_f32(p); }
    static FRAMELIFT_INLINE Int load(const std::uint8_t* p) {
        Word four;
        std::memcpy(&four, p, sizeof four);
        const uint8x8_t bytes = vreinterpret_u8_u32(vdup_n_u32(four));
        return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
    }
    static FRAMELIFT_INLINE Int load(const std::uint16_t* p) { return vreinterpretq_s32_u32(vmovl_u16(vld1_u16(p))); }
    // The low 16 bits of each lane.
    static FRAMELIFT_INLINE void store_halves(std::uint8_t* p, Int v) {
        vst1_u8(p, vreinterpret_u8_u16(vmovn_u32(vreinterpretq_u32_s32(v))));
    }
    static FRAMELIFT_INLINE Int load(const Word* p) { return vreinterpretq_s32_u32(vld1q_u32(p)); }
    static FRAMELIFT_INLINE void store(Word* p, Int v) { vst1q_u32(p, vreinterpretq_u32_s32(v)); }
    static FRAMELIFT_INLINE void store(float* p, Float v) { vst1q_f32(p, v); }
    static FRAMELIFT_INLINE Int all(Word w) { return vreinterpretq_s32_u32(vdupq_n_u32(w)); }
    static FRAMELIFT_INLINE Float all(float v) { return vdupq_n_f32(v); }
    // The compiler must take it for a new value.
    static FRAMELIFT_INLINE void hide(Int& v) { asm volatile("" : "+w"(v)); }
    static FRAMELIFT_INLINE Float as_float(Int v) { return vreinterpretq_f32_s32(v); }
    static FRAMELIFT_INLINE Int as_int(Float v) { return vreinterpretq_s32_f32(v); }

    static FRAMELIFT_INLINE Float add(Float a, Float b) { return vaddq_f32(a, b); }
    static FRAMELIFT_INLINE Float mul(Float a, Float b) { return vmulq_f32(a, b); }
    static FRAMELIFT_INLINE Float max(Float a, Float b) { return vmaxnmq_f32(a, b); }
    static FRAMELIFT_INLINE Float min(Float a, Float b) { return vminnmq_f32(a, b); }
    static FRAMELIFT_INLINE Float multiply_add(Float sum, Float a, Float b) { return vfmaq_f32(sum, a, b); }
    static FRAMELIFT_INLINE Float float_from_int(Int v) { return vcvtq_f32_s32(v); }
    static FRAMELIFT_INLINE Int int_from_float(Float v) { return vcvtnq_s32_f32(v); }

    static FRAMELIFT_INLINE Int bits_or(Int a, Int b) { return vorrq_s32(a, b); }
    template <int n> static FRAMELIFT_INLINE Int shift_left(Int v) { return vshlq_n_s32(v, n); }
    static FRAMELIFT_INLINE Int bits_and(Int a, Int b) { return vandq_s32(a, b); }
    template <int n> static FRAMELIFT_INLINE Int shift_right(Int v) {
        if constexpr (n == 0) return v;  // which the instruction cannot encode
        else return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(v), n));
    }

    // 255 * 127 fits 16 bits, so a pair of products is widened only when it is added.
    static FRAMELIFT_INLINE Int dot_int16x2(Int sum, Int codes, Int weights) {
        return vpadalq_s16(sum, vmulq_s16(vreinterpretq_s16_s32(codes), vreinterpretq_s16_s32(weights)));
    }

    // Four vectors of int32, clipped to 0..255, to the bytes of one.
    static FRAMELIFT_INLINE Int bytes_from_ints(Int a, Int b, Int c, Int d) {
        static constexpr std::uint8_t order[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
        const uint8x16_t packed = vqmovun_high_s16(vqmovun_s16(vqmovn_high_s32(vqmovn_s32(a), b)),
                                                   vqmovn_high_s32(vqmovn_s32(c), d));
        return vreinterpretq_s32_u8(vqtbl1q_u8(packed, vld1q_u8(order)));
    }

    // Two vectors of int32, clipped to 0..255, to the 16-bit halves of one.
    static FRAMELIFT_INLINE Int halves_from_ints(Int a, Int b) { return vsliq_n_s32(clipped(a), clipped(b), 16); }

private:
    static FRAMELIFT_INLINE Int clipped(Int v) { return vminq_s32(vmaxq_s32(v, vdupq_n_s32(0)), vdupq_n_s32(255)); }
};

#if defined(__ARM_FEATURE_DOTPROD)
struct NeonDot : Neon {
    // The instruction takes signed bytes: codes less 128.
    static FRAMELIFT_INLINE Int dot_int8x4(Int sum, Int codes, Int weights) {
        return vdotq_s32(sum, vreinterpretq_s8_s32(veorq_s32(codes, all(0x80808080u))), vreinterpretq_s8_s32(weights));
    }
};
#endif

}  // namespace framelift::stack
