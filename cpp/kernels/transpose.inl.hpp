// Transposition through registers, one square of kLanes x kLanes at a time.
#pragma once

#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// The square at src; only `rows` x the lanes of `columns` of it are there.
template <class T, class Columns, class Rows>
FASTDENSE_INLINE void transpose_square(size_t rows, size_t cols, const Columns& columns,
                                       const Rows& dst_columns, const T* src, size_t lds, T* dst,
                                       size_t ldd) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  Vec<T> r[kLanes];
  FASTDENSE_UNROLL
  for (size_t i = 0; i < kLanes; ++i) r[i] = i < rows ? columns.load(src + i * lds) : Set(T{0});
  Transpose(r);
  FASTDENSE_UNROLL
  for (size_t j = 0; j < kLanes; ++j) {
    if (j < cols) dst_columns.store(r[j], dst + j * ldd);
  }
}

template <class T>
void transpose(size_t rows, size_t cols, const T* src, size_t lds, T* dst, size_t ldd) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  for_vectors<T>(0, rows, [&](size_t i, const auto& dst_columns) {
    const size_t height = rows - i < kLanes ? rows - i : kLanes;
    for_vectors<T>(0, cols, [&](size_t j, const auto& src_columns) {
      const size_t width = cols - j < kLanes ? cols - j : kLanes;
      transpose_square(height, width, src_columns, dst_columns, src + i * lds + j, lds,
                       dst + j * ldd + i, ldd);
    });
  });
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
