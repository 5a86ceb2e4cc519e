// Short rows, side by side in the lanes of vectors, so that sums along them need no steps across
// lanes.
#pragma once

#include "kernels/lanes.inl.hpp"
#include "kernels/transpose.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Rows with no more columns are short. With so many, AVX2 does as well either way; AVX-512 would
// gain up to about 100, at the cost of more L1.
constexpr size_t kMostShortColumns = 64;

// A few columns of as many rows as there are lanes. Lanes without a row hold zeros.
template <class T>
struct Columns {
  static constexpr size_t kLanes = Vec<T>::kLanes;
  T columns[kMostShortColumns * kLanes];

  FASTDENSE_INLINE Vec<T> operator[](size_t j) const { return LoadU(columns + j * kLanes); }
  FASTDENSE_INLINE void set(size_t j, Vec<T> v) { StoreU(v, columns + j * kLanes); }

  FASTDENSE_INLINE void load(size_t rows, size_t cols, const T* x) {
    if (cols == 1)
      return for_vectors<T>(0, rows,
                            [&](size_t i, const auto& lanes) { set(i, lanes.load(x + i)); });
    for_vectors<T>(0, cols, [&](size_t j, const auto& lanes) {
      transpose_square(rows, cols - j, lanes, WholeVector<T>{}, x + j, cols, columns + j * kLanes,
                       kLanes);
    });
  }
  FASTDENSE_INLINE void store(size_t rows, size_t cols, T* x) const {
    if (cols == 1)
      return for_vectors<T>(0, rows,
                            [&](size_t i, const auto& lanes) { lanes.store((*this)[i], x + i); });
    for_vectors<T>(0, cols, [&](size_t j, const auto& lanes) {
      transpose_square(cols - j, rows, WholeVector<T>{}, lanes, columns + j * kLanes, kLanes, x + j,
                       cols);
    });
  }
};

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
