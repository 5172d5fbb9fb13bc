#pragma once

#include <nanobind/nanobind.h>

namespace framelift::stack {

// FusedStack, stack_paths and peak_operations for Python.
void define_stack(nanobind::module_& m);

}  // namespace framelift::stack
