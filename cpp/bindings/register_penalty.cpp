#include <algorithm>

#include "bindings/array.hpp"
#include "bindings/code.hpp"
#include "bindings/constraint_code.hpp"
#include "bindings/gil.hpp"
#include "bindings/register.hpp"
#include "ops/penalty.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {
namespace {

double penalty_op(const py::object& value, double l1, double l2) {
  Operand x("penalty: x", value);
  x.convert(x.dtype());
  const std::size_t size = element_count(x.shape());
  double found = 0;
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    without_gil(elementwise_work(size), [&] { found = penalty<T>({l1, l2}, size, x.data<T>()); });
  });
  return found;
}

py::array penalty_gradient(const py::object& value, double l1, double l2, double scale) {
  Operand x("penalty_gradient: x", value);
  x.convert(x.dtype());
  py::array gradient = new_array(x.dtype(), x.shape());
  const std::size_t size = element_count(x.shape());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = writable<T>(gradient);
    without_gil(elementwise_work(size), [&] {
      std::fill_n(out, size, T{0});
      add_penalty_gradient<T>({l1, l2}, scale, size, x.data<T>(), out);
    });
  });
  return gradient;
}

// Norms are those along the first axis: of the columns of w as a matrix (w.shape[0], the rest).
py::array constrained(const py::object& value, const py::object& code) {
  const Constraint constraint = constraint_from(code);
  Operand w("constrain: w", value);
  w.require_rank_at_least(1);
  w.convert(w.dtype());
  py::array projected = new_array(w.dtype(), w.shape());
  const std::size_t size = element_count(w.shape());
  const auto rows = static_cast<std::size_t>(w.shape(0));
  dispatch(w.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = writable<T>(projected);
    without_gil(elementwise_work(size), [&] {
      std::copy_n(w.data<T>(), size, out);
      constrain(constraint, rows, rows == 0 ? 0 : size / rows, out);
    });
  });
  return projected;
}

}  // namespace

Constraint constraint_from(py::handle code) {
  const Code parsed = code_from(code, "constraint", static_cast<int>(ConstraintId::kCount));
  return {static_cast<ConstraintId>(parsed.id), {parsed.p[0], parsed.p[1], parsed.p[2]}};
}

void register_penalty(py::module_& m) {
  py::dict ids;
  ids["non_neg"] = static_cast<int>(ConstraintId::kNonNeg);
  ids["max_norm"] = static_cast<int>(ConstraintId::kMaxNorm);
  ids["unit_norm"] = static_cast<int>(ConstraintId::kUnitNorm);
  ids["min_max_norm"] = static_cast<int>(ConstraintId::kMinMaxNorm);
  m.attr("CONSTRAINTS") = ids;
  m.def("penalty", &penalty_op, py::arg("x"), py::arg("l1"), py::arg("l2"));
  m.def("penalty_gradient", &penalty_gradient, py::arg("x"), py::arg("l1"), py::arg("l2"),
        py::arg("scale") = 1.0);
  m.def("constrain", &constrained, py::arg("w"), py::arg("code"));
}

}  // namespace fastdense
