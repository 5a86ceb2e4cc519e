#include <pybind11/stl.h>

#include <optional>
#include <string>

#include "bindings/array.hpp"
#include "bindings/code.hpp"
#include "bindings/gil.hpp"
#include "bindings/loss_code.hpp"
#include "bindings/register.hpp"
#include "ops/loss.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {
namespace {

Shape without_last(const Shape& shape) { return {shape.begin(), shape.end() - 1}; }

// Labels [rows], each of them one of the columns.
const std::int64_t* labels_from(const py::object& value, const Operand& y_pred) {
  if (!is_usable_as_int64(value)) {
    throw py::type_error(
        "loss: y_true is not a C-contiguous and aligned array of int64, as labels are");
  }
  const auto array = py::reinterpret_borrow<py::array>(value);
  const auto* labels = static_cast<const std::int64_t*>(array.data());
  const Shape expected = without_last(y_pred.shape());
  const Shape shape(array.shape(), array.shape() + array.ndim());
  if (shape != expected) {
    throw py::value_error("loss: y_true has shape " + to_string(shape) + ", expected " +
                          to_string(expected) + " for y_pred of shape " + y_pred.describe());
  }
  const auto classes = static_cast<std::size_t>(y_pred.columns());
  const std::size_t bad = first_bad_label(y_pred.rows(), classes, labels);
  if (bad < y_pred.rows()) {
    throw py::value_error("loss: y_true has the label " + std::to_string(labels[bad]) + " in row " +
                          std::to_string(bad) + ", expected labels in [0, " +
                          std::to_string(classes) + "), the columns of y_pred");
  }
  return labels;
}

template <class T>
const T* data_of(const std::optional<Operand>& operand) {
  return operand ? operand->data<T>() : nullptr;
}

// y_pred: (rows..., columns); y_true: the same, or labels (rows...); weight: (rows...) or None.
// Returns the sum of weight loss over the rows, these terms if `needs_rows`, and the gradient of
// `scale` times the sum if `needs_grad`.
py::tuple loss_op(const py::handle& code, const py::object& y_true, const py::object& y_pred_value,
                  const py::object& weight_value, double scale, bool needs_rows, bool needs_grad) {
  const LossFunction function = loss_from(code);
  Operand y_pred("loss: y_pred", y_pred_value);
  y_pred.require_rank_at_least(1);
  const Shape row_shape = without_last(y_pred.shape());
  std::optional<Operand> targets, weight;
  const std::int64_t* labels = nullptr;
  if (function.takes_labels()) {
    labels = labels_from(y_true, y_pred);
  } else {
    targets.emplace("loss: y_true", y_true);
    targets->require_shape(y_pred.shape());
    targets->convert(y_pred.dtype());
  }
  if (!weight_value.is_none()) {
    weight.emplace("loss: sample_weight", weight_value);
    weight->require_shape(row_shape);
    weight->convert(y_pred.dtype());
  }
  y_pred.convert(y_pred.dtype());
  const auto output = [&](bool needed, const Shape& shape) {
    return needed ? std::optional<py::array>(new_array(y_pred.dtype(), shape)) : std::nullopt;
  };
  std::optional<py::array> rows = output(needs_rows, row_shape);
  std::optional<py::array> grad = output(needs_grad, y_pred.shape());
  double total = 0;
  dispatch(y_pred.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const LossArgs<T> args = {y_pred.rows(),
                              static_cast<std::size_t>(y_pred.columns()),
                              y_pred.data<T>(),
                              data_of<T>(targets),
                              labels,
                              data_of<T>(weight),
                              scale,
                              grad ? writable<T>(*grad) : nullptr,
                              rows ? writable<T>(*rows) : nullptr};
    without_gil(2 * elementwise_work(args.rows * args.cols), [&] { total = loss(function, args); });
  });
  return py::make_tuple(total, rows, grad);
}

py::dict loss_ids() {
  py::dict ids;
  for (const LossName& entry : kLossNames) ids[entry.name] = static_cast<int>(entry.id);
  return ids;
}

}  // namespace

LossFunction loss_from(py::handle code) {
  const Code parsed = code_from(code, "loss", kLossCount, 2);
  return {static_cast<LossId>(parsed.id), {parsed.p[0], parsed.p[1]}};
}

void register_loss(py::module_& m) {
  m.attr("LOSSES") = loss_ids();
  m.def("loss", &loss_op, py::arg("code"), py::arg("y_true"), py::arg("y_pred"),
        py::arg("sample_weight"), py::arg("scale"), py::arg("needs_rows"), py::arg("needs_grad"));
}

}  // namespace fastdense
