#include "bind.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <tuple>
#include <type_traits>

#include "../arrays.h"
#include "fused.h"
#include "paths.h"

namespace framelift::stack {
namespace {

using namespace nb::literals;
using Weight4D = nb::ndarray<const float, nb::ndim<4>, nb::c_contig, nb::device::cpu>;
using PerChannel = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using PerChannelCodes = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

constexpr int most_channels = 64, most_layers = 32, largest_factor = 4;

struct Path {
    std::string name;
    const Kernel* kernel;  // null: the reference
    Format format;
};

std::vector<Path> paths() {
    std::vector<Path> all;
    for (const Kernel* kernel : runnable_kernels()) all.push_back({kernel->name, kernel, kernel->format});
    all.push_back({"reference-int8", nullptr, Format::int8x4});
    all.push_back({"reference-bf16", nullptr, Format::bf16});
    all.push_back({"reference-f32", nullptr, Format::f32});
    return all;
}

std::vector<std::string> path_names() {
    std::vector<std::string> names;
    for (const Path& path : paths()) names.push_back(path.name);
    return names;
}

Path path_named(const std::string& name) {
    std::string allowed;
    for (const Path& path : paths()) {
        if (path.name == name) return path;
        allowed += (allowed.empty() ? "" : ", ") + path.name;
    }
    refuse("path is \"" + name + "\"; allowed on this processor are " + allowed);
}

void check_finite(const std::vector<float>& values, const char* name) {
    for (float value : values) {
        if (!std::isfinite(value)) refuse(std::string(name) + " is " + std::to_string(value) + "; allowed are finite numbers");
    }
}

template <typename Number, typename Array>
std::vector<Number> per_channel(const std::optional<Array>& array, int channels, const char* name) {
    if (!array) return {};
    if (array->shape(0) != static_cast<std::size_t>(channels)) {
        refuse(std::string(name) + " is [" + std::to_string(array->shape(0)) + "]; the weight has " +
               std::to_string(channels) + " output channels");
    }
    std::vector<Number> values(array->data(), array->data() + channels);
    if constexpr (std::is_same_v<Number, float>) check_finite(values, name);
    return values;
}

Layer layer_of(const Weight4D& weight, const std::optional<PerChannel>& bias,
               const std::optional<PerChannelCodes>& bias_codes, const std::optional<PerChannel>& slope,
               const std::optional<PerChannel>& requant, int add, float add_factor) {
    const int outputs = static_cast<int>(weight.shape(0)), kernel = static_cast<int>(weight.shape(2));
    if (weight.shape(2) != weight.shape(3) || kernel % 2 == 0 || kernel > largest_kernel) {
        refuse("the kernel is " + shape_text(weight.shape(2), weight.shape(3)) + "; allowed are [1, 1], [3, 3], [5, 5]");
    }
    if (weight.shape(0) < 1 || weight.shape(1) < 1 || weight.shape(0) > most_channels || weight.shape(1) > most_channels) {
        refuse("the weight has " + std::to_string(weight.shape(0)) + " output and " + std::to_string(weight.shape(1)) +
               " input channels; allowed are 1 to " + std::to_string(most_channels));
    }
    if (bias.has_value() == bias_codes.has_value() || bias_codes.has_value() != requant.has_value()) {
        refuse("a layer has either bias, or bias_codes and requant");
    }
    Layer layer;
    layer.kernel = kernel;
    layer.inputs = static_cast<int>(weight.shape(1));
    layer.outputs = outputs;
    layer.weight.assign(weight.data(), weight.data() + weight.size());
    check_finite(layer.weight, "weight");
    check_finite({add_factor}, "add_factor");
    layer.bias = per_channel<float>(bias, outputs, "bias");
    layer.bias_codes = per_channel<std::int32_t>(bias_codes, outputs, "bias_codes");
    layer.slope = per_channel<float>(slope, outputs, "slope");
    layer.requant = per_channel<float>(requant, outputs, "requant");
    layer.add = add;
    layer.add_factor = add_factor;
    return layer;
}

Shortcut shortcut_named(const std::string& name) {
    if (name == "none") return Shortcut::none;
    if (name == "nearest") return Shortcut::nearest;
    if (name == "bicubic") return Shortcut::bicubic;
    refuse("shortcut is \"" + name + "\"; allowed are none, nearest, bicubic");
}

void check_integers(const Layer& layer, const std::string& name) {
    if (!layer.slope.empty()) refuse(name + " is integer and has slopes; its activation must be ReLU");
    for (float weight : layer.weight) {
        if (!(weight >= -127.0f && weight <= 127.0f && weight == static_cast<float>(static_cast<int>(weight)))) {
            refuse(name + " has weight " + std::to_string(weight) + "; allowed are whole numbers from -127 to 127");
        }
    }
}

void check_add(const Network& network, int index, const std::string& name) {
    const int add = network.layers[index].add;
    const bool last = index + 1 == static_cast<int>(network.layers.size());
    if (add == -1) return;
    if (last || add < 0 || add >= index) refuse(name + " adds layer " + std::to_string(add) + "; allowed is an earlier one");
    if (network.layers[add].outputs != network.layers[index].outputs) {
        refuse(name + " and layer " + std::to_string(add) + ", which it adds, have different numbers of channels");
    }
}

void check(const Network& network, Format format) {
    const int layers = static_cast<int>(network.layers.size()), side = network.unshuffle;
    if (layers < 1 || layers > most_layers) {
        refuse("there are " + std::to_string(layers) + " layers; allowed are 1 to " + std::to_string(most_layers));
    }
    if (network.scale < 1 || network.scale > largest_factor || side < 1 || side > largest_factor) {
        refuse("scale is " + std::to_string(network.scale) + ", unshuffle " + std::to_string(side) +
               "; allowed are 1 to " + std::to_string(largest_factor));
    }
    int channels = side * side;
    for (int i = 0; i < layers; ++i) {
        const Layer& layer = network.layers[i];
        const std::string name = "layer " + std::to_string(i);
        if (layer.inputs != channels) {
            refuse(name + " takes " + std::to_string(layer.inputs) + " channels, not the " + std::to_string(channels) +
                   " it gets");
        }
        channels = layer.outputs;
        if (layer.bias_codes.empty() == network.integer) refuse("some layers are integer and some are not");
        if (network.integer) check_integers(layer, name);
        if (!network.integer && layer.add_factor != 1.0f) refuse(name + " is not integer; its add_factor must be 1");
        if (i + 1 == layers && !layer.slope.empty()) refuse(name + " is the last and has slopes; no activation follows it");
        check_add(network, i, name);
    }
    const int wanted = network.samples_per_cell() * network.samples_per_cell();
    if (channels != wanted || wanted > largest_tail) {
        refuse("the last layer has " + std::to_string(channels) + " channels; scale and unshuffle ask for " +
               std::to_string(wanted) + ", allowed are up to " + std::to_string(largest_tail));
    }
    if (is_integer(format) != network.integer) refuse("an integer path runs integer layers, and no other path does");
}

FusedStack* new_stack(const std::vector<Layer>& layers, int scale, int unshuffle, const std::string& shortcut,
                      float cubic_a, const std::string& path, int threads) {
    if (threads < 1 || threads > 1024) refuse("threads is " + std::to_string(threads) + "; allowed are 1 to 1024");
    check_finite({cubic_a}, "cubic_a");
    const Path chosen = path_named(path);
    const bool integer = !layers.empty() && !layers[0].bias_codes.empty();
    Network network{layers, scale, unshuffle, shortcut_named(shortcut), cubic_a, integer};
    check(network, chosen.format);
    return new FusedStack(std::move(network), chosen.kernel, chosen.format, threads);
}

template <typename A, typename B>
void check_enlarged(const Plane<A>& src, const Plane<B>& dst, int scale, const char* names) {
    if (dst.height == scale * src.height && dst.width == scale * src.width) return;
    refuse(std::string(names) + " are " + shape_text(src.height, src.width) + " and " +
           shape_text(dst.height, dst.width) + "; the second must be " + std::to_string(scale) + " times larger");
}

// src, dst, row_first, row_weights, column_first, column_weights.
template <typename Code>
using CompanionArrays = std::tuple<Array2D<const Code>, Array2D<Code>, Indices, Weights, Indices, Weights>;

template <typename Code>
std::vector<Companion<Code>> companions_of(const std::vector<CompanionArrays<Code>>& arrays) {
    if (std::is_same_v<Code, float> && !arrays.empty()) refuse("float planes have companions; allowed are none");
    std::vector<Companion<Code>> companions;
    for (const auto& [src, dst, row_first, row_weights, column_first, column_weights] : arrays) {
        const auto source = plane_of(src, "companion src");
        const auto output = plane_of(dst, "companion dst");
        companions.push_back({source, output, taps_of(row_first, row_weights, output.height, "row"),
                              taps_of(column_first, column_weights, output.width, "column")});
    }
    return companions;
}

template <typename Code>
std::ptrdiff_t run(FusedStack& stack, const Array2D<const Code>& src, const Array2D<Code>& dst, int max_code,
                   const std::optional<Array2D<const Code>>& previous_src,
                   const std::optional<Array2D<const Code>>& previous_dst,
                   const std::vector<CompanionArrays<Code>>& companions) {
    const Plan& plan = stack.plan();
    float largest = 1.0f;
    if constexpr (!std::is_same_v<Code, float>) largest = checked_max_code<Code>(max_code);
    const Luma<Code> luma{plane_of(src, "src"), plane_of(dst, "dst"), largest};
    check_enlarged(luma.source, luma.output, plan.scale, "src and dst");
    if (luma.source.height % plan.unshuffle != 0 || luma.source.width % plan.unshuffle != 0) {
        refuse("src is " + shape_text(luma.source.height, luma.source.width) + "; its sides must be multiples of " +
               std::to_string(plan.unshuffle));
    }
    if (previous_src.has_value() != previous_dst.has_value()) refuse("give previous_src and previous_dst, or neither");
    std::optional<Previous<Code>> previous;
    if (previous_src) {
        previous = {plane_of(*previous_src, "previous_src"), plane_of(*previous_dst, "previous_dst")};
        check_same_shape(luma.source, previous->source);
        check_enlarged(previous->source, previous->output, plan.scale, "previous_src and previous_dst");
    }
    const auto others = companions_of<Code>(companions);
    nb::gil_scoped_release released;
    return stack.run(luma, previous ? &*previous : nullptr, others);
}

// Doubles the rounds until they take long enough to be timed, then takes the best of several.
double peak_operations(const std::string& name) {
    const Path path = path_named(name);
    if (path.kernel == nullptr) refuse("the reference has no peak");
    nb::gil_scoped_release released;
    double best = 0.0;
    std::int64_t rounds = 1 << 16;
    for (int timed = 0; timed < 5;) {
        const auto began = std::chrono::steady_clock::now();
        const double operations = path.kernel->spin(rounds);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        if (seconds < 0.02) {
            rounds *= 2;
            continue;
        }
        best = std::max(best, operations / seconds);
        ++timed;
    }
    return best;
}

// noconvert: an array of another type or layout is refused rather than copied.
template <typename Code>
void define_run(nb::class_<FusedStack>& cls) {
    cls.def("run", &run<Code>, "src"_a.noconvert(), "dst"_a.noconvert(), "max_code"_a = 1,
            "previous_src"_a.noconvert() = nb::none(), "previous_dst"_a.noconvert() = nb::none(),
            "companions"_a.noconvert() = nb::list());
}

}  // namespace

void define_stack(nb::module_& m) {
    nb::class_<Layer>(m, "StackLayer").def(nb::new_(&layer_of), "weight"_a.noconvert(), "bias"_a.noconvert().none(),
        "bias_codes"_a.noconvert().none(), "slope"_a.noconvert().none(), "requant"_a.noconvert().none(), "add"_a,
        "add_factor"_a);
    nb::class_<FusedStack> stack(m, "FusedStack");
    stack.def(nb::new_(&new_stack), "layers"_a, "scale"_a, "unshuffle"_a, "shortcut"_a, "cubic_a"_a, "path"_a,
              "threads"_a);
    define_run<std::uint8_t>(stack);
    define_run<std::uint16_t>(stack);
    define_run<float>(stack);
    m.def("stack_paths", &path_names);
    m.def("peak_operations", &peak_operations, "path"_a);
}

}  // namespace framelift::stack
