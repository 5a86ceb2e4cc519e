#include "bindings/code.hpp"

#include <string>

namespace fastdense {

namespace py = pybind11;

Code code_from(py::handle code, const char* family, int count, int parameters) {
  if (!PyTuple_Check(code.ptr()) || PyTuple_GET_SIZE(code.ptr()) != 1 + parameters) {
    throw py::type_error(std::string(family) + ": the code is not a tuple of an id and " +
                         std::to_string(parameters) + " floats");
  }
  const long id = PyLong_AsLong(PyTuple_GET_ITEM(code.ptr(), 0));
  if (PyErr_Occurred() != nullptr) throw py::error_already_set();
  if (id < 0 || id >= count)
    throw py::value_error(std::string("no ") + family + " has id " + std::to_string(id));
  Code parsed{static_cast<int>(id), {}};
  for (int i = 0; i < parameters; ++i) {
    parsed.p[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(code.ptr(), i + 1));
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
  }
  return parsed;
}

}  // namespace fastdense
