#include "reference.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "output.h"

namespace framelift::stack {
namespace {

// [channels][height][width]; codes when integer.
struct Tensor {
    int channels;
    std::ptrdiff_t height, width;
    std::vector<float> values;

    Tensor(int c, std::ptrdiff_t h, std::ptrdiff_t w) : channels(c), height(h), width(w), values(c * h * w) {}
    float& at(int c, std::ptrdiff_t y, std::ptrdiff_t x) { return values[(c * height + y) * width + x]; }
    // Outside the picture every layer is zero.
    float padded(int c, std::ptrdiff_t y, std::ptrdiff_t x) const {
        if (y < 0 || y >= height || x < 0 || x >= width) return 0.0f;
        return values[(c * height + y) * width + x];
    }
};

float as_bf16(float value) { return std::bit_cast<float>(bf16_bits(value) << 16); }

template <typename Code>
Tensor input_of(const Network& network, Format format, const Luma<Code>& luma) {
    const int side = network.unshuffle;
    Tensor input(side * side, luma.source.height / side, luma.source.width / side);
    for (int c = 0; c < input.channels; ++c) {
        for (std::ptrdiff_t y = 0; y < input.height; ++y) {
            for (std::ptrdiff_t x = 0; x < input.width; ++x) {
                const Code sample = luma.source.row(side * y + c / side)[side * x + c % side];
                float& value = input.at(c, y, x);
                if (format == Format::f32) value = input_value(sample, luma.largest, 1.0f);
                if (format == Format::bf16) value = as_bf16(input_value(sample, luma.largest, 255.0f));
                if (format == Format::int8x4) value = input_code(sample, luma.largest);
            }
        }
    }
    return input;
}

// bias + the sum of weight * input; Number is what products and sums are made in.
template <typename Number>
Number sum_at(const Layer& layer, const Tensor& in, int o, std::ptrdiff_t y, std::ptrdiff_t x, Number bias,
              Format format, bool first) {
    const int k = layer.kernel;
    Number sum = bias;
    for (int ky = 0; ky < k; ++ky) {
        for (int kx = 0; kx < k; ++kx) {
            for (int i = 0; i < layer.inputs; ++i) {
                float weight = layer.weight[((o * layer.inputs + i) * k + ky) * k + kx];
                if (format == Format::bf16) weight = as_bf16(first ? weight * (1.0f / 255.0f) : weight);
                sum += static_cast<Number>(weight) * static_cast<Number>(in.padded(i, y + ky - k / 2, x + kx - k / 2));
            }
        }
    }
    return sum;
}

// The layer's sum in the units of its values: of codes when integer and hidden.
float value_at(const Layer& layer, const Tensor& in, int o, std::ptrdiff_t y, std::ptrdiff_t x, Format format,
               bool first) {
    if (format != Format::int8x4) return sum_at<float>(layer, in, o, y, x, layer.bias[o], format, first);
    const auto sum = sum_at<std::int32_t>(layer, in, o, y, x, layer.bias_codes[o], format, first);
    return static_cast<float>(sum) * layer.requant[o];
}

float activated(const Layer& layer, int o, float value) {
    return value > 0.0f ? value : layer.slope.empty() ? 0.0f : layer.slope[o] * value;
}

Tensor hidden_of(const Layer& layer, const Tensor& in, const Tensor* add, Format format, bool first) {
    Tensor out(layer.outputs, in.height, in.width);
    for (int o = 0; o < layer.outputs; ++o) {
        for (std::ptrdiff_t y = 0; y < in.height; ++y) {
            for (std::ptrdiff_t x = 0; x < in.width; ++x) {
                float value = activated(layer, o, value_at(layer, in, o, y, x, format, first));
                if (add != nullptr) value = value + add->padded(o, y, x) * layer.add_factor;
                if (format == Format::bf16) value = as_bf16(value);
                if (format == Format::int8x4) value = std::clamp(std::nearbyint(value), 0.0f, 255.0f);
                out.at(o, y, x) = value;
            }
        }
    }
    return out;
}

template <typename Code>
void store(const Plan& shortcut, const Luma<Code>& luma, Tensor residual) {
    const int samples = shortcut.samples_per_cell();
    for (std::ptrdiff_t y = 0; y < luma.output.height; ++y) {
        for (std::ptrdiff_t x = 0; x < luma.output.width; ++x) {
            const int channel = static_cast<int>(y % samples * samples + x % samples);
            const float value = residual.at(channel, y / samples, x / samples) * luma.largest;
            luma.output.row(y)[x] =
                sample_from<Code>(shortcut_at(shortcut, luma.source, y, x) + value, luma.largest);
        }
    }
}

}  // namespace

template <typename Code>
void run_reference(const Network& network, Format format, const Luma<Code>& luma) {
    std::vector<Tensor> tensors{input_of(network, format, luma)};
    const int last = static_cast<int>(network.layers.size()) - 1;
    for (int l = 0; l < last; ++l) {
        const Layer& layer = network.layers[l];
        const Tensor* add = layer.add >= 0 ? &tensors[layer.add + 1] : nullptr;
        tensors.push_back(hidden_of(layer, tensors.back(), add, format, l == 0));
    }
    const Layer& layer = network.layers[last];
    const Tensor& in = tensors.back();
    Tensor residual(layer.outputs, in.height, in.width);
    for (int o = 0; o < layer.outputs; ++o) {
        for (std::ptrdiff_t y = 0; y < in.height; ++y) {
            for (std::ptrdiff_t x = 0; x < in.width; ++x) {
                residual.at(o, y, x) = value_at(layer, in, o, y, x, format, last == 0);
            }
        }
    }
    store(plan_of(network, Format::f32, least_channels), luma, std::move(residual));
}

template void run_reference(const Network&, Format, const Luma<std::uint8_t>&);
template void run_reference(const Network&, Format, const Luma<std::uint16_t>&);
template void run_reference(const Network&, Format, const Luma<float>&);

}  // namespace framelift::stack
