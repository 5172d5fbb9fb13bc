// Between planes of codes and the float planes a network takes and gives: value = code / max_code. The references are
// in engine/native_ref.py.
#pragma once

#include "multiversion.h"
#include "plane.h"

namespace framelift {

template <typename Code>
FRAMELIFT_INLINE void load_values(const Code* codes, float max_code, std::ptrdiff_t width, float* values) {
    for (std::ptrdiff_t x = 0; x < width; ++x) values[x] = static_cast<float>(codes[x]) / max_code;
}

template <typename Code>
FRAMELIFT_INLINE void tensor_from_plane(const Plane<const Code>& plane, const Plane<float>& tensor, float max_code) {
    for (std::ptrdiff_t y = 0; y < plane.height; ++y) load_values(plane.row(y), max_code, plane.width, tensor.row(y));
}

template <typename Code>
FRAMELIFT_INLINE void quantise(const float* values, float max_code, std::ptrdiff_t width, Code* codes) {
    for (std::ptrdiff_t x = 0; x < width; ++x) codes[x] = code_from_value<Code>(values[x] * max_code, max_code);
}

template <typename Code>
FRAMELIFT_INLINE void plane_from_tensor(const Plane<const float>& tensor, const Plane<Code>& plane, float max_code) {
    for (std::ptrdiff_t y = 0; y < plane.height; ++y) quantise(tensor.row(y), max_code, plane.width, plane.row(y));
}

}  // namespace framelift
