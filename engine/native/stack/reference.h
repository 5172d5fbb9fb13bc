// What every kernel is compared with: a stack evaluated layer by layer, in plain loops.
#pragma once

#include "kernel.h"
#include "network.h"

namespace framelift::stack {

// The whole output. Format::int8x4 stands for every integer format, which all give the same codes.
template <typename Code>
void run_reference(const Network& network, Format format, const Luma<Code>& luma);

}  // namespace framelift::stack
