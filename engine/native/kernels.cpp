#include "kernels.h"

#include "multiversion.h"
#include "resample.h"
#include "rgb.h"
#include "tensor.h"

namespace framelift::kernels {

FRAMELIFT_MULTIVERSION void resample_rows(const Plane<const Code8>& source, const Plane<Code8>& output,
                                          const Taps& rows, const Taps& columns, float max_code, std::ptrdiff_t y0,
                                          std::ptrdiff_t y1) {
    framelift::resample_rows(source, output, rows, columns, StoreCodes{max_code}, y0, y1);
}

FRAMELIFT_MULTIVERSION void resample_rows(const Plane<const Code16>& source, const Plane<Code16>& output,
                                          const Taps& rows, const Taps& columns, float max_code, std::ptrdiff_t y0,
                                          std::ptrdiff_t y1) {
    framelift::resample_rows(source, output, rows, columns, StoreCodes{max_code}, y0, y1);
}

FRAMELIFT_MULTIVERSION void resample_values(const Plane<const float>& source, const Plane<float>& output,
                                            const Taps& rows, const Taps& columns) {
    framelift::resample_rows(source, output, rows, columns, StoreValues{}, 0, output.height);
}

FRAMELIFT_MULTIVERSION void tensor_from_plane(const Plane<const Code8>& plane, const Plane<float>& tensor,
                                              float max_code) {
    framelift::tensor_from_plane(plane, tensor, max_code);
}

FRAMELIFT_MULTIVERSION void tensor_from_plane(const Plane<const Code16>& plane, const Plane<float>& tensor,
                                              float max_code) {
    framelift::tensor_from_plane(plane, tensor, max_code);
}

FRAMELIFT_MULTIVERSION void plane_from_tensor(const Plane<const float>& tensor, const Plane<Code8>& plane,
                                              float max_code) {
    framelift::plane_from_tensor(tensor, plane, max_code);
}

FRAMELIFT_MULTIVERSION void plane_from_tensor(const Plane<const float>& tensor, const Plane<Code16>& plane,
                                              float max_code) {
    framelift::plane_from_tensor(tensor, plane, max_code);
}

FRAMELIFT_MULTIVERSION void rgb_from_yuv(const Planes<const Code8>& yuv, const Planes<float>& rgb, const Taps& rows,
                                         const Taps& columns, const ColourCoefficients& coefficients) {
    framelift::rgb_from_yuv(yuv, rgb, rows, columns, coefficients);
}

FRAMELIFT_MULTIVERSION void rgb_from_yuv(const Planes<const Code16>& yuv, const Planes<float>& rgb, const Taps& rows,
                                         const Taps& columns, const ColourCoefficients& coefficients) {
    framelift::rgb_from_yuv(yuv, rgb, rows, columns, coefficients);
}

FRAMELIFT_MULTIVERSION void yuv_from_rgb(const Planes<const float>& rgb, const Planes<Code8>& yuv, const Taps& rows,
                                         const Taps& columns, const ColourCoefficients& coefficients,
                                         float max_code) {
    framelift::yuv_from_rgb(rgb, yuv, rows, columns, coefficients, max_code);
}

FRAMELIFT_MULTIVERSION void yuv_from_rgb(const Planes<const float>& rgb, const Planes<Code16>& yuv, const Taps& rows,
                                         const Taps& columns, const ColourCoefficients& coefficients,
                                         float max_code) {
    framelift::yuv_from_rgb(rgb, yuv, rows, columns, coefficients, max_code);
}

FRAMELIFT_MULTIVERSION void luma_from_rgb(const Planes<const Code8>& rgb, const Plane<float>& luma,
                                          const LumaWeights& weights, float max_code) {
    framelift::luma_from_rgb(rgb, luma, weights, max_code);
}

FRAMELIFT_MULTIVERSION void luma_from_rgb(const Planes<const Code16>& rgb, const Plane<float>& luma,
                                          const LumaWeights& weights, float max_code) {
    framelift::luma_from_rgb(rgb, luma, weights, max_code);
}

FRAMELIFT_MULTIVERSION void luma_from_rgb(const Planes<const float>& rgb, const Plane<Code8>& luma,
                                          const LumaWeights& weights, float max_code) {
    framelift::luma_from_rgb(rgb, luma, weights, max_code);
}

FRAMELIFT_MULTIVERSION void luma_from_rgb(const Planes<const float>& rgb, const Plane<Code16>& luma,
                                          const LumaWeights& weights, float max_code) {
    framelift::luma_from_rgb(rgb, luma, weights, max_code);
}

FRAMELIFT_MULTIVERSION void rgb_with_luma(const Planes<const Code8>& source, const Plane<const float>& luma,
                                          const Planes<Code8>& output, const Taps& rows, const Taps& columns,
                                          const LumaWeights& weights, float max_code) {
    framelift::rgb_with_luma(source, luma, output, rows, columns, weights, max_code);
}

FRAMELIFT_MULTIVERSION void rgb_with_luma(const Planes<const Code16>& source, const Plane<const float>& luma,
                                          const Planes<Code16>& output, const Taps& rows, const Taps& columns,
                                          const LumaWeights& weights, float max_code) {
    framelift::rgb_with_luma(source, luma, output, rows, columns, weights, max_code);
}

}  // namespace framelift::kernels
