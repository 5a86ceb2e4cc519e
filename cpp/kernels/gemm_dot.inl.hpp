// Products with a transposed second operand, as dot products along the rows of both.
#pragma once

#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Across the lanes of each of kCount vectors. Transposed, all the sums of a square are made at
// once.
template <class T, int kCount>
FASTDENSE_INLINE void reduce_sums(const Vec<T> (&vectors)[kCount], T* sums) {
  constexpr int kLanes = Vec<T>::kLanes;
  FASTDENSE_UNROLL
  for (int first = 0; first < kCount; first += kLanes) {
    Vec<T> square[kLanes];
    FASTDENSE_UNROLL
    for (int i = 0; i < kLanes; ++i)
      square[i] = first + i < kCount ? vectors[first + i] : Set(T{0});
    Transpose(square);
    FASTDENSE_UNROLL
    for (int step = 1; step < kLanes; step *= 2) {
      FASTDENSE_UNROLL
      for (int i = 0; i < kLanes; i += 2 * step) square[i] = square[i] + square[i + step];
    }
    const int there = kCount - first;
    if (there < kLanes) {
      MaskedStore(FirstN<T>(there), square[0], sums + first);
    } else {
      StoreU(square[0], sums + first);
    }
  }
}

// kRows x kCols dot products of length k: c[i, j] = sum_p a[i, p] b[j, p]. Each is summed lane by
// lane, then across lanes.
template <class T, int kRows, int kCols>
FASTDENSE_INLINE void dot_tile(size_t k, const T* a, size_t lda, const T* b, size_t ldb, T* c,
                               size_t ldc) {
  Vec<T> acc[kRows * kCols];
  FASTDENSE_UNROLL
  for (int i = 0; i < kRows * kCols; ++i) acc[i] = Set(T{0});
  for_vectors<T>(0, k, [&](size_t p, const auto& lanes) {
    Vec<T> b_part[kCols];
    FASTDENSE_UNROLL
    for (int j = 0; j < kCols; ++j) b_part[j] = lanes.load(b + j * ldb + p);
    FASTDENSE_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const Vec<T> a_part = lanes.load(a + i * lda + p);
      FASTDENSE_UNROLL
      for (int j = 0; j < kCols; ++j)
        acc[i * kCols + j] = MulAdd(a_part, b_part[j], acc[i * kCols + j]);
    }
  });
  T sums[kRows * kCols];
  reduce_sums<T>(acc, sums);
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kCols; ++j) c[i * ldc + j] = sums[i * kCols + j];
  }
}

// Up to kRows rows of a. b is the big operand: each of its rows is read once for all of them.
template <class T, int kRows>
void dot_rows(size_t rows, size_t n, size_t k, const T* a, size_t lda, const T* b, size_t ldb, T* c,
              size_t ldc) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return dot_rows<T, kRows - 1>(rows, n, k, a, lda, b, ldb, c, ldc);
  }
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
  for (size_t i = 0; i < m; i += kRows)
    dot_rows<T, kRows>(m - i, n, k, a + i * lda, lda, b, ldb, c + i * ldc, ldc);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
