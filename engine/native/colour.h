// YUV and RGB, one pixel at a time (ITU-T H.273 section 8.3, equations 31 to 58). Plain functions of floats, without
// loops and memory, so that device code can include them. Their reference is in engine/native_ref.py.
#pragma once

#include "multiversion.h"

namespace framelift {

struct Rgb {
    float red, green, blue;  // 0 black, 1 full
};

struct Yuv {
    float y, u, v;  // codes, not rounded
};

// luma = red * R + green * G + blue * B; they add up to 1.
struct LumaWeights {
    float red, green, blue;
};

// What depends on matrix, range and depth; engine/rgb.py computes it, in this order.
struct ColourCoefficients {
    LumaWeights weights;
    float y_offset, chroma_offset;  // the codes of black and of no colour
    float y_from_luma, u_from_blue, v_from_red;
    float luma_from_y, red_from_v, green_from_u, green_from_v, blue_from_u;
};

FRAMELIFT_INLINE float luma_from_rgb(const Rgb& rgb, const LumaWeights& weights) {
    return weights.red * rgb.red + weights.green * rgb.green + weights.blue * rgb.blue;
}

FRAMELIFT_INLINE Rgb rgb_from_yuv(const Yuv& yuv, const ColourCoefficients& c) {
    const float luma = (yuv.y - c.y_offset) * c.luma_from_y;
    const float u = yuv.u - c.chroma_offset;
    const float v = yuv.v - c.chroma_offset;
    return {luma + c.red_from_v * v, luma + c.green_from_u * u + c.green_from_v * v, luma + c.blue_from_u * u};
}

FRAMELIFT_INLINE Yuv yuv_from_rgb(const Rgb& rgb, const ColourCoefficients& c) {
    const float luma = luma_from_rgb(rgb, c.weights);
    return {luma * c.y_from_luma + c.y_offset, (rgb.blue - luma) * c.u_from_blue + c.chroma_offset,
            (rgb.red - luma) * c.v_from_red + c.chroma_offset};
}

// The pixel with its luma replaced: what the new one has more is added to R, G and B alike. All in the same unit.
FRAMELIFT_INLINE Rgb rgb_with_luma(const Rgb& rgb, float luma, const LumaWeights& weights) {
    const float detail = luma - luma_from_rgb(rgb, weights);
    return {rgb.red + detail, rgb.green + detail, rgb.blue + detail};
}

}  // namespace framelift
