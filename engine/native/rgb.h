// Between planes and the R, G and B a network takes and gives. Chroma is resampled row by row on the way, so that no
// plane is stored in between. The references are in engine/native_ref.py.
#pragma once

#include <array>
#include <vector>

#include "colour.h"
#include "multiversion.h"
#include "plane.h"
#include "resample.h"
#include "tensor.h"

namespace framelift {

// Of a picture, in the order Y, U, V or R, G, B.
template <typename T>
using Planes = std::array<Plane<T>, 3>;

template <typename T>
using Rows = std::array<T*, 3>;

template <typename T>
FRAMELIFT_INLINE Rows<T> rows_of(const Planes<T>& planes, std::ptrdiff_t y) {
    return {planes[0].row(y), planes[1].row(y), planes[2].row(y)};
}

template <typename Code>
FRAMELIFT_INLINE void rgb_from_yuv_row(const Code* y, const float* u, const float* v, std::ptrdiff_t width,
                                       const ColourCoefficients coefficients, float* __restrict red,
                                       float* __restrict green, float* __restrict blue) {
    for (std::ptrdiff_t x = 0; x < width; ++x) {
        const Rgb pixel = rgb_from_yuv({static_cast<float>(y[x]), u[x], v[x]}, coefficients);
        red[x] = pixel.red;
        green[x] = pixel.green;
        blue[x] = pixel.blue;
    }
}

// Codes to values; `rows` and `columns` are chroma's taps to the size of Y.
template <typename Code>
FRAMELIFT_INLINE void rgb_from_yuv(const Planes<const Code>& yuv, const Planes<float>& rgb, const Taps& rows,
                                   const Taps& columns, const ColourCoefficients& coefficients) {
    Resampler u(PlaneSource<Code>{yuv[1]}, rows, columns);
    Resampler v(PlaneSource<Code>{yuv[2]}, rows, columns);
    for (std::ptrdiff_t y = 0; y < yuv[0].height; ++y) {
        rgb_from_yuv_row(yuv[0].row(y), u.row(y), v.row(y), yuv[0].width, coefficients, rgb[0].row(y), rgb[1].row(y),
                         rgb[2].row(y));
    }
}

// A plane that is not stored: one number of each RGB pixel, as `component` gives it.
template <typename Sample, typename Component>
struct RgbSource {
    RgbSource(const Planes<const Sample>& planes, const Component& of_pixel)
        : rgb(planes), component(of_pixel), height(planes[0].height), width(planes[0].width) {}

    FRAMELIFT_INLINE void load(std::ptrdiff_t y, float* __restrict row) const {
        const auto [red, green, blue] = rows_of(rgb, y);
        for (std::ptrdiff_t x = 0; x < width; ++x) {
            row[x] = component({static_cast<float>(red[x]), static_cast<float>(green[x]), static_cast<float>(blue[x])});
        }
    }

    Planes<const Sample> rgb;
    Component component;
    std::ptrdiff_t height, width;
};

// Values to codes; `rows` and `columns` are chroma's taps from the size of Y.
template <typename Code>
FRAMELIFT_INLINE void yuv_from_rgb(const Planes<const float>& rgb, const Planes<Code>& yuv, const Taps& rows,
                                   const Taps& columns, const ColourCoefficients c, float max_code) {
    const RgbSource full_y(rgb, [c](const Rgb& pixel) { return yuv_from_rgb(pixel, c).y; });
    const RgbSource full_u(rgb, [c](const Rgb& pixel) { return yuv_from_rgb(pixel, c).u; });
    const RgbSource full_v(rgb, [c](const Rgb& pixel) { return yuv_from_rgb(pixel, c).v; });
    Resampler u(full_u, rows, columns);
    Resampler v(full_v, rows, columns);
    const StoreCodes store{max_code};
    std::vector<float> row(full_y.width);
    std::ptrdiff_t y = 0;
    for (std::ptrdiff_t chroma_y = 0; chroma_y < yuv[1].height; ++chroma_y) {
        store(u.row(chroma_y), yuv[1].width, yuv[1].row(chroma_y));
        store(v.row(chroma_y), yuv[2].width, yuv[2].row(chroma_y));
        // Luma keeps step with chroma, so that the rows of `rgb` are still in the cache.
        for (; y < full_y.height * (chroma_y + 1) / yuv[1].height; ++y) {
            full_y.load(y, row.data());
            store(row.data(), full_y.width, yuv[0].row(y));
        }
    }
}

template <typename Code>
FRAMELIFT_INLINE void rgb_with_luma_row(const Rows<const float>& source, const float* luma, std::ptrdiff_t width,
                                        const LumaWeights weights, float max_code, Code* __restrict red,
                                        Code* __restrict green, Code* __restrict blue) {
    for (std::ptrdiff_t x = 0; x < width; ++x) {
        const Rgb pixel = rgb_with_luma({source[0][x], source[1][x], source[2][x]}, luma[x] * max_code, weights);
        red[x] = code_from_value<Code>(pixel.red, max_code);
        green[x] = code_from_value<Code>(pixel.green, max_code);
        blue[x] = code_from_value<Code>(pixel.blue, max_code);
    }
}

// Codes resampled to the size of `luma`, which is values and replaces each pixel's own luma.
template <typename Code>
FRAMELIFT_INLINE void rgb_with_luma(const Planes<const Code>& source, const Plane<const float>& luma,
                                    const Planes<Code>& output, const Taps& rows, const Taps& columns,
                                    const LumaWeights& weights, float max_code) {
    Resampler red(PlaneSource<Code>{source[0]}, rows, columns);
    Resampler green(PlaneSource<Code>{source[1]}, rows, columns);
    Resampler blue(PlaneSource<Code>{source[2]}, rows, columns);
    for (std::ptrdiff_t y = 0; y < luma.height; ++y) {
        rgb_with_luma_row({red.row(y), green.row(y), blue.row(y)}, luma.row(y), luma.width, weights, max_code,
                          output[0].row(y), output[1].row(y), output[2].row(y));
    }
}

// Codes to values.
template <typename Code>
FRAMELIFT_INLINE void luma_from_rgb(const Planes<const Code>& rgb, const Plane<float>& luma, const LumaWeights weights,
                                    float max_code) {
    const RgbSource source(rgb, [=](const Rgb& codes) { return luma_from_rgb(codes, weights) / max_code; });
    for (std::ptrdiff_t y = 0; y < luma.height; ++y) source.load(y, luma.row(y));
}

// Values to codes.
template <typename Code>
FRAMELIFT_INLINE void luma_from_rgb(const Planes<const float>& rgb, const Plane<Code>& luma, const LumaWeights weights,
                                    float max_code) {
    const RgbSource source(rgb, [=](const Rgb& values) { return luma_from_rgb(values, weights); });
    std::vector<float> row(luma.width);
    for (std::ptrdiff_t y = 0; y < luma.height; ++y) {
        source.load(y, row.data());
        quantise(row.data(), max_code, luma.width, luma.row(y));
    }
}

}  // namespace framelift
