// The extension module framelift.engine._native: checks what Python passes, lets go of the interpreter, calls a kernel.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <limits>
#include <string>

#include "kernels.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace framelift {
namespace {

template <typename T>
using Array2D = nb::ndarray<T, nb::ndim<2>, nb::device::cpu>;
using Indices = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Weights = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

std::string shape_text(std::size_t height, std::size_t width) {
    return std::string("[").append(std::to_string(height)).append(", ").append(std::to_string(width)).append("]");
}

[[noreturn]] void refuse(const std::string& message) { throw nb::value_error(message.c_str()); }

template <typename T>
Plane<T> plane_of(const Array2D<T>& array, const char* name) {
    const std::string shape = std::string(name) + " " + shape_text(array.shape(0), array.shape(1));
    if (array.shape(0) == 0 || array.shape(1) == 0) refuse(shape + " is empty");
    if (array.shape(1) > 1 && array.stride(1) != 1) {
        refuse(shape + " has samples " + std::to_string(array.stride(1)) + " elements apart within a row; allowed is 1");
    }
    return {array.data(), static_cast<std::ptrdiff_t>(array.stride(0)), static_cast<std::ptrdiff_t>(array.shape(0)),
            static_cast<std::ptrdiff_t>(array.shape(1))};
}

template <typename A, typename B>
void check_same_shape(const Plane<A>& src, const Plane<B>& dst) {
    if (src.height == dst.height && src.width == dst.width) return;
    refuse("src is " + shape_text(src.height, src.width) + ", dst is " + shape_text(dst.height, dst.width) +
           "; they must be equal");
}

template <typename Code>
float checked_max_code(int max_code) {
    constexpr int largest = std::numeric_limits<Code>::max();
    if (max_code >= 1 && max_code <= largest) return static_cast<float>(max_code);
    refuse("max_code is " + std::to_string(max_code) + "; allowed is 1 to " + std::to_string(largest));
}

Taps taps_of(const Indices& first, const Weights& weights, std::ptrdiff_t length, const char* axis) {
    const std::size_t wanted = static_cast<std::size_t>(length);
    if (first.shape(0) != wanted || weights.shape(0) != wanted || weights.shape(1) == 0) {
        refuse(std::string(axis) + "_first is [" + std::to_string(first.shape(0)) + "], " + axis + "_weights is " +
               shape_text(weights.shape(0), weights.shape(1)) + "; dst needs [" + std::to_string(length) + "] and [" +
               std::to_string(length) + ", 1 or more]");
    }
    return {first.data(), weights.data(), length, static_cast<std::ptrdiff_t>(weights.shape(1))};
}

template <typename Code>
void resample(const Array2D<const Code>& src, const Array2D<Code>& dst, const Indices& row_first,
              const Weights& row_weights, const Indices& column_first, const Weights& column_weights, int max_code) {
    const auto source = plane_of(src, "src");
    const auto output = plane_of(dst, "dst");
    const Taps rows = taps_of(row_first, row_weights, output.height, "row");
    const Taps columns = taps_of(column_first, column_weights, output.width, "column");
    const float largest = checked_max_code<Code>(max_code);
    nb::gil_scoped_release released;
    kernels::resample(source, output, rows, columns, largest);
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

// noconvert: an array of another type or layout is refused rather than copied.
template <typename Code>
void define_for(nb::module_& m) {
    m.def("resample", &resample<Code>, "src"_a.noconvert(), "dst"_a.noconvert(), "row_first"_a.noconvert(),
          "row_weights"_a.noconvert(), "column_first"_a.noconvert(), "column_weights"_a.noconvert(), "max_code"_a);
    m.def("tensor_from_plane", &tensor_from_plane<Code>, "src"_a.noconvert(), "dst"_a.noconvert(), "max_code"_a);
    m.def("plane_from_tensor", &plane_from_tensor<Code>, "src"_a.noconvert(), "dst"_a.noconvert(), "max_code"_a);
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
}
