// The kernels there are, and those this processor can run.
#pragma once

#include <vector>

#include "kernel.h"

namespace framelift::stack {

#if defined(__x86_64__)
extern const Kernel avx512vnni_int8, avx512_int8, avx512_bf16, avx512_f32;
extern const Kernel avxvnni_int8, avx2_int8, avx2_f32;
extern const Kernel sse41_int8, sse41_f32;
#elif defined(__aarch64__)
extern const Kernel neondot_int8, neon_int8, neon_f32;
#endif

// The fastest first.
std::vector<const Kernel*> runnable_kernels();

}  // namespace framelift::stack
