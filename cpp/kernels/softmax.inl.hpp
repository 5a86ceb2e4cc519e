// Softmax and its logarithm along rows.
#pragma once

#include "kernels/lanes.inl.hpp"
#include "kernels/math/exp.inl.hpp"
#include "kernels/math/log.inl.hpp"
#include "kernels/short_rows.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// f(x, lanes) added up over a row, lane by lane, then across lanes: an order that depends on the
// row's length only.
template <class T, class F>
FASTDENSE_INLINE T sum_row(size_t n, const F& f) {
  Vec<T> sum = Set(T{0});
  for_vectors<T>(
      0, n, [&](size_t j, const auto& lanes) { sum = sum + lanes.or_else(f(j, lanes), T{0}); });
  return ReduceSum(sum);
}

template <class T>
constexpr T kMinusInfinity = -__builtin_huge_valf();

// The greatest f(x, lanes) of a row, in all lanes. A NaN may be missed here; it comes back when the
// maximum is subtracted from it.
template <class T, class F>
FASTDENSE_INLINE Vec<T> max_row(size_t n, const F& f) {
  Vec<T> max = Set(kMinusInfinity<T>);
  for_vectors<T>(0, n, [&](size_t j, const auto& lanes) {
    max = Max(max, lanes.or_else(f(j, lanes), kMinusInfinity<T>));
  });
  return Set(ReduceMax(max));
}

template <class T>
FASTDENSE_INLINE Vec<T> max_row(size_t n, const T* x) {
  return max_row<T>(n, [&](size_t j, const auto& lanes) { return lanes.load(x + j); });
}

// y = f(x) for rows of few columns, a vector's lanes of them at a time: f(cols, columns) in place.
template <class T, class F>
void map_short_rows(size_t rows, size_t cols, const T* x, T* y, const F& f) {
  Columns<T> columns;
  constexpr size_t kLanes = Vec<T>::kLanes;
  for (size_t i = 0; i < rows; i += kLanes) {
    const size_t count = rows - i < kLanes ? rows - i : kLanes;
    columns.load(count, cols, x + i * cols);
    f(cols, columns);
    columns.store(count, cols, y + i * cols);
  }
}

template <class T>
FASTDENSE_INLINE Vec<T> max_of_columns(size_t cols, const Columns<T>& x) {
  Vec<T> max = x[0];
  for (size_t j = 1; j < cols; ++j) max = Max(max, x[j]);
  return max;
}

template <class T>
FASTDENSE_INLINE void softmax_of_columns(size_t cols, Columns<T>& x) {
  const Vec<T> max = max_of_columns(cols, x);
  Vec<T> sum = Set(T{0});
  for (size_t j = 0; j < cols; ++j) {
    const Vec<T> e = Exp(x[j] - max);
    x.set(j, e);
    sum = sum + e;
  }
  const Vec<T> scale = Set(T{1}) / sum;
  for (size_t j = 0; j < cols; ++j) x.set(j, x[j] * scale);
}

// y = exp(x - max(x)) / sum(exp(x - max(x)))
template <class T>
void softmax(size_t rows, size_t cols, const T* x, T* y) {
  if (cols <= kMostShortColumns) return map_short_rows(rows, cols, x, y, softmax_of_columns<T>);
  for (; rows > 0; --rows, x += cols, y += cols) {
    const Vec<T> max = max_row(cols, x);
    const T sum = sum_row<T>(cols, [=](size_t j, const auto& lanes) {
      const Vec<T> e = Exp(lanes.load(x + j) - max);
      lanes.store(e, y + j);
      return e;
    });
    const Vec<T> scale = Set(T{1} / sum);
    for_vectors<T>(0, cols, [=](size_t j, const auto& lanes) {
      lanes.store(lanes.load(y + j) * scale, y + j);
    });
  }
}

// dx = y (dy - sum(dy y))
template <class T>
void softmax_backward(size_t rows, size_t cols, const T* dy, const T* y, T* dx) {
  for (; rows > 0; --rows, dy += cols, y += cols, dx += cols) {
    const Vec<T> dot = Set(sum_row<T>(
        cols, [=](size_t j, const auto& lanes) { return lanes.load(dy + j) * lanes.load(y + j); }));
    for_vectors<T>(0, cols, [=](size_t j, const auto& lanes) {
      lanes.store(lanes.load(y + j) * (lanes.load(dy + j) - dot), dx + j);
    });
  }
}

template <class T>
FASTDENSE_INLINE void log_softmax_of_columns(size_t cols, Columns<T>& x) {
  const Vec<T> max = max_of_columns(cols, x);
  Vec<T> sum = Set(T{0});
  for (size_t j = 0; j < cols; ++j) sum = sum + Exp(x[j] - max);
  const Vec<T> log_sum = Log(sum);
  for (size_t j = 0; j < cols; ++j) x.set(j, (x[j] - max) - log_sum);
}

// y = (x - max(x)) - log(sum(exp(x - max(x))))
template <class T>
void log_softmax(size_t rows, size_t cols, const T* x, T* y) {
  if (cols <= kMostShortColumns) return map_short_rows(rows, cols, x, y, log_softmax_of_columns<T>);
  for (; rows > 0; --rows, x += cols, y += cols) {
    const Vec<T> max = max_row(cols, x);
    const Vec<T> log_sum = Log(Set(sum_row<T>(
        cols, [=](size_t j, const auto& lanes) { return Exp(lanes.load(x + j) - max); })));
    for_vectors<T>(0, cols, [=](size_t j, const auto& lanes) {
      lanes.store((lanes.load(x + j) - max) - log_sum, y + j);
    });
  }
}

// dx = dy - exp(y) sum(dy)
template <class T>
void log_softmax_backward(size_t rows, size_t cols, const T* dy, const T* y, T* dx) {
  for (; rows > 0; --rows, dy += cols, y += cols, dx += cols) {
    const Vec<T> sum =
        Set(sum_row<T>(cols, [=](size_t j, const auto& lanes) { return lanes.load(dy + j); }));
    for_vectors<T>(0, cols, [=](size_t j, const auto& lanes) {
      lanes.store(NegMulAdd(Exp(lanes.load(y + j)), sum, lanes.load(dy + j)), dx + j);
    });
  }
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
