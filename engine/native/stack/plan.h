// A network made ready for one arithmetic: weights packed into the order the kernels read them, and how many rows
// of each layer are kept.
//
// Everything inside is made of 32-bit words: one column of one group of channels. A word holds one float, two
// bfloat16, two 16-bit or four 8-bit numbers, so a group is as many channels as a word holds.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../multiversion.h"
#include "network.h"

namespace framelift::stack {

using Word = std::uint32_t;

// int8x4_signed is for a dot product of signed bytes, which takes codes less 128: biases make up for it.
enum class Format { f32, bf16, int16x2, int8x4, int8x4_signed };

constexpr bool is_integer(Format format) { return format != Format::f32 && format != Format::bf16; }
FRAMELIFT_INLINE constexpr int per_word(Format format) {
    if (format == Format::f32) return 1;
    return format == Format::int8x4 || format == Format::int8x4_signed ? 4 : 2;
}

constexpr int least_channels = 4;     // channels are padded to a multiple of it, with zero weights
constexpr int largest_tail = 64;      // output channels of the last layer
constexpr int largest_kernel = 5;

struct Step {
    int kernel = 0;
    int channels = 0;            // outputs, padded to a multiple of least_channels
    int taps = 0;                // words that make one output column
    std::vector<Word> weights;   // [block][tap][channel in block]
    std::vector<Word> bias;      // [channels], float or int32
    std::vector<float> slope;    // [channels] or empty
    std::vector<float> requant;  // [channels] or empty
    int add = -1;
    float add_factor = 1.0f;
    int delay = 0;        // how many rows its output lags behind the newest input row
    int reach = 0;        // rows and columns around its output that the layers after it read
    int input_groups = 0; // of its input tensor
    int input_rows = 0;   // rows of its input tensor that are kept
    int input_start = 0;  // words of a column that the tensors before it take
};

// Where an output sample lies between the input's: four taps from `first`, for each phase of the scale.
struct CubicPhase {
    int first;
    float weights[4];
};

struct Plan {
    Format format;
    int scale, unshuffle;
    Shortcut shortcut;
    std::vector<CubicPhase> phases;  // of the bicubic shortcut
    std::vector<Step> steps;
    int halo = 0;           // cells around an output cell that the layers read
    bool input_is_shifted;  // one input channel: a word holds neighbouring columns of it instead of channels

    int samples_per_cell() const { return scale * unshuffle; }
    // Cells around an output cell that it depends on: the bicubic shortcut reads two pixels around.
    int reach() const { return shortcut == Shortcut::bicubic && halo < 2 ? 2 : halo; }
    int words_per_column = 0;  // of all tensors' kept rows
};

// `block` is how many output channels a kernel computes at once: 8, with a block of 4 where they do not divide, or 4.
// Throws std::invalid_argument for a network whose integer sums could leave 32 bits.
Plan plan_of(const Network& network, Format format, int block);

// The nearest bfloat16, halves away from zero, in the low half of a word.
FRAMELIFT_INLINE Word bf16_bits(float value) { return (std::bit_cast<Word>(value) + 0x8000u) >> 16; }

}  // namespace framelift::stack
