// How a loss sees rows of predictions and targets: a long row as vectors of its columns, short rows
// side by side in the lanes of vectors, so that sums along them need no steps across lanes. A loss
// is written once for both, as a template over the view:
//
//   row.sum(f), row.max(f)   f(at) over the columns; the result has a row's value in its lanes
//   row.for_each(f)          f(at) for the columns
//   row.wants_gradient()     unless so, at.grad() may not be read
//   at.pred()                the prediction
//   at.target()              the target; zero or one where there are labels
//   at.if_target(v)          target v; where there are labels, v or zero even if v isn't finite
//   at.grad() at.set_grad()  the place of the gradient, which may hold something else before
#pragma once

#include "kernels/loss_id.hpp"
#include "kernels/short_rows.inl.hpp"
#include "kernels/softmax.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Targets of the shape of the predictions, read through a map that is the same for all.
template <class T>
struct DenseTargets {
  Vec<T> factor;
  Vec<T> offset;

  FASTDENSE_INLINE Vec<T> of(Vec<T> y_true) const { return MulAdd(factor, y_true, offset); }
};

template <class T>
struct LaneNumbers {
  static constexpr T kFirst16[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
};

// One row; a step is a vector of its columns, the last one perhaps a part of a vector.
template <class T, bool kLabels>
struct LongRow {
  size_t cols;
  const T* y_pred;
  const T* y_true;
  int64_t label;
  DenseTargets<T> targets;
  T* gradient;  // or null

  FASTDENSE_INLINE bool wants_gradient() const { return gradient != nullptr; }

  template <class Lanes>
  struct Step {
    const LongRow& row;
    size_t j;
    const Lanes& lanes;

    FASTDENSE_INLINE Vec<T> pred() const { return lanes.load(row.y_pred + j); }
    FASTDENSE_INLINE Vec<T> target() const {
      if constexpr (kLabels) return if_target(Set(T{1}));
      return row.targets.of(lanes.load(row.y_true + j));
    }
    FASTDENSE_INLINE Vec<T> if_target(Vec<T> v) const {
      if constexpr (!kLabels) return target() * v;
      // However long the row is: the distance is exact wherever it is that of a lane.
      const auto distance = static_cast<T>(row.label - static_cast<int64_t>(j));
      return IfThenElse(LoadU(LaneNumbers<T>::kFirst16) == Set(distance), v, Set(T{0}));
    }
    FASTDENSE_INLINE Vec<T> grad() const { return lanes.load(row.gradient + j); }
    FASTDENSE_INLINE void set_grad(Vec<T> v) const {
      if (row.wants_gradient()) lanes.store(v, row.gradient + j);
    }
  };

  template <class F>
  FASTDENSE_INLINE Vec<T> sum(const F& f) const {
    return Set(sum_row<T>(cols, [&](size_t j, const auto& lanes) { return f(step(j, lanes)); }));
  }
  template <class F>
  FASTDENSE_INLINE Vec<T> max(const F& f) const {
    return max_row<T>(cols, [&](size_t j, const auto& lanes) { return f(step(j, lanes)); });
  }
  template <class F>
  FASTDENSE_INLINE void for_each(const F& f) const {
    for_vectors<T>(0, cols, [&](size_t j, const auto& lanes) { f(step(j, lanes)); });
  }

 private:
  template <class Lanes>
  FASTDENSE_INLINE Step<Lanes> step(size_t j, const Lanes& lanes) const {
    return {*this, j, lanes};
  }
};

// As many rows as there are lanes; a step is one column of them.
template <class T, bool kLabels>
struct ShortRows {
  size_t cols;
  DenseTargets<T> targets;
  bool has_gradient;
  Vec<T> label;
  Columns<T> y_pred;
  Columns<T> y_true;
  Columns<T> gradient;

  FASTDENSE_INLINE bool wants_gradient() const { return has_gradient; }

  struct Step {
    ShortRows& rows;
    size_t j;

    FASTDENSE_INLINE Vec<T> pred() const { return rows.y_pred[j]; }
    FASTDENSE_INLINE Vec<T> target() const {
      if constexpr (kLabels) return if_target(Set(T{1}));
      return rows.targets.of(rows.y_true[j]);
    }
    FASTDENSE_INLINE Vec<T> if_target(Vec<T> v) const {
      if constexpr (!kLabels) return target() * v;
      return IfThenElse(rows.label == Set(static_cast<T>(j)), v, Set(T{0}));
    }
    FASTDENSE_INLINE Vec<T> grad() const { return rows.gradient[j]; }
    FASTDENSE_INLINE void set_grad(Vec<T> v) const { rows.gradient.set(j, v); }
  };

  template <class F>
  FASTDENSE_INLINE Vec<T> sum(const F& f) {
    Vec<T> sum = Set(T{0});
    for (size_t j = 0; j < cols; ++j) sum = sum + f(Step{*this, j});
    return sum;
  }
  template <class F>
  FASTDENSE_INLINE Vec<T> max(const F& f) {
    Vec<T> max = Set(kMinusInfinity<T>);
    for (size_t j = 0; j < cols; ++j) max = Max(max, f(Step{*this, j}));
    return max;
  }
  template <class F>
  FASTDENSE_INLINE void for_each(const F& f) {
    for (size_t j = 0; j < cols; ++j) f(Step{*this, j});
  }
};

// Labels of as many rows as there are lanes, as numbers: exact, as short rows have few columns.
template <class T>
FASTDENSE_INLINE Vec<T> load_labels(size_t rows, const int64_t* labels) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  T numbers[kLanes];
  for (size_t i = 0; i < kLanes; ++i) numbers[i] = static_cast<T>(i < rows ? labels[i] : 0);
  return LoadU(numbers);
}

template <class T>
FASTDENSE_INLINE DenseTargets<T> dense_targets(const LossKernelArgs<T>& a) {
  return {Set(static_cast<T>(a.target_factor)), Set(static_cast<T>(a.target_offset))};
}

template <class T, class Loss>
void loss_of_long_rows(const LossKernelArgs<T>& a) {
  const Vec<T> divisor = Set(static_cast<T>(a.divisor));
  for (size_t i = 0; i < a.rows; ++i) {
    const T weight = a.weight == nullptr ? T{1} : a.weight[i];
    const LongRow<T, Loss::kLabels> row = {a.cols,
                                           a.y_pred + i * a.cols,
                                           Loss::kLabels ? nullptr : a.y_true + i * a.cols,
                                           Loss::kLabels ? a.labels[i] : 0,
                                           dense_targets(a),
                                           a.grad == nullptr ? nullptr : a.grad + i * a.cols};
    const Vec<T> scale = Set(static_cast<T>(a.scale / a.divisor) * weight);
    const Vec<T> sum = Loss::sum(row, Set(static_cast<T>(a.delta)), scale);
    MaskedStore(FirstN<T>(1), Set(weight) * (sum / divisor), a.row_loss + i);
  }
}

// Once for all losses: inlined into each of them they would be a tenth of the library.
template <class T>
FASTDENSE_NOINLINE void load_columns(size_t rows, size_t cols, const T* x, Columns<T>& columns) {
  columns.load(rows, cols, x);
}
template <class T>
FASTDENSE_NOINLINE void store_columns(size_t rows, size_t cols, const Columns<T>& columns, T* x) {
  columns.store(rows, cols, x);
}

template <class T, class Loss>
void loss_of_short_rows(const LossKernelArgs<T>& a) {
  const Vec<T> divisor = Set(static_cast<T>(a.divisor));
  const Vec<T> scale = Set(static_cast<T>(a.scale / a.divisor));
  ShortRows<T, Loss::kLabels> rows;
  rows.cols = a.cols;
  rows.targets = dense_targets(a);
  rows.has_gradient = a.grad != nullptr;
  constexpr size_t kLanes = Vec<T>::kLanes;
  for (size_t i = 0; i < a.rows; i += kLanes) {
    const size_t count = a.rows - i < kLanes ? a.rows - i : kLanes;
    const PartVector<T> lanes = {FirstN<T>(count)};
    const Vec<T> weight = a.weight == nullptr ? Set(T{1}) : lanes.load(a.weight + i);
    load_columns(count, a.cols, a.y_pred + i * a.cols, rows.y_pred);
    if constexpr (Loss::kLabels) {
      rows.label = load_labels<T>(count, a.labels + i);
    } else {
      load_columns(count, a.cols, a.y_true + i * a.cols, rows.y_true);
    }
    const Vec<T> sum = Loss::sum(rows, Set(static_cast<T>(a.delta)), scale * weight);
    lanes.store(weight * (sum / divisor), a.row_loss + i);
    if (a.grad != nullptr) store_columns(count, a.cols, rows.gradient, a.grad + i * a.cols);
  }
}

// The rows' losses and gradients as LossKernelArgs describes them. Loss::sum(row, delta, scale)
// returns the sum of a row and sets its gradient, `scale` times the derivative.
template <class T, class Loss>
void loss_kernel(const LossKernelArgs<T>& args) {
  args.cols <= kMostShortColumns ? loss_of_short_rows<T, Loss>(args)
                                 : loss_of_long_rows<T, Loss>(args);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
