// What the pure maths is compiled to: one function per code type, each in several versions (see multiversion.h).
// Arguments are trusted; module.cpp checks them.
#pragma once

#include <cstdint>

#include "plane.h"
#include "resample.h"

namespace framelift::kernels {

using Code8 = std::uint8_t;
using Code16 = std::uint16_t;

void resample(const Plane<const Code8>&, const Plane<Code8>&, const Taps& rows, const Taps& columns, float max_code);
void resample(const Plane<const Code16>&, const Plane<Code16>&, const Taps& rows, const Taps& columns, float max_code);
void resample_values(const Plane<const float>&, const Plane<float>&, const Taps& rows, const Taps& columns);
void tensor_from_plane(const Plane<const Code8>& plane, const Plane<float>& tensor, float max_code);
void tensor_from_plane(const Plane<const Code16>& plane, const Plane<float>& tensor, float max_code);
void plane_from_tensor(const Plane<const float>& tensor, const Plane<Code8>& plane, float max_code);
void plane_from_tensor(const Plane<const float>& tensor, const Plane<Code16>& plane, float max_code);

}  // namespace framelift::kernels
