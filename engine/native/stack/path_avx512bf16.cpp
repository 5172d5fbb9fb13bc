#include "paths.h"
#include "strip.h"
#include "vectors_avx512.h"

namespace framelift::stack {

const Kernel avx512_bf16 = kernel_of<Bf16<Avx512Bf16>>("avx512-bf16");

}  // namespace framelift::stack
