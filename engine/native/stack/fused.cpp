#include "fused.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "../kernels.h"
#include "reference.h"
#include "scratch.h"

namespace framelift::stack {
namespace {

constexpr std::ptrdiff_t fewest_rows = 16;  // of a task: each computes a halo of its own

// What the rolling rows of a strip may take of the second-level cache; the rest is for planes passing through.
std::ptrdiff_t cache_budget() {
    std::ptrdiff_t bytes = 0;
#if defined(_SC_LEVEL2_CACHE_SIZE)
    bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    return (bytes > 0 ? bytes : 1 << 20) * 3 / 4;
}

std::ptrdiff_t strip_cells_for(const Plan& plan) {
    const std::ptrdiff_t columns = cache_budget() / (4 * plan.words_per_column);
    return std::max<std::ptrdiff_t>(columns - margin - overrun - 2 * plan.halo, 4 * plan.halo + 64);
}

// `length` cut into `parts` of nearly equal size, each a multiple of `unit` but the last.
std::vector<std::ptrdiff_t> cuts(std::ptrdiff_t first, std::ptrdiff_t last, std::ptrdiff_t parts, std::ptrdiff_t unit) {
    const std::ptrdiff_t length = last - first;
    const std::ptrdiff_t step = ((length + parts - 1) / parts + unit - 1) / unit * unit;
    std::vector<std::ptrdiff_t> at;
    for (std::ptrdiff_t x = first; x < last; x += step) at.push_back(x);
    at.push_back(last);
    return at;
}

template <typename Code>
void call(const Kernel& kernel, const Plan& plan, const Luma<Code>& luma, const Rect& rect, std::byte* scratch) {
    if constexpr (std::is_same_v<Code, std::uint8_t>) kernel.run8(plan, luma, rect, scratch);
    if constexpr (std::is_same_v<Code, std::uint16_t>) kernel.run16(plan, luma, rect, scratch);
    if constexpr (std::is_same_v<Code, float>) kernel.run_values(plan, luma, rect, scratch);
}

template <typename Code>
void keep(const Plan& plan, const Luma<Code>& luma, const Plane<const Code>& previous, const Rect& rect) {
    const int samples = plan.samples_per_cell();
    for (std::ptrdiff_t y = samples * rect.top; y < samples * rect.bottom; ++y) {
        std::memcpy(luma.output.row(y) + samples * rect.left, previous.row(y) + samples * rect.left,
                    sizeof(Code) * samples * (rect.right - rect.left));
    }
}

template <typename Code>
void enlarge(const Companion<Code>& companion, float largest, std::ptrdiff_t first_row, std::ptrdiff_t last_row) {
    if constexpr (!std::is_same_v<Code, float>) {
        kernels::resample_rows(companion.source, companion.output, companion.rows, companion.columns, largest, first_row,
                               last_row);
    }
}

}  // namespace

FusedStack::FusedStack(Network network, const Kernel* kernel, Format format, int threads)
    : network_(std::move(network)), kernel_(kernel),
      plan_(plan_of(network_, format, kernel != nullptr ? kernel->block : least_channels)), threads_(threads),
      strip_cells_(strip_cells_for(plan_)), pool_(threads - 1) {}

// Rectangles become strips that fit the cache, and as many parts as there are threads.
template <typename Code>
std::vector<Task<Code>> FusedStack::tasks_of(const Work& work, const std::vector<Companion<Code>>& companions) const {
    using Kind = typename Task<Code>::Kind;
    std::vector<Task<Code>> tasks;
    for (const Rect& rect : work.compute) {
        const std::ptrdiff_t strips = (rect.right - rect.left + strip_cells_ - 1) / strip_cells_;
        const std::ptrdiff_t most = std::max<std::ptrdiff_t>(1, (rect.bottom - rect.top) / fewest_rows);
        const auto x = cuts(rect.left, rect.right, strips, line);
        const auto y = cuts(rect.top, rect.bottom, std::min<std::ptrdiff_t>(threads_, most), 1);
        for (std::size_t i = 0; i + 1 < x.size(); ++i) {
            for (std::size_t j = 0; j + 1 < y.size(); ++j) tasks.push_back({Kind::compute, {x[i], y[j], x[i + 1], y[j + 1]}});
        }
    }
    for (const Companion<Code>& companion : companions) {
        const auto y = cuts(0, companion.output.height, std::min<std::ptrdiff_t>(threads_, companion.output.height), 1);
        for (std::size_t j = 0; j + 1 < y.size(); ++j) tasks.push_back({Kind::resample, {0, y[j], 0, y[j + 1]}, &companion});
    }
    for (const Rect& rect : work.keep) tasks.push_back({Kind::keep, rect});
    return tasks;
}

std::size_t FusedStack::scratch_bytes(const Work& work) const {
    std::ptrdiff_t widest = 0;
    for (const Rect& rect : work.compute) widest = std::max(widest, rect.right - rect.left);
    return Scratch(plan_, std::min(widest, strip_cells_ + line) + 2 * plan_.halo).bytes();
}

template <typename Code>
std::ptrdiff_t FusedStack::run(const Luma<Code>& luma, const Previous<Code>* previous,
                               const std::vector<Companion<Code>>& companions) {
    if (kernel_ == nullptr) {
        run_reference(network_, plan_.format, luma);
        for (const Companion<Code>& companion : companions) enlarge(companion, luma.largest, 0, companion.output.height);
        return 0;
    }
    const int side = plan_.unshuffle;
    const Work work = previous == nullptr
                          ? all_of(luma.source.width / side, luma.source.height / side)
                          : work_between(previous->source, luma.source, side, plan_.reach());
    const std::vector<Task<Code>> tasks = tasks_of(work, companions);
    Buffers::Loan scratch(buffers_, std::min<std::size_t>(tasks.size(), threads_), scratch_bytes(work));
    pool_.run(static_cast<std::ptrdiff_t>(tasks.size()), [&](std::ptrdiff_t i) {
        const Task<Code>& task = tasks[i];
        if (task.kind == Task<Code>::Kind::resample) {
            enlarge(*task.companion, luma.largest, task.rect.top, task.rect.bottom);
        } else if (task.kind == Task<Code>::Kind::keep) {
            keep(plan_, luma, previous->output, task.rect);
        } else {
            std::byte* memory = scratch.take();
            call(*kernel_, plan_, luma, task.rect, memory);
            scratch.give_back(memory);
        }
    });
    std::ptrdiff_t kept = 0;
    for (const Rect& rect : work.keep) kept += (rect.right - rect.left) * (rect.bottom - rect.top);
    return kept * side * side;
}

template std::ptrdiff_t FusedStack::run(const Luma<std::uint8_t>&, const Previous<std::uint8_t>*,
                                        const std::vector<Companion<std::uint8_t>>&);
template std::ptrdiff_t FusedStack::run(const Luma<std::uint16_t>&, const Previous<std::uint16_t>*,
                                        const std::vector<Companion<std::uint16_t>>&);
template std::ptrdiff_t FusedStack::run(const Luma<float>&, const Previous<float>*,
                                        const std::vector<Companion<float>>&);

}  // namespace framelift::stack
