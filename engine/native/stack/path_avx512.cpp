#include "paths.h"
#include "strip.h"
#include "vectors_avx512.h"

namespace framelift::stack {

const Kernel avx512_f32 = kernel_of<F32<Avx512>>("avx512-f32");
const Kernel avx512_int8 = kernel_of<Int16x2<Avx512>>("avx512-int8");

}  // namespace framelift::stack
