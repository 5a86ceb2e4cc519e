// Losses as Python hands them over: (id, p0, p1).
#pragma once

#include <pybind11/pybind11.h>

#include "ops/loss.hpp"

namespace fastdense {

// Throws TypeError or ValueError unless code is a tuple of a valid id and two floats.
LossFunction loss_from(pybind11::handle code);

}  // namespace fastdense
