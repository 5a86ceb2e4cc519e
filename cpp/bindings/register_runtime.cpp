#include <pybind11/stl.h>

#include "bindings/register.hpp"
#include "runtime/isa.hpp"
#include "runtime/openmp.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {
namespace {

namespace py = pybind11;

py::dict config() {
  py::dict info;
  info["isa"] = active_kernels().isa;
  info["isas_available"] = available_isas();
  info["num_threads"] = num_threads();
  info["threading"] = active_threading();
  info["openmp"] = openmp_version();
  info["compiler"] = __VERSION__;
  return info;
}

void set_num_threads_op(int n) {
  if (n < 0)
    throw py::value_error("set_num_threads: n must not be negative, got " + std::to_string(n));
  set_num_threads(n);
}

}  // namespace

void register_runtime(py::module_& m) {
  m.def("config", &config);
  m.def("get_num_threads", &num_threads);
  m.def("requested_num_threads", &requested_num_threads);
  m.def("set_num_threads", &set_num_threads_op, py::arg("n"));
}

}  // namespace fastdense
