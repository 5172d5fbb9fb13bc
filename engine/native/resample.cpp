#include "resample.h"

namespace framelift {
namespace kernels {
namespace {

template <std::ptrdiff_t Count>
FRAMELIFT_INLINE void interleave(const float* strands, std::ptrdiff_t length, float* __restrict out) {
    for (std::ptrdiff_t k = 0; k < length; ++k) {
        for (std::ptrdiff_t i = 0; i < Count; ++i) out[k * Count + i] = strands[i * length + k];
    }
}

template <std::ptrdiff_t Count>
FRAMELIFT_INLINE void deinterleave(const float* row, std::ptrdiff_t length, float* __restrict strands) {
    for (std::ptrdiff_t k = 0; k < length; ++k) {
        for (std::ptrdiff_t i = 0; i < Count; ++i) strands[i * length + k] = row[k * Count + i];
    }
}

}  // namespace

// Four rows at a time, as many as bicubic has: the sums are read and written anew each time.
FRAMELIFT_MULTIVERSION void sum_rows(const float* const* rows, const float* weights, std::ptrdiff_t count,
                                     std::ptrdiff_t width, float* __restrict sums) {
    std::fill_n(sums, width, 0.0f);
    std::ptrdiff_t t = 0;
    for (; t + 4 <= count; t += 4) {
        const float *a = rows[t], *b = rows[t + 1], *c = rows[t + 2], *d = rows[t + 3];
        const float of_a = weights[t], of_b = weights[t + 1], of_c = weights[t + 2], of_d = weights[t + 3];
        for (std::ptrdiff_t x = 0; x < width; ++x) {
            sums[x] = sums[x] + of_a * a[x] + of_b * b[x] + of_c * c[x] + of_d * d[x];
        }
    }
    for (; t < count; ++t) {
        for (std::ptrdiff_t x = 0; x < width; ++x) sums[x] += weights[t] * rows[t][x];
    }
}

FRAMELIFT_MULTIVERSION void interleave(const float* strands, std::ptrdiff_t count, std::ptrdiff_t length, float* out) {
    switch (count) {
        case 1: return interleave<1>(strands, length, out);
        case 2: return interleave<2>(strands, length, out);
        case 3: return interleave<3>(strands, length, out);
        case 4: return interleave<4>(strands, length, out);
    }
}

FRAMELIFT_MULTIVERSION void deinterleave(const float* row, std::ptrdiff_t count, std::ptrdiff_t length,
                                         float* strands) {
    switch (count) {
        case 1: return deinterleave<1>(row, length, strands);
        case 2: return deinterleave<2>(row, length, strands);
        case 3: return deinterleave<3>(row, length, strands);
        case 4: return deinterleave<4>(row, length, strands);
    }
}

}  // namespace kernels

namespace {

std::ptrdiff_t quotient_rounded_up(std::ptrdiff_t a, std::ptrdiff_t b) { return (a + b - 1) / b; }

bool repeats(const Taps& taps, const Period& period) {
    for (std::ptrdiff_t i = period.outputs; i < taps.length; ++i) {
        if (taps.first[i] != taps.first[i - period.outputs] + period.inputs) return false;
    }
    const std::ptrdiff_t weights = taps.length * taps.count;
    return std::equal(taps.weights + period.outputs * taps.count, taps.weights + weights, taps.weights);
}

// Taps that read farther beyond an end than the margin have no use for one: no picture needs them.
bool stays_within(const Taps& taps, const Period& period, std::ptrdiff_t width, std::ptrdiff_t margin) {
    const auto [lowest, highest] = std::minmax_element(taps.first, taps.first + period.outputs);
    const std::ptrdiff_t whole_periods = quotient_rounded_up(taps.length, period.outputs);
    return *lowest >= -margin && *highest + (whole_periods - 1) * period.inputs + taps.count <= width + margin;
}

// {0, 0} where there is none.
Period period_of(const Taps& taps, std::ptrdiff_t width, std::ptrdiff_t margin) {
    for (std::ptrdiff_t outputs = 1; outputs <= std::min(kernels::most_strands, taps.length - 1); ++outputs) {
        const Period period{outputs, std::ptrdiff_t{taps.first[outputs]} - taps.first[0]};
        if (period.inputs < 1 || period.inputs > kernels::most_strands || !repeats(taps, period)) continue;
        return stays_within(taps, period, width, margin) ? period : Period{0, 0};
    }
    return {0, 0};
}

}  // namespace

RowResampler::RowResampler(std::ptrdiff_t width, const Taps& taps)
    : width_(width),
      margin_(taps.count + kernels::most_strands),
      taps_(taps),
      period_(period_of(taps, width, margin_)),
      samples_(width + 2 * margin_) {
    if (period_.outputs == 0) return;
    phase_length_ = quotient_rounded_up(taps.length, period_.outputs);
    phases_.resize(period_.outputs * phase_length_);
    strand_length_ = quotient_rounded_up(samples_.size(), period_.inputs);
    samples_.resize(period_.inputs * strand_length_);
    strands_.resize(samples_.size());
    for (std::ptrdiff_t i = 0; i < period_.outputs * taps.count; ++i) {
        const std::ptrdiff_t sample = margin_ + taps.first[i / taps.count] + i % taps.count;
        const std::ptrdiff_t strand = sample % period_.inputs;
        phase_rows_.push_back(strands_.data() + strand * strand_length_ + sample / period_.inputs);
    }
}

void RowResampler::resample(float* out) {
    std::fill_n(samples_.data(), margin_, input()[0]);
    std::fill_n(input() + width_, margin_, input()[width_ - 1]);
    if (period_.outputs == 0) {
        resample_each(out);
    } else {
        resample_periods(out);
    }
}

void RowResampler::resample_each(float* out) {
    for (std::ptrdiff_t x = 0; x < taps_.length; ++x) {
        // Taps wholly beyond an end all read that end's sample, however far out: they are moved into the margin.
        const float* source = input() + std::clamp<std::ptrdiff_t>(taps_.first[x], -taps_.count, width_);
        const float* weights = taps_.weights + x * taps_.count;
        float sum = 0.0f;
        for (std::ptrdiff_t t = 0; t < taps_.count; ++t) sum += weights[t] * source[t];
        out[x] = sum;
    }
}

void RowResampler::resample_periods(float* out) {
    kernels::deinterleave(samples_.data(), period_.inputs, strand_length_, strands_.data());
    for (std::ptrdiff_t phase = 0; phase < period_.outputs; ++phase) {
        const std::ptrdiff_t taps = phase * taps_.count;
        kernels::sum_rows(phase_rows_.data() + taps, taps_.weights + taps, taps_.count, phase_length_,
                          phases_.data() + phase * phase_length_);
    }
    kernels::interleave(phases_.data(), period_.outputs, phase_length_, out);
}

}  // namespace framelift
