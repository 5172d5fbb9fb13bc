#include "paths.h"
#include "strip.h"
#include "vectors_neon.h"

namespace framelift::stack {
namespace {

struct SignedBytes : Int8x4<NeonDot> {
    static constexpr Format format = Format::int8x4_signed;
};

}  // namespace

const Kernel neondot_int8 = kernel_of<SignedBytes>("neondot-int8");

}  // namespace framelift::stack
