#include "bindings/activation_code.hpp"
#include "bindings/array.hpp"
#include "bindings/code.hpp"
#include "bindings/gil.hpp"
#include "bindings/register.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {
namespace {

Shape result_shape(const Activation& activation, const Operand& x) {
  x.require_rank_at_least(1);
  Shape shape = x.shape();
  if (!activation.is_glu()) return shape;
  if (shape.back() % 2 != 0)
    throw py::value_error("glu: axis size must be divisible by 2. Received: x.shape=" +
                          x.describe());
  shape.back() /= 2;
  return shape;
}

py::array run_forward(const Activation& activation, const Operand& x, py::array y) {
  const std::size_t rows = x.rows();
  const auto cols = static_cast<std::size_t>(x.columns());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = writable<T>(y);
    const T* in = x.data<T>();
    without_gil(elementwise_work(rows * cols),
                [&] { activation_forward(activation, rows, cols, in, out); });
  });
  return y;
}

py::array activation(const py::object& value, const py::object& code, const py::object& out) {
  const Activation activation = activation_from(code);
  Operand x("activation: x", value);
  const Shape shape = result_shape(activation, x);
  const bool in_place = out.is(value) && !activation.is_glu();
  x.convert(x.dtype());
  return run_forward(activation, x,
                     in_place ? output(out, "activation:", x.dtype(), shape, {})
                              : output(out, "activation:", x.dtype(), shape, {&x}));
}

py::tuple activation_forward_op(const py::object& value, const py::object& code) {
  const Activation activation = activation_from(code);
  Operand x("activation: x", value);
  const Shape shape = result_shape(activation, x);
  x.convert(x.dtype());
  const py::array y = run_forward(activation, x, new_array(x.dtype(), shape));
  switch (activation.gradient_from()) {
    case GradientFrom::kInput:
      return py::make_tuple(y, x.array());
    case GradientFrom::kOutput:
      return py::make_tuple(y, y);
    default:
      return py::make_tuple(y, py::none());
  }
}

py::array activation_backward_op(const py::object& dy_value, const py::object& saved_value,
                                 const py::object& code) {
  const Activation activation = activation_from(code);
  Operand dy("activation_backward: dy", dy_value);
  dy.require_rank_at_least(1);
  if (saved_value.is_none()) {
    if (activation.gradient_from() != GradientFrom::kNothing)
      throw py::type_error(
          "activation_backward: saved is None, expected what the forward pass returned");
    dy.convert(dy.dtype());
    return py::array(dy.array().dtype(), dy.shape(), dy.array().data());
  }
  Operand saved("activation_backward: saved", saved_value);
  dy.require_shape(result_shape(activation, saved));
  saved.convert(saved.dtype());
  dy.convert(saved.dtype());
  py::array dx = new_array(saved.dtype(), saved.shape());
  const std::size_t rows = saved.rows();
  const auto cols = static_cast<std::size_t>(saved.columns());
  dispatch(saved.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = writable<T>(dx);
    without_gil(elementwise_work(rows * cols), [&] {
      activation_backward(activation, rows, cols, dy.data<T>(), saved.data<T>(), out);
    });
  });
  return dx;
}

// x: (batch, ...), alpha: x.shape[1:].
struct PReluOperands {
  Operand x, alpha;
  std::size_t rows, cols;

  PReluOperands(const char* x_where, const py::object& x_value, const char* alpha_where,
                const py::object& alpha_value)
      : x(x_where, x_value), alpha(alpha_where, alpha_value) {
    x.require_rank_at_least(1);
    const Shape shape = x.shape();
    alpha.require_shape({shape.begin() + 1, shape.end()});
    convert_to_common({&x, &alpha});
    rows = static_cast<std::size_t>(shape[0]);
    cols = element_count(alpha.shape());
  }
};

py::tuple prelu_forward_op(const py::object& x_value, const py::object& alpha_value) {
  const PReluOperands in("prelu_forward: x", x_value, "prelu_forward: alpha", alpha_value);
  py::array y = new_array(in.x.dtype(), in.x.shape());
  dispatch(in.x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = writable<T>(y);
    without_gil(elementwise_work(in.rows * in.cols),
                [&] { prelu_forward(in.rows, in.cols, in.x.data<T>(), in.alpha.data<T>(), out); });
  });
  return py::make_tuple(y, in.x.array());
}

py::tuple prelu_backward_op(const py::object& dy_value, const py::object& x_value,
                            const py::object& alpha_value) {
  const PReluOperands in("prelu_backward: x", x_value, "prelu_backward: alpha", alpha_value);
  Operand dy("prelu_backward: dy", dy_value);
  dy.require_shape(in.x.shape());
  dy.convert(in.x.dtype());
  py::array dx = new_array(in.x.dtype(), in.x.shape());
  py::array dalpha = new_array(in.x.dtype(), in.alpha.shape());
  dispatch(in.x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* dx_out = writable<T>(dx);
    T* dalpha_out = writable<T>(dalpha);
    without_gil(elementwise_work(in.rows * in.cols), [&] {
      prelu_backward(in.rows, in.cols, dy.data<T>(), in.x.data<T>(), in.alpha.data<T>(), dx_out,
                     dalpha_out);
    });
  });
  return py::make_tuple(dx, dalpha);
}

py::dict activation_ids() {
  py::dict ids;
  for (const ActivationName& entry : kActivationNames) ids[entry.name] = entry.id;
  return ids;
}

}  // namespace

Activation activation_from(py::handle code) {
  const Code parsed = code_from(code, "activation", kActivationCount);
  return {parsed.id, {{parsed.p[0], parsed.p[1], parsed.p[2]}}};
}

void register_activation(py::module_& m) {
  m.attr("ACTIVATIONS") = activation_ids();
  m.def("activation", &activation, py::arg("x"), py::arg("code"), py::arg("out") = py::none());
  m.def("activation_forward", &activation_forward_op, py::arg("x"), py::arg("code"));
  m.def("activation_backward", &activation_backward_op, py::arg("dy"), py::arg("saved"),
        py::arg("code"));
  m.def("prelu_forward", &prelu_forward_op, py::arg("x"), py::arg("alpha"));
  m.def("prelu_backward", &prelu_backward_op, py::arg("dy"), py::arg("x"), py::arg("alpha"));
}

}  // namespace fastdense
