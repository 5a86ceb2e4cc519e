// fastdense._core: table of contents.
#include <pybind11/pybind11.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bindings/register.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"

namespace py = pybind11;

namespace {

// select(the environment variable's value, or ""), its std::runtime_error as an ImportError.
void select_as_in(const char* variable, void (*select)(const std::string&)) {
  const char* requested = std::getenv(variable);
  try {
    select(requested == nullptr ? "" : requested);
  } catch (const std::runtime_error& error) {
    // The text quotes the environment, which may hold any bytes.
    const std::string_view text = error.what();
    const auto length = static_cast<py::ssize_t>(text.size());
    const auto printable = py::reinterpret_steal<py::str>(
        PyUnicode_DecodeUTF8(text.data(), length, "backslashreplace"));
    throw py::import_error(printable.cast<std::string>());
  }
}

}  // namespace

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  select_as_in("FASTDENSE_ISA", fastdense::select_isa);
  select_as_in("FASTDENSE_THREADING", fastdense::select_threading);
  fastdense::register_accuracy(m);
  fastdense::register_activation(m);
  fastdense::register_dense(m);
  fastdense::register_dropout(m);
  fastdense::register_inference(m);
  fastdense::register_loss(m);
  fastdense::register_optimizer(m);
  fastdense::register_penalty(m);
  fastdense::register_roofline(m);
  fastdense::register_runtime(m);
  fastdense::register_training(m);
}
