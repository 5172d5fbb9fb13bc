// Values to codes, the same on every instruction set and in the reference.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "../multiversion.h"

namespace framelift::stack {

// The nearest whole number within 0..largest (below 2^22), halves to even. NaN becomes 0.
FRAMELIFT_INLINE std::uint32_t nearest(float value, float largest) {
    const float positive = value > 0.0f ? value : 0.0f;
    const float clipped = positive < largest ? positive : largest;
    return std::bit_cast<std::uint32_t>(clipped + 12582912.0f) - 0x4b400000u;  // 1.5 * 2^23 leaves no room for fractions
}

// A sample of a plane in the stack's own units: codes 0..255 for the integer formats and bfloat16, 0..1 for floats.
template <typename Code>
FRAMELIFT_INLINE std::uint8_t input_code(Code sample, float largest) {
    return static_cast<std::uint8_t>(nearest(static_cast<float>(sample) * (255.0f / largest), 255.0f));
}

template <typename Code>
FRAMELIFT_INLINE float input_value(Code sample, float largest, float unit) {
    return static_cast<float>(sample) * (unit / largest);
}

// What is stored: a code, or for float planes the value itself.
template <typename Code>
FRAMELIFT_INLINE Code sample_from(float value, float largest) {
    if constexpr (std::is_floating_point_v<Code>) {
        return value;
    } else {
        return static_cast<Code>(nearest(value, largest));
    }
}

}  // namespace framelift::stack
