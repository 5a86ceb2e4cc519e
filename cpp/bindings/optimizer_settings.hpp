// How Python describes an optimizer: a tuple (id, p0, p1, p2, p3, weight_decay, clip, clip_at).
#pragma once

#include <pybind11/pybind11.h>

#include "ops/optimizer.hpp"

namespace fastdense {

// Throws TypeError or ValueError if it isn't such a tuple.
OptimizerSettings optimizer_settings_from(pybind11::handle settings);

}  // namespace fastdense
