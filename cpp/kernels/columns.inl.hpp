// Maps over a matrix that also sum their result down each column.
#pragma once

#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// One strip of kVectors vectors: element(row, column, lanes) for every row, top to bottom, added up
// in registers.
template <class T, int kVectors, class Lanes, class Element>
FASTDENSE_INLINE void map_strip(size_t rows, size_t column, T* col_sum, const Lanes& lanes,
                                const Element& element) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  Vec<T> sum[kVectors];
  FASTDENSE_UNROLL
  for (int v = 0; v < kVectors; ++v) sum[v] = Set(T{0});
  for (size_t row = 0; row < rows; ++row) {
    FASTDENSE_UNROLL
    for (int v = 0; v < kVectors; ++v) sum[v] = sum[v] + element(row, column + v * kLanes, lanes);
  }
  if (col_sum == nullptr) return;
  FASTDENSE_UNROLL
  for (int v = 0; v < kVectors; ++v) lanes.store(sum[v], col_sum + column + v * kLanes);
}

// element(row, column, lanes) does its work on one vector and returns it; col_sum (may be null)
// gets the sums over the rows, in ascending order. Strips of four vectors read a few whole cache
// lines of every row and hide the latency of the additions.
template <class T, class Element>
FASTDENSE_INLINE void map_columns(size_t rows, size_t cols, T* col_sum, const Element& element) {
  constexpr int kVectors = 4;
  constexpr size_t kStrip = kVectors * Vec<T>::kLanes;
  size_t column = 0;
  for (; column + kStrip <= cols; column += kStrip) {
    map_strip<T, kVectors>(rows, column, col_sum, WholeVector<T>{}, element);
  }
  for_vectors<T>(column, cols, [&](size_t j, const auto& lanes) {
    map_strip<T, 1>(rows, j, col_sum, lanes, element);
  });
}

template <class T>
void col_sum(size_t rows, size_t cols, const T* x, size_t ldx, T* sum) {
  map_columns<T>(rows, cols, sum, [=](size_t i, size_t j, const auto& lanes) {
    return lanes.load(x + i * ldx + j);
  });
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
