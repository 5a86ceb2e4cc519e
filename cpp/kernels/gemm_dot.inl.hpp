// Products with a transposed second operand, as dot products along the rows of both.
#pragma once

#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// kRows x kCols dot products of length k: c[i, j] = sum_p a[i, p] b[j, p]. Each is summed lane by
// lane, then across lanes.
template <class T, int kRows, int kCols>
FASTDENSE_INLINE void dot_tile(size_t k, const T* a, size_t lda, const T* b, size_t ldb, T* c,
                               size_t ldc) {
  Vec<T> acc[kRows][kCols];
  FASTDENSE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    FASTDENSE_UNROLL
    for (int j = 0; j < kCols; ++j) acc[i][j] = Set(T{0});
  }
  for_vectors<T>(0, k, [&](size_t p, const auto& lanes) {
    Vec<T> b_part[kCols];
    FASTDENSE_UNROLL
    for (int j = 0; j < kCols; ++j) b_part[j] = lanes.load(b + j * ldb + p);
    FASTDENSE_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const Vec<T> a_part = lanes.load(a + i * lda + p);
      FASTDENSE_UNROLL
      for (int j = 0; j < kCols; ++j) acc[i][j] = MulAdd(a_part, b_part[j], acc[i][j]);
    }
  });
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kCols; ++j) c[i * ldc + j] = ReduceSum(acc[i][j]);
  }
}

// b is the big operand: each of its rows is read once for every kRows rows of a.
template <class T, int kRows>
void dot_rows(size_t n, size_t k, const T* a, size_t lda, const T* b, size_t ldb, T* c,
              size_t ldc) {
  constexpr int kCols = kVectorRegisters == 32 ? 4 : 2;
  size_t j = 0;
  for (; j + kCols <= n; j += kCols)
    dot_tile<T, kRows, kCols>(k, a, lda, b + j * ldb, ldb, c + j, ldc);
  for (; j < n; ++j) dot_tile<T, kRows, 1>(k, a, lda, b + j * ldb, ldb, c + j, ldc);
}

template <class T>
void gemm_dot(size_t m, size_t n, size_t k, const T* a, size_t lda, const T* b, size_t ldb, T* c,
              size_t ldc) {
  constexpr size_t kRows = 4;
  size_t i = 0;
  for (; i + kRows <= m; i += kRows)
    dot_rows<T, kRows>(n, k, a + i * lda, lda, b, ldb, c + i * ldc, ldc);
  for (; i < m; ++i) dot_rows<T, 1>(n, k, a + i * lda, lda, b, ldb, c + i * ldc, ldc);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
