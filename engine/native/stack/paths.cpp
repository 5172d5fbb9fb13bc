#include "paths.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace framelift::stack {

#if defined(__x86_64__)

namespace {

// __builtin_cpu_supports does not know it in every compiler.
bool has_avx_vnni() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & 1u << 4) != 0;
}

}  // namespace

std::vector<const Kernel*> runnable_kernels() {
    __builtin_cpu_init();
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    std::vector<const Kernel*> kernels;
    if (avx512 && __builtin_cpu_supports("avx512vnni")) kernels.push_back(&avx512vnni_int8);
    if (avx2 && has_avx_vnni()) kernels.push_back(&avxvnni_int8);
    if (avx512) kernels.push_back(&avx512_int8);
    if (avx512 && __builtin_cpu_supports("avx512bf16")) kernels.push_back(&avx512_bf16);
    if (avx512) kernels.push_back(&avx512_f32);
    if (avx2) kernels.insert(kernels.end(), {&avx2_int8, &avx2_f32});
    if (__builtin_cpu_supports("sse4.1")) kernels.insert(kernels.end(), {&sse41_int8, &sse41_f32});
    return kernels;
}

#elif defined(__aarch64__)

std::vector<const Kernel*> runnable_kernels() {
    std::vector<const Kernel*> kernels;
#if defined(__linux__)
    if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) kernels.push_back(&neondot_int8);
#endif
    kernels.insert(kernels.end(), {&neon_int8, &neon_f32});
    return kernels;
}

#else

std::vector<const Kernel*> runnable_kernels() { return {}; }

#endif

}  // namespace framelift::stack
