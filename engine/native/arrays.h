// Python's arrays as planes and taps, checked.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <limits>
#include <string>

#include "plane.h"
#include "resample.h"

namespace framelift {

namespace nb = nanobind;

template <typename T>
using Array2D = nb::ndarray<T, nb::ndim<2>, nb::device::cpu>;
using Indices = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Weights = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

inline std::string shape_text(std::size_t height, std::size_t width) {
    return std::string("[").append(std::to_string(height)).append(", ").append(std::to_string(width)).append("]");
}

[[noreturn]] inline void refuse(const std::string& message) { throw nb::value_error(message.c_str()); }

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

inline Taps taps_of(const Indices& first, const Weights& weights, std::ptrdiff_t length, const char* axis) {
    const std::size_t wanted = static_cast<std::size_t>(length);
    if (first.shape(0) != wanted || weights.shape(0) != wanted || weights.shape(1) == 0) {
        refuse(std::string(axis) + "_first is [" + std::to_string(first.shape(0)) + "], " + axis + "_weights is " +
               shape_text(weights.shape(0), weights.shape(1)) + "; dst needs [" + std::to_string(length) + "] and [" +
               std::to_string(length) + ", 1 or more]");
    }
    return {first.data(), weights.data(), length, static_cast<std::ptrdiff_t>(weights.shape(1))};
}

}  // namespace framelift
