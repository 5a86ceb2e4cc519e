// What Python hands over to name one function of a family: a tuple (id, p0, p1, p2), or with
// fewer parameters.
#pragma once

#include <pybind11/pybind11.h>

namespace fastdense {

struct Code {
  int id;       // in [0, count)
  double p[3];  // zero from the last parameter on
};

// Throws TypeError or ValueError, with the name of the family, unless code is a tuple of a valid id
// and so many floats, at most three.
Code code_from(pybind11::handle code, const char* family, int count, int parameters = 3);

}  // namespace fastdense
