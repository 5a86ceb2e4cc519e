#include "ops/constraint.hpp"

#include <cmath>

#include "ops/activation.hpp"
#include "ops/reduction.hpp"
#include "ops/row_tasks.hpp"

namespace fastdense {
namespace {

constexpr double kEpsilon = 1e-7;  // Keras'

// A NaN, of whichever of the three, stays one; an empty interval gives `high`.
template <class T>
T clip(T x, T low, T high) {
  const T raised = x > low || std::isnan(x) ? x : low;
  return raised < high || std::isnan(raised) ? raised : high;
}

// What a column with this sum of squares is to be multiplied with.
template <class T>
T factor_of(const Constraint& constraint, T sum_squares) {
  const double (&p)[3] = constraint.p;
  const T norm = std::sqrt(sum_squares);
  T target = 1;
  if (constraint.id == ConstraintId::kMaxNorm) {
    target = clip(norm, T{0}, static_cast<T>(p[0]));
  } else if (constraint.id == ConstraintId::kMinMaxNorm) {
    const T clipped = clip(norm, static_cast<T>(p[0]), static_cast<T>(p[1]));
    target = static_cast<T>(p[2]) * clipped + static_cast<T>(1 - p[2]) * norm;
  }
  return target / (static_cast<T>(kEpsilon) + norm);
}

template <class T>
void rescale_columns(const Constraint& constraint, std::size_t rows, std::size_t cols, T* w) {
  const Scratch<T> scratch(cols);
  T* factor = scratch.data();
  sum_columns(rows, cols, Sum::kStarts, factor, [=](Range part, T* sum) {
    kernels<T>().col_sum_squares(part.size(), cols, w + part.begin * cols, sum);
  });
  for (std::size_t j = 0; j < cols; ++j) factor[j] = factor_of(constraint, factor[j]);
  const EqualParts parts = row_parts(rows, cols);
  parallel_for(parts.count(), elementwise_work(rows * cols), [=](std::size_t i) {
    kernels<T>().scale_columns(parts[i].size(), cols, factor, w + parts[i].begin * cols);
  });
}

// A single column is a row of memory, which vectors can work along.
template <class T>
void rescale(const Constraint& constraint, std::size_t n, T* w) {
  const T factor = factor_of(constraint, static_cast<T>(sum_of_squares(n, w)));
  const EqualParts parts(n, kTaskElements);
  parallel_for(parts.count(), elementwise_work(n), [=](std::size_t i) {
    kernels<T>().scale(parts[i].size(), factor, w + parts[i].begin);
  });
}

}  // namespace

template <class T>
void constrain(const Constraint& constraint, std::size_t rows, std::size_t cols, T* w) {
  if (rows == 0 || cols == 0) return;
  if (constraint.id == ConstraintId::kNonNeg) {
    const Activation relu{static_cast<int>(ActivationId::kRelu), {}};
    activation_forward(relu, rows, cols, w, w);
  } else if (cols == 1) {
    rescale(constraint, rows, w);
  } else {
    rescale_columns(constraint, rows, cols, w);
  }
}

template void constrain(const Constraint&, std::size_t, std::size_t, float*);
template void constrain(const Constraint&, std::size_t, std::size_t, double*);

}  // namespace fastdense
