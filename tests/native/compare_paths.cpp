// Random networks through every kernel this processor runs: the codes must be those of the reference, bit for bit.
// Usage: compare_paths [SEED [NETWORKS]]. Prints a line for each difference; exits with 1 if there was one.
//
// FP32 and BF16 sums depend on their order only where they are rounded. The networks here have few weights, all of
// one power of two, and inputs and biases of few bits, so that no sum is. INT8 sums are exact for any weights.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "../../engine/native/stack/fused.h"
#include "../../engine/native/stack/paths.h"
#include "../../engine/native/stack/reference.h"
#include "../../engine/native/stack/scratch.h"

namespace framelift::stack {
namespace {

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    int whole(int least, int most) { return std::uniform_int_distribution<int>(least, most)(engine_); }
    float real(float least, float most) { return std::uniform_real_distribution<float>(least, most)(engine_); }
    bool chance(int one_in) { return whole(1, one_in) == 1; }
    template <typename T>
    T one_of(std::initializer_list<T> values) {
        return values.begin()[whole(0, static_cast<int>(values.size()) - 1)];
    }

private:
    std::mt19937_64 engine_;
};

// ---- networks

constexpr float highest = 8192.0f;  // hidden values stay below; in their units, 1/256 at the finest, below 2^24

// Weights of few taps, each `size` or -size. Returns how many taps an output has at most.
int few_weights(Random& random, Layer& layer, int most_taps, float size) {
    const int each = static_cast<int>(layer.weight.size()) / layer.outputs, taps = random.whole(1, most_taps);
    for (int o = 0; o < layer.outputs; ++o) {
        for (int i = 0; i < taps; ++i) {
            layer.weight[o * each + random.whole(0, each - 1)] = random.one_of({size, -size});
        }
    }
    return taps;
}

// `bounds` are the largest values of the input and of the layers so far.
void fill_floats(Random& random, Layer& layer, bool first, bool last, Format format, std::vector<float>& bounds) {
    // 255/256 becomes 1/256 where the codes 0..255 are the input; the last layer's are small, or all would be clipped.
    const float size = first && format == Format::bf16 ? 255.0f / 256.0f : last ? 1.0f / 64.0f : 1.0f;
    const float added = layer.add >= 0 ? bounds[layer.add + 1] : 0.0f;
    const int most_taps = 4 * bounds.back() + 1 + added < highest ? 4 : 1;
    const int taps = few_weights(random, layer, most_taps, size);
    for (int o = 0; o < layer.outputs; ++o) layer.bias.push_back(random.whole(-128, 128) / 128.0f);
    if (!last && random.chance(2)) {
        for (int o = 0; o < layer.outputs; ++o) layer.slope.push_back(random.one_of({-1.0f, 0.0f, 1.0f}));
    }
    if (taps * bounds.back() + 1 + added >= highest) layer.add = -1;
    bounds.push_back(taps * bounds.back() + 1 + (layer.add >= 0 ? added : 0.0f));
}

void fill_integers(Random& random, Layer& layer, bool last) {
    const bool largest = random.chance(8);
    for (float& weight : layer.weight) weight = largest ? 127 : random.whole(-127, 127);
    const float taps = static_cast<float>(layer.weight.size()) / layer.outputs;
    const float usual = (largest ? taps * 127 : std::sqrt(taps) * 73) * 128;  // of the sums
    for (int o = 0; o < layer.outputs; ++o) {
        layer.bias_codes.push_back(random.whole(-9999, 9999));
        layer.requant.push_back(random.real(0.1f, 2.0f) * (last ? 0.2f : 128.0f) / usual);
    }
    layer.add_factor = random.real(0.2f, 1.5f);
}

int earlier_layer(Random& random, const std::vector<Layer>& layers, int outputs) {
    std::vector<int> equal{-1};
    for (int i = 0; i < static_cast<int>(layers.size()); ++i) {
        if (layers[i].outputs == outputs) equal.push_back(i);
    }
    return equal[random.whole(0, static_cast<int>(equal.size()) - 1)];
}

Network network_of(Random& random, Format format) {
    Network network;
    do {
        network.scale = random.whole(1, 4);
        network.unshuffle = random.chance(3) ? random.whole(1, 4) : 1;
    } while (network.samples_per_cell() > 8);
    network.shortcut = random.one_of({Shortcut::none, Shortcut::nearest, Shortcut::bicubic});
    network.cubic_a = random.one_of({-0.5f, -0.75f});
    network.integer = is_integer(format);
    const int layers = random.chance(20) ? 32 : random.whole(1, 8);
    const int usual = random.one_of({random.whole(1, 64), 4, 8, 16});
    const int kernel = random.chance(2) ? random.one_of({3, 5}) : 0;  // of all layers; 0: each has its own
    int channels = network.unshuffle * network.unshuffle;
    std::vector<float> bounds{1.0f};
    for (int i = 0; i < layers; ++i) {
        const bool last = i + 1 == layers;
        Layer layer;
        layer.kernel = kernel > 0 ? kernel : random.one_of({1, 3, 5});
        layer.inputs = channels;
        channels = last ? network.samples_per_cell() * network.samples_per_cell()
                        : random.chance(4) ? random.whole(1, 64) : usual;
        layer.outputs = channels;
        layer.weight.resize(layer.outputs * layer.inputs * layer.kernel * layer.kernel);
        if (!last && random.chance(2)) layer.add = earlier_layer(random, network.layers, channels);
        if (network.integer) fill_integers(random, layer, last);
        if (!network.integer) fill_floats(random, layer, i == 0, last, format, bounds);
        network.layers.push_back(layer);
    }
    return network;
}

// ---- pictures

// Rows lie apart, top-down or bottom-up, and what is between them must stay as it is.
template <typename Code>
class Picture {
public:
    Picture(Random& random, std::ptrdiff_t height, std::ptrdiff_t width)
        : height_(height), width_(width), pitch_(width + random.whole(1, 9)), upwards_(random.chance(4)),
          samples_(height * pitch_, between) {}

    template <typename T = Code>
    Plane<T> plane() {
        Code* first = samples_.data() + (upwards_ ? (height_ - 1) * pitch_ : 0);
        return {first, upwards_ ? -pitch_ : pitch_, height_, width_};
    }

    bool gaps_stayed() const {
        for (std::size_t i = 0; i < samples_.size(); ++i) {
            if (static_cast<std::ptrdiff_t>(i) % pitch_ >= width_ && samples_[i] != between) return false;
        }
        return true;
    }

private:
    static constexpr Code between = 77;
    std::ptrdiff_t height_, width_, pitch_;
    bool upwards_;
    std::vector<Code> samples_;
};

template <typename Code>
void fill(Random& random, const Plane<Code>& plane, int largest) {
    const bool white = random.chance(8);
    for (std::ptrdiff_t y = 0; y < plane.height; ++y) {
        for (std::ptrdiff_t x = 0; x < plane.width; ++x) {
            const int code = white ? largest : random.whole(0, largest);
            const bool real = std::is_floating_point_v<Code>;
            plane.row(y)[x] = static_cast<Code>(real ? static_cast<float>(code) / static_cast<float>(largest) : code);
        }
    }
}

template <typename A, typename B>
void copy(const Plane<A>& source, const Plane<B>& output) {
    for (std::ptrdiff_t y = 0; y < source.height; ++y) std::copy_n(source.row(y), source.width, output.row(y));
}

template <typename Code>
bool equal(const Plane<Code>& a, const Plane<Code>& b) {
    for (std::ptrdiff_t y = 0; y < a.height; ++y) {
        if (!std::equal(a.row(y), a.row(y) + a.width, b.row(y))) return false;
    }
    return true;
}

// ---- comparisons

// One network on one size of picture, in one type of code.
template <typename Code>
class Trial {
public:
    Trial(Random& random, const Kernel& kernel, const Network& network, std::ptrdiff_t height, std::ptrdiff_t width)
        : random_(random), kernel_(kernel), network_(network), largest_(largest_code()), source_(random, height, width),
          expected_(random, network.scale * height, network.scale * width) {
        fill(random, source_.plane(), largest_);
        const Format format = network.integer ? Format::int8x4 : kernel.format;
        run_reference(network, format, luma(source_, expected_));
    }

    // After a smaller one, so that scratch memory must grow.
    bool whole_picture() {
        FusedStack stack(network_, &kernel_, kernel_.format, random_.whole(1, 5));
        Picture<Code> small(random_, network_.unshuffle, network_.unshuffle);
        Picture<Code> small_output(random_, network_.samples_per_cell(), network_.samples_per_cell());
        fill(random_, small.plane(), largest_);
        stack.run<Code>(luma(small, small_output), nullptr, {});
        Picture<Code> output = blank();
        return stack.run<Code>(luma(source_, output), nullptr, {}) == 0 && as_expected(output);
    }

    // Callers who share a stack and its threads.
    bool callers_at_once() {
        FusedStack stack(network_, &kernel_, kernel_.format, random_.whole(1, 3));
        std::vector<Picture<Code>> outputs(3, blank());
        std::vector<std::thread> callers;
        for (Picture<Code>& output : outputs) {
            callers.emplace_back([&] { stack.run<Code>(luma(source_, output), nullptr, {}); });
        }
        for (std::thread& caller : callers) caller.join();
        return std::all_of(outputs.begin(), outputs.end(), [&](Picture<Code>& output) { return as_expected(output); });
    }

    // As strips and threads cut it, but anywhere; in scratch memory that is not larger than it has to be.
    bool rectangles() {
        const Plan plan = plan_of(network_, kernel_.format, kernel_.block);
        const std::ptrdiff_t right = source_.plane().width / plan.unshuffle;
        const std::ptrdiff_t bottom = source_.plane().height / plan.unshuffle;
        const std::ptrdiff_t x = random_.whole(0, right), y = random_.whole(0, bottom);
        Picture<Code> output = blank();
        const Rect parts[] = {{0, 0, x, y}, {x, 0, right, y}, {0, y, x, bottom}, {x, y, right, bottom}};
        for (const Rect& rect : parts) {
            if (rect.left < rect.right && rect.top < rect.bottom) run_rectangle(plan, rect, output);
        }
        return as_expected(output);
    }

    // After a frame that differs in a rectangle, which may be empty.
    bool after_another_frame() {
        Picture<Code> before(random_, source_.plane().height, source_.plane().width), before_output = blank();
        copy(source_.plane(), before.plane());
        change(before.plane());
        FusedStack stack(network_, &kernel_, kernel_.format, random_.whole(1, 5));
        stack.run<Code>(luma(before, before_output), nullptr, {});
        Picture<Code> output = blank();
        const Previous<Code> previous{before.template plane<const Code>(), before_output.template plane<const Code>()};
        const std::ptrdiff_t kept = stack.run<Code>(luma(source_, output), &previous, {});
        const std::ptrdiff_t pixels = source_.plane().height * source_.plane().width;
        if (equal(before.plane(), source_.plane()) ? kept != pixels : kept < 0 || kept >= pixels) return false;
        return as_expected(output);
    }

private:
    // Floats: those that make the input a whole number of few bits.
    int largest_code() {
        if (!network_.integer) return kernel_.format == Format::bf16 ? 255 : 128;
        return sizeof(Code) == 1 ? random_.one_of({255, 200}) : random_.one_of({1023, 4095, 65535});
    }

    Luma<Code> luma(Picture<Code>& source, Picture<Code>& output) {
        const float largest = std::is_floating_point_v<Code> ? 1.0f : static_cast<float>(largest_);
        return {source.template plane<const Code>(), output.plane(), largest};
    }

    Picture<Code> blank() { return Picture<Code>(random_, expected_.plane().height, expected_.plane().width); }

    bool as_expected(Picture<Code>& output) { return equal(output.plane(), expected_.plane()) && output.gaps_stayed(); }

    void run_rectangle(const Plan& plan, const Rect& rect, Picture<Code>& output) {
        const std::size_t bytes = Scratch(plan, rect.right - rect.left + 2 * plan.halo).bytes();
        auto* scratch = static_cast<std::byte*>(::operator new[](bytes, std::align_val_t{64}));
        std::memset(scratch, 0x7f, bytes);  // what the last task left
        if constexpr (sizeof(Code) == 1) kernel_.run8(plan, luma(source_, output), rect, scratch);
        if constexpr (sizeof(Code) == 2) kernel_.run16(plan, luma(source_, output), rect, scratch);
        if constexpr (sizeof(Code) == 4) kernel_.run_values(plan, luma(source_, output), rect, scratch);
        ::operator delete[](scratch, std::align_val_t{64});
    }

    void change(const Plane<Code>& plane) {
        const int left = random_.whole(0, plane.width), top = random_.whole(0, plane.height);
        const int right = std::min<int>(plane.width, left + random_.one_of({0, 1, 9, 1000}));
        const int bottom = std::min<int>(plane.height, top + random_.one_of({0, 1, 9, 1000}));
        if (left == right || top == bottom) return;
        fill(random_, Plane<Code>{plane.row(top) + left, plane.stride, bottom - top, right - left}, largest_);
    }

    Random& random_;
    const Kernel& kernel_;
    const Network& network_;
    const int largest_;
    Picture<Code> source_, expected_;
};

int failures = 0;

void expect(bool right, const Kernel& kernel, std::uint64_t seed, const char* what) {
    if (right) return;
    ++failures;
    std::printf("%s differs from the reference on %s, seed %llu\n", kernel.name, what,
                static_cast<unsigned long long>(seed));
}

template <typename Code>
void compare(const Kernel& kernel, std::uint64_t seed, const char* codes) {
    Random random(seed);
    const Network network = network_of(random, kernel.format);
    double products = 0.0;
    for (const Layer& layer : network.layers) products += static_cast<double>(layer.weight.size());
    const double affordable = 1 + 4e6 / products;  // cells: the reference is slow
    const int width = random.whole(1, static_cast<int>(std::min(200.0, affordable)));
    const int height = random.whole(1, static_cast<int>(std::min(150.0, 1 + affordable / width)));
    Trial<Code> trial(random, kernel, network, network.unshuffle * height, network.unshuffle * width);
    const std::string name = codes;
    expect(trial.whole_picture(), kernel, seed, (name + ", a whole picture").c_str());
    expect(trial.callers_at_once(), kernel, seed, (name + ", callers at once").c_str());
    expect(trial.rectangles(), kernel, seed, (name + ", rectangles").c_str());
    expect(trial.after_another_frame(), kernel, seed, (name + ", a frame after another").c_str());
}

int compare_all(std::uint64_t seed, int networks) {
    for (const Kernel* kernel : runnable_kernels()) {
        for (int i = 0; i < networks; ++i) {
            compare<std::uint8_t>(*kernel, seed + i, "8-bit codes");
            compare<std::uint16_t>(*kernel, seed + i, "16-bit codes");
            compare<float>(*kernel, seed + i, "values");
        }
        std::printf("%s: compared on %d networks\n", kernel->name, 3 * networks);
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace framelift::stack

int main(int count, char** arguments) {
    const std::uint64_t seed = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1;
    const int networks = count > 2 ? std::atoi(arguments[2]) : 100;
    return framelift::stack::compare_all(seed, networks);
}
