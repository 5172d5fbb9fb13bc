#include "paths.h"
#include "strip.h"
#include "vectors_neon.h"

namespace framelift::stack {

const Kernel neon_f32 = kernel_of<F32<Neon>>("neon-f32");
const Kernel neon_int8 = kernel_of<Int16x2<Neon>>("neon-int8");

}  // namespace framelift::stack
