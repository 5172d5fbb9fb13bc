// What the pure maths is compiled to: one function per code type, each in several versions (see multiversion.h).
// Arguments are trusted; module.cpp checks them.
#pragma once

#include <cstdint>

#include "colour.h"
#include "plane.h"
#include "resample.h"
#include "rgb.h"

namespace framelift::kernels {

using Code8 = std::uint8_t;
using Code16 = std::uint16_t;

// Output rows y0 up to, but not with, y1: threads may share a plane.
void resample_rows(const Plane<const Code8>&, const Plane<Code8>&, const Taps& rows, const Taps& columns,
                   float max_code, std::ptrdiff_t y0, std::ptrdiff_t y1);
void resample_rows(const Plane<const Code16>&, const Plane<Code16>&, const Taps& rows, const Taps& columns,
                   float max_code, std::ptrdiff_t y0, std::ptrdiff_t y1);

void resample_values(const Plane<const float>&, const Plane<float>&, const Taps& rows, const Taps& columns);

void tensor_from_plane(const Plane<const Code8>& plane, const Plane<float>& tensor, float max_code);
void tensor_from_plane(const Plane<const Code16>& plane, const Plane<float>& tensor, float max_code);
void plane_from_tensor(const Plane<const float>& tensor, const Plane<Code8>& plane, float max_code);
void plane_from_tensor(const Plane<const float>& tensor, const Plane<Code16>& plane, float max_code);

void rgb_from_yuv(const Planes<const Code8>& yuv, const Planes<float>& rgb, const Taps& rows, const Taps& columns,
                  const ColourCoefficients&);
void rgb_from_yuv(const Planes<const Code16>& yuv, const Planes<float>& rgb, const Taps& rows, const Taps& columns,
                  const ColourCoefficients&);
void yuv_from_rgb(const Planes<const float>& rgb, const Planes<Code8>& yuv, const Taps& rows, const Taps& columns,
                  const ColourCoefficients&, float max_code);
void yuv_from_rgb(const Planes<const float>& rgb, const Planes<Code16>& yuv, const Taps& rows, const Taps& columns,
                  const ColourCoefficients&, float max_code);

void luma_from_rgb(const Planes<const Code8>& rgb, const Plane<float>& luma, const LumaWeights&, float max_code);
void luma_from_rgb(const Planes<const Code16>& rgb, const Plane<float>& luma, const LumaWeights&, float max_code);
void luma_from_rgb(const Planes<const float>& rgb, const Plane<Code8>& luma, const LumaWeights&, float max_code);
void luma_from_rgb(const Planes<const float>& rgb, const Plane<Code16>& luma, const LumaWeights&, float max_code);
void rgb_with_luma(const Planes<const Code8>&, const Plane<const float>& luma, const Planes<Code8>&, const Taps& rows,
                   const Taps& columns, const LumaWeights&, float max_code);
void rgb_with_luma(const Planes<const Code16>&, const Plane<const float>& luma, const Planes<Code16>&,
                   const Taps& rows, const Taps& columns, const LumaWeights&, float max_code);

}  // namespace framelift::kernels
