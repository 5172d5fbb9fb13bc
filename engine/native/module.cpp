// The extension module framelift.engine._native: checks what Python passes, lets go of the interpreter, calls a kernel.
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>

#include <array>
#include <bit>
#include <optional>

#include "arrays.h"
#include "kernels.h"
#include "stack/bind.h"

using namespace nanobind::literals;

namespace framelift {
namespace {

// Three planes: a list or tuple of them, or one array [3, height, width].
template <typename T>
using Arrays2D = std::array<Array2D<T>, 3>;

using Coefficients = std::array<float, sizeof(ColourCoefficients) / sizeof(float)>;
using Weights3 = std::array<float, sizeof(LumaWeights) / sizeof(float)>;

template <typename T>
Planes<T> planes_of(const Arrays2D<T>& arrays, const char* name) {
    return {plane_of(arrays[0], name), plane_of(arrays[1], name), plane_of(arrays[2], name)};
}

template <typename A, typename B>
void check_same_shape(const Planes<A>& planes, const Plane<B>& plane) {
    for (const Plane<A>& each : planes) check_same_shape(each, plane);
}

void check_rows(std::ptrdiff_t y0, std::ptrdiff_t y1, std::ptrdiff_t height) {
    if (0 <= y0 && y0 <= y1 && y1 <= height) return;
    refuse("y0 is " + std::to_string(y0) + ", y1 is " + std::to_string(y1) + "; allowed is 0 <= y0 <= y1 <= " +
           std::to_string(height));
}

template <typename Code>
void resample(const Array2D<const Code>& src, const Array2D<Code>& dst, const Indices& row_first,
              const Weights& row_weights, const Indices& column_first, const Weights& column_weights, int max_code,
              std::ptrdiff_t y0, std::optional<std::ptrdiff_t> y1) {
    const auto source = plane_of(src, "src");
    const auto output = plane_of(dst, "dst");
    const Taps rows = taps_of(row_first, row_weights, output.height, "row");
    const Taps columns = taps_of(column_first, column_weights, output.width, "column");
    const float largest = checked_max_code<Code>(max_code);
    const std::ptrdiff_t end = y1.value_or(output.height);
    check_rows(y0, end, output.height);
    nb::gil_scoped_release released;
    kernels::resample_rows(source, output, rows, columns, largest, y0, end);
}

void resample_values(const Array2D<const float>& src, const Array2D<float>& dst, const Indices& row_first,
                     const Weights& row_weights, const Indices& column_first, const Weights& column_weights) {
    const auto source = plane_of(src, "src");
    const auto output = plane_of(dst, "dst");
    const Taps rows = taps_of(row_first, row_weights, output.height, "row");
    const Taps columns = taps_of(column_first, column_weights, output.width, "column");
    nb::gil_scoped_release released;
    kernels::resample_values(source, output, rows, columns);
}

template <typename Code>
void tensor_from_plane(const Array2D<const Code>& src, const Array2D<float>& dst, int max_code) {
    const auto plane = plane_of(src, "src");
    const auto tensor = plane_of(dst, "dst");
    check_same_shape(plane, tensor);
    const float largest = checked_max_code<Code>(max_code);
    nb::gil_scoped_release released;
    kernels::tensor_from_plane(plane, tensor, largest);
}

template <typename Code>
void plane_from_tensor(const Array2D<const float>& src, const Array2D<Code>& dst, int max_code) {
    const auto tensor = plane_of(src, "src");
    const auto plane = plane_of(dst, "dst");
    check_same_shape(tensor, plane);
    const float largest = checked_max_code<Code>(max_code);
    nb::gil_scoped_release released;
    kernels::plane_from_tensor(tensor, plane, largest);
}

template <typename Code>
void rgb_from_yuv(const Arrays2D<const Code>& src, const Arrays2D<float>& dst, const Indices& row_first,
                  const Weights& row_weights, const Indices& column_first, const Weights& column_weights,
                  const Coefficients& coefficients) {
    const auto yuv = planes_of(src, "src");
    const auto rgb = planes_of(dst, "dst");
    check_same_shape(rgb, yuv[0]);
    const Taps rows = taps_of(row_first, row_weights, rgb[0].height, "row");
    const Taps columns = taps_of(column_first, column_weights, rgb[0].width, "column");
    nb::gil_scoped_release released;
    kernels::rgb_from_yuv(yuv, rgb, rows, columns, std::bit_cast<ColourCoefficients>(coefficients));
}

template <typename Code>
void yuv_from_rgb(const Arrays2D<const float>& src, const Arrays2D<Code>& dst, const Indices& row_first,
                  const Weights& row_weights, const Indices& column_first, const Weights& column_weights,
                  const Coefficients& coefficients, int max_code) {
    const auto rgb = planes_of(src, "src");
    const auto yuv = planes_of(dst, "dst");
    check_same_shape(rgb, yuv[0]);
    check_same_shape(yuv[1], yuv[2]);
    const Taps rows = taps_of(row_first, row_weights, yuv[1].height, "row");
    const Taps columns = taps_of(column_first, column_weights, yuv[1].width, "column");
    const float largest = checked_max_code<Code>(max_code);
    nb::gil_scoped_release released;
    kernels::yuv_from_rgb(rgb, yuv, rows, columns, std::bit_cast<ColourCoefficients>(coefficients), largest);
}

// Codes to values, or values to codes.
template <typename Code, typename From, typename To>
void luma_from_rgb(const Arrays2D<const From>& src, const Array2D<To>& dst, const Weights3& weights, int max_code) {
    const auto rgb = planes_of(src, "src");
    const auto luma = plane_of(dst, "dst");
    check_same_shape(rgb, luma);
    const float largest = checked_max_code<Code>(max_code);
    nb::gil_scoped_release released;
    kernels::luma_from_rgb(rgb, luma, std::bit_cast<LumaWeights>(weights), largest);
}

template <typename Code>
void rgb_with_luma(const Arrays2D<const Code>& src, const Array2D<const float>& luma, const Arrays2D<Code>& dst,
                   const Indices& row_first, const Weights& row_weights, const Indices& column_first,
                   const Weights& column_weights, const Weights3& weights, int max_code) {
    const auto source = planes_of(src, "src");
    const auto wanted = plane_of(luma, "luma");
    const auto output = planes_of(dst, "dst");
    check_same_shape(output, wanted);
    const Taps rows = taps_of(row_first, row_weights, wanted.height, "row");
    const Taps columns = taps_of(column_first, column_weights, wanted.width, "column");
    const float largest = checked_max_code<Code>(max_code);
    nb::gil_scoped_release released;
    kernels::rgb_with_luma(source, wanted, output, rows, columns, std::bit_cast<LumaWeights>(weights), largest);
}

// noconvert: an array of another type or layout is refused rather than copied.
template <typename Code>
void define_for(nb::module_& m) {
    m.def("resample", &resample<Code>, "src"_a.noconvert(), "dst"_a.noconvert(), "row_first"_a.noconvert(),
          "row_weights"_a.noconvert(), "column_first"_a.noconvert(), "column_weights"_a.noconvert(), "max_code"_a,
          "y0"_a = 0, "y1"_a = nb::none());
    m.def("tensor_from_plane", &tensor_from_plane<Code>, "src"_a.noconvert(), "dst"_a.noconvert(), "max_code"_a);
    m.def("plane_from_tensor", &plane_from_tensor<Code>, "src"_a.noconvert(), "dst"_a.noconvert(), "max_code"_a);
    m.def("rgb_from_yuv", &rgb_from_yuv<Code>, "src"_a.noconvert(), "dst"_a.noconvert(), "row_first"_a.noconvert(),
          "row_weights"_a.noconvert(), "column_first"_a.noconvert(), "column_weights"_a.noconvert(), "coefficients"_a);
    m.def("yuv_from_rgb", &yuv_from_rgb<Code>, "src"_a.noconvert(), "dst"_a.noconvert(), "row_first"_a.noconvert(),
          "row_weights"_a.noconvert(), "column_first"_a.noconvert(), "column_weights"_a.noconvert(), "coefficients"_a,
          "max_code"_a);
    m.def("luma_from_rgb", &luma_from_rgb<Code, Code, float>, "src"_a.noconvert(), "dst"_a.noconvert(), "weights"_a,
          "max_code"_a);
    m.def("luma_from_rgb", &luma_from_rgb<Code, float, Code>, "src"_a.noconvert(), "dst"_a.noconvert(), "weights"_a,
          "max_code"_a);
    m.def("rgb_with_luma", &rgb_with_luma<Code>, "src"_a.noconvert(), "luma"_a.noconvert(), "dst"_a.noconvert(),
          "row_first"_a.noconvert(), "row_weights"_a.noconvert(), "column_first"_a.noconvert(),
          "column_weights"_a.noconvert(), "weights"_a, "max_code"_a);
}

}  // namespace
}  // namespace framelift

NB_MODULE(_native, m) {
    m.doc() = "Compiled kernels of the engine; their contracts stand in engine/native_ref.py.";
    framelift::define_for<std::uint8_t>(m);
    framelift::define_for<std::uint16_t>(m);
    m.def("resample_values", &framelift::resample_values, "src"_a.noconvert(), "dst"_a.noconvert(),
          "row_first"_a.noconvert(), "row_weights"_a.noconvert(), "column_first"_a.noconvert(),
          "column_weights"_a.noconvert());
    framelift::stack::define_stack(m);
}
