#include "paths.h"
#include "strip.h"
#include "vectors_avx2.h"

namespace framelift::stack {

const Kernel avxvnni_int8 = kernel_of<Int8x4<AvxVnni>>("avxvnni-int8");

}  // namespace framelift::stack
