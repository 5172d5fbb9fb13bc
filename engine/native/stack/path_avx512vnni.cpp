#include "paths.h"
#include "strip.h"
#include "vectors_avx512.h"

namespace framelift::stack {

const Kernel avx512vnni_int8 = kernel_of<Int8x4<Avx512Vnni>>("avx512vnni-int8");

}  // namespace framelift::stack
