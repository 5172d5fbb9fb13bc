// A stack of convolutions as Python describes it (engine/stack.py says what each field means).
#pragma once

#include <cstdint>
#include <vector>

namespace framelift::stack {

enum class Shortcut { none, nearest, bicubic };

struct Layer {
    int kernel = 0, inputs = 0, outputs = 0;
    std::vector<float> weight;             // [outputs][inputs][kernel][kernel]; whole numbers -127..127 when integer
    std::vector<float> bias;               // [outputs], empty when integer
    std::vector<std::int32_t> bias_codes;  // [outputs] when integer, in units of the accumulator
    std::vector<float> slope;              // PReLU's [outputs]; empty: ReLU
    std::vector<float> requant;            // [outputs] when integer: accumulator to codes, of the last layer to values
    int add = -1;                          // the earlier layer whose activated output is added; -1: none
    float add_factor = 1.0f;               // its codes to this layer's, when integer
};

struct Network {
    std::vector<Layer> layers;
    int scale = 1;
    int unshuffle = 1;
    Shortcut shortcut = Shortcut::none;
    float cubic_a = -0.5f;
    bool integer = false;

    // Output samples along an axis for each cell, which is the unshuffled block one column of the stack works on.
    int samples_per_cell() const { return scale * unshuffle; }
};

}  // namespace framelift::stack
