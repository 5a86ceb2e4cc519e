// fastdense._core: table of contents.
#include <pybind11/pybind11.h>

#include <cstdlib>
#include <stdexcept>

#include "bindings/register.hpp"
#include "runtime/isa.hpp"

namespace py = pybind11;

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  const char* requested = std::getenv("FASTDENSE_ISA");
  try {
    fastdense::select_isa(requested == nullptr ? "" : requested);
  } catch (const std::runtime_error& error) {
    throw py::import_error(error.what());
  }
  fastdense::register_activation(m);
  fastdense::register_dense(m);
  fastdense::register_dropout(m);
  fastdense::register_runtime(m);
}
