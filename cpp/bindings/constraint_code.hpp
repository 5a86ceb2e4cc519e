// Constraints as Python hands them over: (id, p0, p1, p2).
#pragma once

#include <pybind11/pybind11.h>

#include "ops/constraint.hpp"

namespace fastdense {

// Throws TypeError or ValueError unless code is a tuple of a valid id and three floats.
Constraint constraint_from(pybind11::handle code);

}  // namespace fastdense
