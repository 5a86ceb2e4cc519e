#include <algorithm>

#include "bindings/array.hpp"
#include "bindings/gil.hpp"
#include "bindings/register.hpp"
#include "ops/dropout.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {
namespace {

[[noreturn]] void refuse(const char* expectation, const py::object& value, PyObject* error_type) {
  PyErr_Clear();
  const std::string text =
      std::string("dropout: ") + expectation + ", got " + py::repr(value).cast<std::string>();
  PyErr_SetString(error_type, text.c_str());
  throw py::error_already_set();
}

std::uint64_t seed_from(const py::object& seed) {
  const auto index = py::reinterpret_steal<py::object>(PyNumber_Index(seed.ptr()));
  if (!index) refuse("seed must be an integer", seed, PyExc_TypeError);
  const unsigned long long value = PyLong_AsUnsignedLongLong(index.ptr());
  if (PyErr_Occurred() != nullptr) refuse("seed must be in [0, 2**64)", seed, PyExc_ValueError);
  return value;
}

double rate_from(const py::object& value) {
  const double rate = PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() != nullptr)
    refuse("rate must be a number between 0 and 1", value, PyExc_TypeError);
  if (!(rate >= 0 && rate <= 1)) refuse("rate must be between 0 and 1", value, PyExc_ValueError);
  return rate;
}

Shape shape_from(const py::object& value) {
  Shape shape;
  if (PySequence_Check(value.ptr()) == 0) {
    refuse("noise_shape must be a sequence of integers", value, PyExc_TypeError);
  }
  for (const py::handle extent : value) {
    if (shape.size() == Shape::kMostAxes)
      refuse("noise_shape must not have more axes than an array can", value, PyExc_ValueError);
    shape.push_back(PyNumber_AsSsize_t(extent.ptr(), PyExc_OverflowError));
    if (PyErr_Occurred() != nullptr) {
      const bool is_too_large = PyErr_ExceptionMatches(PyExc_OverflowError) != 0;
      refuse("noise_shape must hold sizes", value,
             is_too_large ? PyExc_ValueError : PyExc_TypeError);
    }
  }
  return shape;
}

// noise_shape with leading ones up to x's rank. Every extent is 1 or x's own.
std::vector<std::size_t> broadcast_shape(const py::object& noise_shape, const Operand& x) {
  const Shape given = shape_from(noise_shape);
  const Shape shape = x.shape();
  const auto fits = [](py::ssize_t extent, py::ssize_t x_extent) {
    return extent == 1 || extent == x_extent;
  };
  if (given.size() > shape.size() ||
      !std::equal(given.begin(), given.end(), shape.end() - given.size(), fits)) {
    throw py::value_error("dropout: noise_shape " + to_string(given) +
                          " does not broadcast to x's shape " + x.describe());
  }
  std::vector<std::size_t> full(shape.size(), 1);
  std::copy_backward(given.begin(), given.end(), full.end());
  return full;
}

py::array dropout_op(const py::object& value, const py::object& rate, const py::object& seed,
                     const py::object& noise_shape) {
  const DropoutConfig config{rate_from(rate), seed_from(seed)};
  Operand x("dropout: x", value);
  x.require_rank_at_least(1);
  const Shape x_shape = x.shape();
  const std::vector<std::size_t> shape(x_shape.begin(), x_shape.end());
  const std::vector<std::size_t> noise =
      noise_shape.is_none() ? shape : broadcast_shape(noise_shape, x);
  x.convert(x.dtype());
  py::array y = new_array(x.dtype(), x_shape);
  const std::size_t size = element_count(x_shape);
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = writable<T>(y);
    without_gil(elementwise_work(size), [&] {
      if (noise == shape) {
        dropout(config, size, x.data<T>(), out);
      } else {
        dropout_broadcast(config, shape, noise, x.data<T>(), out);
      }
    });
  });
  return y;
}

}  // namespace

void register_dropout(py::module_& m) {
  m.def("dropout", &dropout_op, py::arg("x"), py::arg("rate"), py::arg("seed"),
        py::arg("noise_shape") = py::none());
}

}  // namespace fastdense
