#include "paths.h"
#include "strip.h"
#include "vectors_avx2.h"

namespace framelift::stack {

const Kernel avx2_f32 = kernel_of<F32<Avx2>>("avx2-f32");
const Kernel avx2_int8 = kernel_of<Int16x2<Avx2>>("avx2-int8");

}  // namespace framelift::stack
