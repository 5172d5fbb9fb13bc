#include "plan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>

namespace framelift::stack {
namespace {

int padded(int channels) { return (channels + least_channels - 1) / least_channels * least_channels; }

// One word of numbers that are whole in the integer formats.
Word word_of(Format format, const float* values) {
    switch (format) {
        case Format::f32: return std::bit_cast<Word>(values[0]);
        case Format::bf16: return bf16_bits(values[0]) | bf16_bits(values[1]) << 16;
        default: break;
    }
    const int bits = 32 / per_word(format);
    Word word = 0;
    for (int i = 0; i < per_word(format); ++i) {
        word |= (static_cast<Word>(static_cast<std::int32_t>(values[i])) & ((1u << bits) - 1u)) << (bits * i);
    }
    return word;
}

// The numbers of every tap of one output channel, in the kernels' order: [ky][kx][channel], channels padded to whole
// words; or, where the input's words hold neighbouring columns, [ky][kx], kx padded.
std::vector<float> taps_of(const Layer& layer, int output, int numbers_per_word, bool shifted) {
    const int k = layer.kernel;
    const int columns = shifted ? (k + numbers_per_word - 1) / numbers_per_word * numbers_per_word : k;
    const int channels = shifted ? 1 : padded(layer.inputs);
    std::vector<float> taps(static_cast<std::size_t>(k) * columns * channels, 0.0f);
    for (int ky = 0; ky < k; ++ky) {
        for (int kx = 0; kx < k; ++kx) {
            for (int i = 0; i < layer.inputs; ++i) {
                taps[(ky * columns + kx) * channels + i] = layer.weight[((output * layer.inputs + i) * k + ky) * k + kx];
            }
        }
    }
    return taps;
}

void pack_weights(Step& step, const Layer& layer, Format format, int block, bool shifted, float factor) {
    const int numbers = per_word(format);
    std::vector<std::vector<Word>> words(step.channels);
    for (int o = 0; o < layer.outputs; ++o) {
        std::vector<float> taps = taps_of(layer, o, numbers, shifted);
        for (float& tap : taps) tap *= factor;
        for (std::size_t i = 0; i < taps.size(); i += numbers) words[o].push_back(word_of(format, &taps[i]));
    }
    step.taps = static_cast<int>(words[0].size());
    for (int first = 0; first < step.channels;) {
        const int count = step.channels - first >= block ? block : least_channels;
        for (int tap = 0; tap < step.taps; ++tap) {
            for (int o = first; o < first + count; ++o) step.weights.push_back(words[o].empty() ? 0u : words[o][tap]);
        }
        first += count;
    }
}

std::vector<float> with_zeros(std::vector<float> values, int length) {
    if (!values.empty()) values.resize(length, 0.0f);
    return values;
}

// Sums are int32, and what becomes of them must convert back to int32 before it is clipped.
void check_sums(const Layer& layer, int index) {
    constexpr double limit = 2147481600.0;  // 2^31, less what rounding to float may add
    const std::size_t weights = layer.weight.size() / layer.outputs;
    for (int o = 0; o < layer.outputs; ++o) {
        double sum = std::abs(static_cast<double>(layer.bias_codes[o]));
        for (std::size_t i = 0; i < weights; ++i) sum += 255.0 * std::abs(layer.weight[o * weights + i]);
        const double codes = sum * std::abs(static_cast<double>(layer.requant[o])) + 255.0 * std::abs(layer.add_factor);
        if (!(sum < limit) || !(codes < limit)) {
            throw std::invalid_argument("layer " + std::to_string(index) + ", channel " + std::to_string(o) +
                                        ": its sums reach " + std::to_string(std::max(sum, codes)) +
                                        "; allowed is below 2^31");
        }
    }
}

// 128 times the weights of each output channel. Modulo 2^32, as sums are: only whole ones have to fit.
void add_offsets(Step& step, const Layer& layer) {
    const std::size_t weights = layer.weight.size() / layer.outputs;
    for (std::size_t i = 0; i < layer.weight.size(); ++i) {
        step.bias[i / weights] += static_cast<Word>(128 * static_cast<std::int32_t>(layer.weight[i]));
    }
}

Step step_of(const Network& network, int index, Format format, int block) {
    const bool shifted = index == 0 && network.unshuffle == 1;
    const Layer& layer = network.layers[index];
    Step step;
    step.kernel = layer.kernel;
    step.channels = padded(layer.outputs);
    step.add = layer.add;
    step.add_factor = layer.add_factor;
    step.slope = with_zeros(layer.slope, step.channels);
    step.requant = with_zeros(layer.requant, step.channels);
    step.input_groups = shifted ? 1 : padded(layer.inputs) / per_word(format);
    // bfloat16 holds the codes 0..255 exactly, but not their 255ths.
    pack_weights(step, layer, format, block, shifted, index == 0 && format == Format::bf16 ? 1.0f / 255.0f : 1.0f);
    step.bias.assign(step.channels, 0u);
    for (int o = 0; o < layer.outputs; ++o) {
        step.bias[o] = network.integer ? std::bit_cast<Word>(layer.bias_codes[o]) : std::bit_cast<Word>(layer.bias[o]);
    }
    if (network.integer) check_sums(layer, index);
    if (format == Format::int8x4_signed) add_offsets(step, layer);
    return step;
}

// A layer's input is kept as long as the layer, or one that adds it later, reads it.
void place_rows(Plan& plan) {
    for (Step& step : plan.steps) {
        plan.halo += step.kernel / 2;
        step.delay = plan.halo;
        step.input_rows = step.kernel;
    }
    for (Step& step : plan.steps) {
        step.reach = plan.halo - step.delay;
        if (step.add < 0) continue;
        Step& reader = plan.steps[step.add + 1];
        reader.input_rows = std::max(reader.input_rows, step.delay - plan.steps[step.add].delay + 1);
    }
    for (Step& step : plan.steps) {
        step.input_start = plan.words_per_column;
        plan.words_per_column += step.input_rows * step.input_groups;
    }
}

// Keys' cubic convolution (IEEE Trans. ASSP 29(6), 1981) with the coefficient `a`.
float cubic(float x, float a) {
    x = std::abs(x);
    if (x < 1.0f) return ((a + 2.0f) * x - (a + 3.0f)) * x * x + 1.0f;
    return x < 2.0f ? ((x - 5.0f) * x + 8.0f) * x * a - 4.0f * a : 0.0f;
}

std::vector<CubicPhase> phases_of(int scale, float a) {
    std::vector<CubicPhase> phases;
    for (int phase = 0; phase < scale; ++phase) {
        const float centre = (static_cast<float>(phase) + 0.5f) / static_cast<float>(scale) - 0.5f;
        CubicPhase taps{static_cast<int>(std::floor(centre)) - 1, {}};
        for (int t = 0; t < 4; ++t) taps.weights[t] = cubic(static_cast<float>(taps.first + t) - centre, a);
        phases.push_back(taps);
    }
    return phases;
}

}  // namespace

Plan plan_of(const Network& network, Format format, int block) {
    Plan plan{format, network.scale, network.unshuffle, network.shortcut, {}, {}, 0, network.unshuffle == 1};
    if (network.shortcut == Shortcut::bicubic) plan.phases = phases_of(network.scale, network.cubic_a);
    for (int i = 0; i < static_cast<int>(network.layers.size()); ++i) {
        plan.steps.push_back(step_of(network, i, format, block));
    }
    place_rows(plan);
    return plan;
}

}  // namespace framelift::stack
