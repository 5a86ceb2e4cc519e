// Sparsemax along rows: the Euclidean projection onto the probability simplex (Martins, Astudillo:
// From softmax to sparsemax; ICML 2016).
#pragma once

#include "kernels/softmax.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Number and sum of x - max over the elements of a row where x - max > threshold.
template <class T>
struct Support {
  T count;
  T sum;
};
template <class T>
FASTDENSE_INLINE Support<T> support_above(Vec<T> threshold, size_t cols, const T* x, Vec<T> max) {
  const Vec<T> zero = Set(T{0});
  const T count = sum_row<T>(cols, [=](size_t j, const auto& lanes) {
    return IfThenElse(threshold < lanes.load(x + j) - max, Set(T{1}), zero);
  });
  const T sum = sum_row<T>(cols, [=](size_t j, const auto& lanes) {
    const Vec<T> z = lanes.load(x + j) - max;
    return IfThenElse(threshold < z, z, zero);
  });
  return {count, sum};
}

// y = max(x - tau, 0) with the tau for which a row sums to 1. It is found without sorting (Michelot
// 1986): starting from elements that can take part, those below the mean excess are dropped as long
// as there are any. Rounding can let one come back; then too the end is reached.
template <class T>
void sparsemax(size_t rows, size_t cols, const T* x, T* y) {
  for (; rows > 0; --rows, x += cols, y += cols) {
    const Vec<T> max = max_row(cols, x);
    Vec<T> tau = Set(T{-1});
    T count = static_cast<T>(cols) + 1;
    for (bool shrinks = true; shrinks;) {
      const Support<T> support = support_above(tau, cols, x, max);
      tau = Set((support.sum - T{1}) / support.count);
      shrinks = support.count < count;
      count = support.count;
    }
    // NaN, and a maximum that is not finite, make every element NaN as they do in softmax.
    const Vec<T> nan_or_zero = Set(sum_row<T>(cols, [=](size_t j, const auto& lanes) {
      const Vec<T> z = lanes.load(x + j) - max;
      return IfThenElse(z == z, Set(T{0}), z);
    }));
    for_vectors<T>(0, cols, [=](size_t j, const auto& lanes) {
      lanes.store(Max(Set(T{0}), (lanes.load(x + j) - max) - tau) + nan_or_zero, y + j);
    });
  }
}

// dx = dy - mean(dy over the support of y) on the support, 0 elsewhere.
template <class T>
void sparsemax_backward(size_t rows, size_t cols, const T* dy, const T* y, T* dx) {
  const Vec<T> zero = Set(T{0});
  for (; rows > 0; --rows, dy += cols, y += cols, dx += cols) {
    const T count = sum_row<T>(cols, [=](size_t j, const auto& lanes) {
      return IfThenElse(zero < lanes.load(y + j), Set(T{1}), zero);
    });
    const T sum = sum_row<T>(cols, [=](size_t j, const auto& lanes) {
      return IfThenElse(zero < lanes.load(y + j), lanes.load(dy + j), zero);
    });
    const Vec<T> mean = Set(sum / count);
    for_vectors<T>(0, cols, [=](size_t j, const auto& lanes) {
      lanes.store(IfThenElse(zero < lanes.load(y + j), lanes.load(dy + j) - mean, zero), dx + j);
    });
  }
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
