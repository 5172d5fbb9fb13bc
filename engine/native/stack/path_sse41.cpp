#include "paths.h"
#include "strip.h"
#include "vectors_sse41.h"

namespace framelift::stack {

const Kernel sse41_f32 = kernel_of<F32<Sse41>>("sse41-f32");
const Kernel sse41_int8 = kernel_of<Int16x2<Sse41>>("sse41-int8");

}  // namespace framelift::stack
