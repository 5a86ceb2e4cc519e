// What constraints on the lengths of columns are made of.
#pragma once

#include "kernels/columns.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T>
void col_sum_squares(size_t rows, size_t cols, const T* x, T* sum) {
  map_columns<T>(rows, cols, sum, [=](size_t i, size_t j, const auto& lanes) {
    const Vec<T> v = lanes.load(x + i * cols + j);
    return v * v;
  });
}

template <class T>
void scale_columns(size_t rows, size_t cols, const T* factor, T* x) {
  for (; rows > 0; --rows, x += cols) {
    for_vectors<T>(0, cols, [=](size_t j, const auto& lanes) {
      lanes.store(lanes.load(x + j) * lanes.load(factor + j), x + j);
    });
  }
}

template <class T>
void scale(size_t n, T factor, T* x) {
  for_vectors<T>(0, n, [=](size_t i, const auto& lanes) {
    lanes.store(lanes.load(x + i) * Set(factor), x + i);
  });
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
