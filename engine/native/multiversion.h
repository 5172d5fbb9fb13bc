// One binary for every x86-64 machine: a function marked FRAMELIFT_MULTIVERSION is compiled for AVX-512, AVX2 and
// the baseline, and the loader picks what the processor can run. The results are the same to the last bit, since
// the build neither fuses multiply and add nor reorders sums.
#pragma once

// Picking while loading is a feature of the GNU C library (ifunc). Elsewhere the baseline serves.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define FRAMELIFT_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FRAMELIFT_MULTIVERSION
#endif

// A version is only as wide as what is compiled into it: its helpers must be inlined.
#if defined(__GNUC__)
#define FRAMELIFT_INLINE inline __attribute__((always_inline))
#else
#define FRAMELIFT_INLINE inline
#endif
