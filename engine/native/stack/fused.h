// A stack ready to run on this machine: frames in, larger frames out, on as many threads as it was given.
#pragma once

#include <cstddef>
#include <vector>

#include "../resample.h"
#include "buffers.h"
#include "changes.h"
#include "kernel.h"
#include "pool.h"

namespace framelift::stack {

// A plane that is enlarged beside the luma, by bicubic.
template <typename Code>
struct Companion {
    Plane<const Code> source;
    Plane<Code> output;
    Taps rows, columns;
};

// A frame of the same size that was finished before; both planes stay as they are while another frame is made.
template <typename Code>
struct Previous {
    Plane<const Code> source, output;
};

// One thread's share of a frame: to compute or to keep a rectangle of the luma, or rows of a companion.
template <typename Code>
struct Task {
    enum class Kind { compute, keep, resample } kind;
    Rect rect;
    const Companion<Code>* companion = nullptr;
};

class FusedStack {
public:
    // `kernel` null is the reference. Throws std::invalid_argument, see plan_of.
    FusedStack(Network network, const Kernel* kernel, Format format, int threads);

    // Fills the output planes. Returns how many of the input's pixels kept the previous frame's output. Any number
    // of threads may call it at once.
    template <typename Code>
    std::ptrdiff_t run(const Luma<Code>& luma, const Previous<Code>* previous,
                       const std::vector<Companion<Code>>& companions);

    const Plan& plan() const { return plan_; }

private:
    template <typename Code>
    std::vector<Task<Code>> tasks_of(const Work& work, const std::vector<Companion<Code>>& companions) const;
    std::size_t scratch_bytes(const Work& work) const;

    Network network_;
    const Kernel* kernel_;
    Plan plan_;
    int threads_;
    std::ptrdiff_t strip_cells_;  // so many columns fit the processor's second-level cache
    Pool pool_;
    Buffers buffers_;
};

}  // namespace framelift::stack
