// Separable polyphase resampling of a plane. The reference is engine/native_ref.py: the same sums in the same order,
// so both give the same result.
//
// A source row is resampled along its width once, when the first output row asks for it, and kept in a ring of as
// many rows as there are vertical taps; an output row is a weighted sum of rows of the ring.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "multiversion.h"
#include "plane.h"

namespace framelift {

// Output sample i is the sum over t, in this order, of weights[i * count + t] * source[first[i] + t]. An index
// outside the source means its edge sample.
struct Taps {
    const std::int32_t* first;
    const float* weights;
    std::ptrdiff_t length;
    std::ptrdiff_t count;
};

// A source row as float, continued at both ends by its edge samples, so that sums need no bounds checks.
class ExtendedRow {
public:
    ExtendedRow(std::ptrdiff_t width, std::ptrdiff_t margin)
        : width_(width), margin_(margin), samples_(width + 2 * margin) {}

    template <typename Sample>
    FRAMELIFT_INLINE const float* load(const Sample* source) {
        float* inside = samples_.data() + margin_;
        std::fill(samples_.data(), inside, static_cast<float>(source[0]));
        for (std::ptrdiff_t x = 0; x < width_; ++x) inside[x] = static_cast<float>(source[x]);
        std::fill(inside + width_, inside + width_ + margin_, static_cast<float>(source[width_ - 1]));
        return inside;
    }

private:
    std::ptrdiff_t width_, margin_;
    std::vector<float> samples_;
};

// `row` is extended by taps.count samples at both ends.
FRAMELIFT_INLINE void resample_row(const float* row, std::ptrdiff_t width, const Taps& taps, float* out) {
    for (std::ptrdiff_t x = 0; x < taps.length; ++x) {
        // Taps wholly beyond an end all read that end's sample, however far out: they are moved into the margin.
        const float* source = row + std::clamp<std::ptrdiff_t>(taps.first[x], -taps.count, width);
        const float* weights = taps.weights + x * taps.count;
        float sum = 0.0f;
        for (std::ptrdiff_t t = 0; t < taps.count; ++t) sum += weights[t] * source[t];
        out[x] = sum;
    }
}

// Source rows resampled to the output's width. Each row has one slot; neighbours up to `depth` never share one.
class RowRing {
public:
    RowRing(std::ptrdiff_t depth, std::ptrdiff_t width)
        : depth_(depth), width_(width), held_(depth, -1), samples_(depth * width) {}

    template <typename Sample>
    FRAMELIFT_INLINE const float* get(std::ptrdiff_t y, const Plane<const Sample>& source, const Taps& columns,
                                      ExtendedRow& extended) {
        const std::ptrdiff_t slot = y % depth_;
        float* row = samples_.data() + slot * width_;
        if (held_[slot] != y) {
            held_[slot] = y;
            resample_row(extended.load(source.row(y)), source.width, columns, row);
        }
        return row;
    }

private:
    std::ptrdiff_t depth_, width_;
    std::vector<std::ptrdiff_t> held_;
    std::vector<float> samples_;
};

FRAMELIFT_INLINE void add_weighted_row(const float* row, float weight, std::ptrdiff_t width, float* sums) {
    for (std::ptrdiff_t x = 0; x < width; ++x) sums[x] += weight * row[x];
}

// How the sums of an output row become its samples.
struct StoreCodes {
    float max_code;

    template <typename Code>
    FRAMELIFT_INLINE void operator()(const float* sums, std::ptrdiff_t width, Code* codes) const {
        for (std::ptrdiff_t x = 0; x < width; ++x) codes[x] = code_from_value<Code>(sums[x], max_code);
    }
};

struct StoreValues {
    FRAMELIFT_INLINE void operator()(const float* sums, std::ptrdiff_t width, float* values) const {
        std::copy_n(sums, width, values);
    }
};

// Neither plane is empty, and `rows` and `columns` have the output's height and width.
template <typename Sample, typename Store>
FRAMELIFT_INLINE void resample(const Plane<const Sample>& source, const Plane<Sample>& output, const Taps& rows,
                               const Taps& columns, const Store& store) {
    ExtendedRow extended(source.width, columns.count);
    RowRing ring(rows.count, output.width);
    std::vector<float> sums(output.width);
    for (std::ptrdiff_t y = 0; y < output.height; ++y) {
        std::fill(sums.begin(), sums.end(), 0.0f);
        for (std::ptrdiff_t t = 0; t < rows.count; ++t) {
            const std::ptrdiff_t wanted = std::clamp<std::ptrdiff_t>(rows.first[y] + t, 0, source.height - 1);
            const float* row = ring.get(wanted, source, columns, extended);
            add_weighted_row(row, rows.weights[y * rows.count + t], output.width, sums.data());
        }
        store(sums.data(), output.width, output.row(y));
    }
}

}  // namespace framelift
