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

// Where the time goes; each is compiled in several versions.
namespace kernels {

// sums[x] is the sum over t, in this order, of weights[t] * rows[t][x].
void sum_rows(const float* const* rows, const float* weights, std::ptrdiff_t count, std::ptrdiff_t width, float* sums);

// strands[i * length + k] = row[k * count + i], and back; `count` is 1 to most_strands.
void deinterleave(const float* row, std::ptrdiff_t count, std::ptrdiff_t length, float* strands);
void interleave(const float* strands, std::ptrdiff_t count, std::ptrdiff_t length, float* row);
inline constexpr std::ptrdiff_t most_strands = 4;

}  // namespace kernels

// The taps of output sample i + outputs are those of sample i, moved by `inputs` source samples.
struct Period {
    std::ptrdiff_t outputs, inputs;
};

// Resamples one row after another along the width.
//
// Where the lengths are in the ratio of small whole numbers, such as 1:2 or 4:3, the taps repeat. Then the first
// samples of all periods are one weighted sum of rows, made of every inputs-th source sample; so are the second ones.
class RowResampler {
public:
    RowResampler(std::ptrdiff_t width, const Taps& taps);
    RowResampler(const RowResampler&) = delete;  // phase_rows_ points into strands_
    RowResampler& operator=(const RowResampler&) = delete;

    // Where the source row goes, `width` samples.
    float* input() { return samples_.data() + margin_; }

    // Floats that `resample` writes: the output's, and some more to make whole periods.
    std::ptrdiff_t output_size() const { return std::max(taps_.length, period_.outputs * phase_length_); }

    void resample(float* out);

private:
    void resample_each(float* out);
    void resample_periods(float* out);

    std::ptrdiff_t width_, margin_;
    Taps taps_;
    Period period_;               // {0, 0}: the taps have none
    std::vector<float> samples_;  // the source row, continued at both ends by margin_ of its edge samples

    std::ptrdiff_t strand_length_ = 0, phase_length_ = 0;
    std::vector<float> strands_;            // samples_ as [period_.inputs, strand_length_]
    std::vector<float> phases_;             // the output as [period_.outputs, phase_length_]
    std::vector<const float*> phase_rows_;  // [period_.outputs, taps_.count], into strands_: what is summed to phases
};

// The rows of a plane resampled to the size of `rows` and `columns`. `Source` has the plane's height and width, and
// load(y, float* row).
template <typename Source>
class Resampler {
public:
    Resampler(const Source& source, const Taps& rows, const Taps& columns)
        : source_(source),
          rows_(rows),
          width_(columns.length),
          row_resampler_(source.width, columns),
          held_(rows.count, -1),
          ring_(rows.count * row_resampler_.output_size()),
          wanted_(rows.count),
          sums_(columns.length) {}

    // The sums that make output row y; they stand until the next call. Rows are cheapest in their order.
    FRAMELIFT_INLINE const float* row(std::ptrdiff_t y) {
        for (std::ptrdiff_t t = 0; t < rows_.count; ++t) {
            wanted_[t] = wide_row(std::clamp<std::ptrdiff_t>(rows_.first[y] + t, 0, source_.height - 1));
        }
        kernels::sum_rows(wanted_.data(), rows_.weights + y * rows_.count, rows_.count, width_, sums_.data());
        return sums_.data();
    }

private:
    // Source row y resampled along its width. Each row has one slot; those that one sum needs never share any.
    FRAMELIFT_INLINE const float* wide_row(std::ptrdiff_t y) {
        const std::ptrdiff_t slot = y % rows_.count;
        float* row = ring_.data() + slot * row_resampler_.output_size();
        if (held_[slot] != y) {
            held_[slot] = y;
            source_.load(y, row_resampler_.input());
            row_resampler_.resample(row);
        }
        return row;
    }

    Source source_;
    Taps rows_;
    std::ptrdiff_t width_;
    RowResampler row_resampler_;
    std::vector<std::ptrdiff_t> held_;  // the source row in each slot of the ring
    std::vector<float> ring_;
    std::vector<const float*> wanted_;
    std::vector<float> sums_;
};

template <typename Sample>
struct PlaneSource {
    explicit PlaneSource(const Plane<const Sample>& samples)
        : plane(samples), height(samples.height), width(samples.width) {}

    FRAMELIFT_INLINE void load(std::ptrdiff_t y, float* __restrict row) const {
        const Sample* samples = plane.row(y);
        for (std::ptrdiff_t x = 0; x < width; ++x) row[x] = static_cast<float>(samples[x]);
    }

    Plane<const Sample> plane;
    std::ptrdiff_t height, width;
};

// How the sums of an output row become its samples.
struct StoreCodes {
    float max_code;

    template <typename Code>
    FRAMELIFT_INLINE void operator()(const float* sums, std::ptrdiff_t width, Code* __restrict codes) const {
        for (std::ptrdiff_t x = 0; x < width; ++x) codes[x] = code_from_value<Code>(sums[x], max_code);
    }
};

struct StoreValues {
    FRAMELIFT_INLINE void operator()(const float* sums, std::ptrdiff_t width, float* values) const {
        std::copy_n(sums, width, values);
    }
};

// Output rows y0 up to, but not with, y1. Neither plane is empty, and `rows` and `columns` have the output's height
// and width.
template <typename Sample, typename Store>
FRAMELIFT_INLINE void resample_rows(const Plane<const Sample>& source, const Plane<Sample>& output, const Taps& rows,
                                    const Taps& columns, const Store& store, std::ptrdiff_t y0, std::ptrdiff_t y1) {
    Resampler resampler(PlaneSource<Sample>{source}, rows, columns);
    for (std::ptrdiff_t y = y0; y < y1; ++y) store(resampler.row(y), output.width, output.row(y));
}

}  // namespace framelift
