// Activations with a second operand: the gated linear unit and the parametric ReLU.
#pragma once

#include "kernels/columns.inl.hpp"
#include "kernels/math/sigmoid.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// y = a sigmoid(b) with x = [a, b] (rows x cols, cols even).
template <class T>
void glu(size_t rows, size_t cols, const T* x, T* y) {
  const size_t half = cols / 2;
  for (; rows > 0; --rows, x += cols, y += half) {
    for_vectors<T>(0, half, [=](size_t j, const auto& lanes) {
      lanes.store(lanes.load(x + j) * Sigmoid(lanes.load(x + half + j)), y + j);
    });
  }
}

// da = dy s, db = dy a s (1 - s) with s = sigmoid(b).
template <class T>
void glu_backward(size_t rows, size_t cols, const T* dy, const T* x, T* dx) {
  const size_t half = cols / 2;
  for (; rows > 0; --rows, dy += half, x += cols, dx += cols) {
    for_vectors<T>(0, half, [=](size_t j, const auto& lanes) {
      const Vec<T> s = Sigmoid(lanes.load(x + half + j));
      const Vec<T> da = lanes.load(dy + j) * s;
      lanes.store(da, dx + j);
      lanes.store(da * lanes.load(x + j) * (Set(T{1}) - s), dx + half + j);
    });
  }
}

// y = x > 0 ? x : alpha x, alpha: [cols].
template <class T>
void prelu(size_t rows, size_t cols, const T* x, const T* alpha, T* y) {
  for (; rows > 0; --rows, x += cols, y += cols) {
    for_vectors<T>(0, cols, [=](size_t j, const auto& lanes) {
      const Vec<T> v = lanes.load(x + j);
      lanes.store(IfThenElse(Set(T{0}) < v, v, lanes.load(alpha + j) * v), y + j);
    });
  }
}

// dx = x > 0 ? dy : alpha dy, dalpha = sum over the rows of x > 0 ? 0 : dy x.
template <class T>
void prelu_backward(size_t rows, size_t cols, const T* dy, const T* x, const T* alpha, T* dx,
                    T* dalpha) {
  const Vec<T> zero = Set(T{0});
  map_columns<T>(rows, cols, dalpha, [=](size_t i, size_t j, const auto& lanes) {
    const Vec<T> v = lanes.load(x + i * cols + j);
    const Vec<T> g = lanes.load(dy + i * cols + j);
    lanes.store(IfThenElse(zero < v, g, lanes.load(alpha + j) * g), dx + i * cols + j);
    return IfThenElse(zero < v, zero, g * v);
  });
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
