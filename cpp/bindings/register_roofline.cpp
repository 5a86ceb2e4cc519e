#include "bindings/array.hpp"
#include "bindings/gil.hpp"
#include "bindings/register.hpp"
#include "runtime/isa.hpp"

namespace fastdense {
namespace {

double work_of(std::size_t n, std::size_t passes) {
  return static_cast<double>(n) * static_cast<double>(passes);
}

// The value, which has no meaning but makes sure that the work was done, and its number of
// floating-point operations.
py::tuple multiply_add_peak(const std::string& dtype, std::size_t steps) {
  return dispatch(dtype_named(dtype, "multiply_add_peak"), [&](auto zero) {
    using T = decltype(zero);
    const auto& roofline = kernels<T>().roofline;
    double value = 0;
    const double work = static_cast<double>(steps * roofline.flops_per_step);
    without_gil(work,
                [&] { value = static_cast<double>(roofline.multiply_add_peak(steps, T{1})); });
    return py::make_tuple(value, steps * roofline.flops_per_step);
  });
}

double stream_read(const py::object& x_value, std::size_t passes) {
  Operand x("stream_read: x", x_value);
  x.convert(x.dtype());
  return dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::size_t n = element_count(x.shape());
    double sum = 0;
    without_gil(work_of(n, passes), [&] {
      sum = static_cast<double>(kernels<T>().roofline.read(n, passes, x.data<T>()));
    });
    return sum;
  });
}

void stream_write(const py::object& y_value, std::size_t passes) {
  const Operand like("stream_write: y", y_value);
  py::array y = output(y_value, "stream_write:", like.dtype(), like.shape(), {});
  dispatch(like.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::size_t n = element_count(like.shape());
    T* out = writable<T>(y);
    without_gil(work_of(n, passes), [&] { kernels<T>().roofline.write(n, passes, out); });
  });
}

void stream_copy(const py::object& x_value, const py::object& y_value, std::size_t passes) {
  Operand x("stream_copy: x", x_value);
  x.convert(x.dtype());
  py::array y = output(y_value, "stream_copy:", x.dtype(), x.shape(), {&x});
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::size_t n = element_count(x.shape());
    T* out = writable<T>(y);
    without_gil(work_of(n, passes),
                [&] { kernels<T>().roofline.copy(n, passes, T{1}, x.data<T>(), out); });
  });
}

}  // namespace

void register_roofline(py::module_& m) {
  m.def("multiply_add_peak", &multiply_add_peak, py::arg("dtype"), py::arg("steps"));
  m.def("stream_read", &stream_read, py::arg("x"), py::arg("passes"));
  m.def("stream_write", &stream_write, py::arg("y"), py::arg("passes"));
  m.def("stream_copy", &stream_copy, py::arg("x"), py::arg("y"), py::arg("passes"));
}

}  // namespace fastdense
