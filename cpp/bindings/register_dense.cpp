#include "bindings/activation_code.hpp"
#include "bindings/array.hpp"
#include "bindings/gil.hpp"
#include "bindings/register.hpp"
#include "ops/dense.hpp"

#include <optional>

namespace fastdense {
namespace {

// The checked arguments of a forward pass.
struct DenseOperands {
  Operand x, weight;
  std::optional<Operand> bias;
  Activation activation;
  DType dtype{};
  DenseShape shape{};
  Shape y_shape;

  DenseOperands(const py::object& x_value, const py::object& weight_value,
                const py::object& bias_value, const py::object& code)
      : x("dense: x", x_value),
        weight("dense: kernel", weight_value),
        activation(activation_from(code)) {
    if (activation.is_glu())
      throw py::value_error("dense: glu halves its input and can't be fused");
    x.require_rank_at_least(1);
    weight.require_rank(2);
    if (x.columns() != weight.shape(0)) {
      throw py::value_error("dense: x has " + std::to_string(x.columns()) + " features (shape " +
                            x.describe() + "), kernel expects " + std::to_string(weight.shape(0)) +
                            " (shape " + weight.describe() + ")");
    }
    if (!bias_value.is_none()) {
      bias.emplace("dense: bias", bias_value);
      bias->require_shape({weight.shape(1)});
      dtype = convert_to_common({&x, &weight, &*bias});
    } else {
      dtype = convert_to_common({&x, &weight});
    }
    shape = {x.rows(), static_cast<std::size_t>(weight.shape(0)),
             static_cast<std::size_t>(weight.shape(1))};
    y_shape = x.shape();
    y_shape.back() = weight.shape(1);
  }

  py::array output_in(const py::object& out) const {
    return bias ? output(out, "dense:", dtype, y_shape, {&x, &weight, &*bias})
                : output(out, "dense:", dtype, y_shape, {&x, &weight});
  }

  // z may be null.
  void run(py::array& y, py::array* z) const {
    dispatch(dtype, [&](auto zero) {
      using T = decltype(zero);
      T* y_data = writable<T>(y);
      T* z_data = z == nullptr ? nullptr : writable<T>(*z);
      const T* bias_data = bias ? bias->data<T>() : nullptr;
      without_gil(shape.work(), [&] {
        dense_forward(shape, activation, x.data<T>(), weight.data<T>(), bias_data, y_data, z_data);
      });
    });
  }
};

py::array dense(const py::object& x, const py::object& kernel, const py::object& bias,
                const py::object& code, const py::object& out) {
  const DenseOperands in(x, kernel, bias, code);
  py::array y = in.output_in(out);
  in.run(y, nullptr);
  return y;
}

py::tuple dense_forward_op(const py::object& x, const py::object& kernel, const py::object& bias,
                           const py::object& code) {
  const DenseOperands in(x, kernel, bias, code);
  py::array y = new_array(in.dtype, in.y_shape);
  py::object saved = py::none();
  if (in.activation.gradient_from() == GradientFrom::kInput) {
    py::array z = new_array(in.dtype, in.y_shape);
    in.run(y, &z);
    saved = z;
  } else {
    in.run(y, nullptr);
    if (in.activation.gradient_from() == GradientFrom::kOutput) saved = y;
  }
  return py::make_tuple(y, in.x.array(), in.weight.array(), saved);
}

py::tuple dense_backward_op(const py::object& dy_value, const py::object& x_value,
                            const py::object& kernel_value, const py::object& saved_value,
                            const py::object& code, bool needs_input_grad, bool needs_kernel_grad,
                            bool needs_bias_grad) {
  const DenseOperands in(x_value, kernel_value, py::none(), code);
  Operand dy("dense_backward: dy", dy_value);
  dy.require_shape(in.y_shape);
  dy.convert(in.dtype);
  std::optional<Operand> saved;
  if (!in.activation.is_linear()) {
    saved.emplace("dense_backward: saved", saved_value);
    saved->require_shape(in.y_shape);
    saved->convert(in.dtype);
  }
  const auto gradient = [&](bool is_needed, const Shape& shape) {
    return is_needed ? py::object(new_array(in.dtype, shape)) : py::none();
  };
  const py::object dx = gradient(needs_input_grad, in.x.shape());
  const py::object dkernel = gradient(needs_kernel_grad, in.weight.shape());
  const py::object db = gradient(needs_bias_grad, {in.weight.shape(1)});
  dispatch(in.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto data_of = [](const py::object& array) {
      return array.is_none()
                 ? nullptr
                 : static_cast<T*>(py::reinterpret_borrow<py::array>(array).mutable_data());
    };
    T* dx_data = data_of(dx);
    T* dkernel_data = data_of(dkernel);
    T* db_data = data_of(db);
    const T* saved_data = saved ? saved->data<T>() : nullptr;
    without_gil(in.shape.work(), [&] {
      dense_backward(in.shape, in.activation, in.x.data<T>(), in.weight.data<T>(), saved_data,
                     dy.data<T>(), dx_data, dkernel_data, db_data);
    });
  });
  return py::make_tuple(dx, dkernel, db);
}

}  // namespace

void register_dense(py::module_& m) {
  m.def("dense", &dense, py::arg("x"), py::arg("kernel"), py::arg("bias"), py::arg("code"),
        py::arg("out") = py::none());
  m.def("dense_forward", &dense_forward_op, py::arg("x"), py::arg("kernel"), py::arg("bias"),
        py::arg("code"));
  m.def("dense_backward", &dense_backward_op, py::arg("dy"), py::arg("x_used"),
        py::arg("kernel_used"), py::arg("saved"), py::arg("code"), py::arg("needs_input_grad"),
        py::arg("needs_kernel_grad"), py::arg("needs_bias_grad"));
}

}  // namespace fastdense
