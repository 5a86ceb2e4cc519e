// What Python hands over to name one function of a family: a tuple (id, p0, p1, p2).
#pragma once

#include <pybind11/pybind11.h>

namespace fastdense {

struct Code {
  int id;  // in [0, count)
  double p[3];
};

// Throws TypeError or ValueError, with the name of the family, unless code is a tuple of a valid id
// and three floats.
Code code_from(pybind11::handle code, const char* family, int count);

}  // namespace fastdense
