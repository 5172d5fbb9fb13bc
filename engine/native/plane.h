// A two-dimensional view of samples that somebody else owns, and the rounding of values to codes.
#pragma once

#include <cstddef>

#include "multiversion.h"

namespace framelift {

// Rows may lie any number of elements apart (padded, or negative: bottom-up); within a row samples touch.
template <typename T>
struct Plane {
    T* data;
    std::ptrdiff_t stride;  // elements from one row to the next
    std::ptrdiff_t height;
    std::ptrdiff_t width;

    T* row(std::ptrdiff_t y) const { return data + y * stride; }
};

// The nearest code within 0..max_code, halves rounded up. NaN becomes 0: it fails the first comparison.
template <typename Code>
FRAMELIFT_INLINE Code code_from_value(float value, float max_code) {
    const float shifted = value + 0.5f;
    const float positive = shifted > 0.0f ? shifted : 0.0f;
    return static_cast<Code>(static_cast<int>(positive < max_code ? positive : max_code));
}

}  // namespace framelift
