// A kernel is the fused evaluation of a stack in one arithmetic on one instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../plane.h"
#include "plan.h"

namespace framelift::stack {

// Part of a picture in cells; a cell is one input pixel, or a block of unshuffle x unshuffle of them.
struct Rect {
    std::ptrdiff_t left, top, right, bottom;
};

template <typename Code>
struct Luma {
    Plane<const Code> source;
    Plane<Code> output;
    float largest;  // the largest code; 1 for float planes
};

struct Kernel {
    const char* name;
    Format format;
    int block;  // output channels computed at once, see plan_of
    // Computes `rect` of the output. `scratch` is as large as Scratch says, aligned to 64 bytes.
    void (*run8)(const Plan&, const Luma<std::uint8_t>&, const Rect&, std::byte* scratch);
    void (*run16)(const Plan&, const Luma<std::uint16_t>&, const Rect&, std::byte* scratch);
    void (*run_values)(const Plan&, const Luma<float>&, const Rect&, std::byte* scratch);
    // Keeps the arithmetic busy in registers alone; returns how many operations (two a multiply-add) that were.
    double (*spin)(std::int64_t rounds);
};

}  // namespace framelift::stack
