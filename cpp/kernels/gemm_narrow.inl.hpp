// Products with so few columns that most lanes of a row of c would be idle: here the rows of a lie
// side by side in the lanes.
#pragma once

#include "kernels/kernel_table.hpp"
#include "kernels/lanes.inl.hpp"
#include "kernels/math/clamp.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Turning rows of a into columns costs about as much as four multiply-adds per vector of it.
template <class T>
constexpr size_t kNarrow = Vec<T>::kLanes < 4 ? 1 : Vec<T>::kLanes / 4;

// One value per row, from a column of a matrix or to it.
template <class T>
FASTDENSE_INLINE Vec<T> load_column(const T* p, size_t ld) {
  T column[Vec<T>::kLanes];
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) column[i] = p[i * ld];
  return LoadU(column);
}
template <class T>
FASTDENSE_INLINE void store_column(Vec<T> v, T* p, size_t ld) {
  T column[Vec<T>::kLanes];
  StoreU(v, column);
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) p[i * ld] = column[i];
}

// kCols columns of kGroups vectors of rows, from `row` on. Two groups hide the latency of the sums.
template <class T, int kCols, int kGroups, bool kTransposed>
void narrow_tile(const GemmPanelArgs<T>& args, size_t row) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  Vec<T> acc[kGroups][kCols];
  FASTDENSE_UNROLL
  for (int g = 0; g < kGroups; ++g) {
    FASTDENSE_UNROLL
    for (int j = 0; j < kCols; ++j) {
      acc[g][j] =
          args.start == nullptr
              ? Set(T{0})
              : load_column(args.start + (row + g * kLanes) * args.start_ld + j, args.start_ld);
    }
  }
  const auto add_products = [&](Vec<T> column, int g, size_t p) {
    FASTDENSE_UNROLL
    for (int j = 0; j < kCols; ++j)
      acc[g][j] = MulAdd(column, Set(args.b[p * args.ldb + j]), acc[g][j]);
  };
  size_t p = 0;
  if constexpr (!kTransposed) {
    constexpr size_t kSquare = 16 / sizeof(T);
    for (; p + kSquare <= args.k; p += kSquare) {
      FASTDENSE_UNROLL
      for (int g = 0; g < kGroups; ++g) {
        Vec<T> columns[kSquare];
        LoadTransposed(args.a + (row + g * kLanes) * args.lda + p, args.lda, columns);
        FASTDENSE_UNROLL
        for (size_t q = 0; q < kSquare; ++q) add_products(columns[q], g, p + q);
      }
    }
  }
  for (; p < args.k; ++p) {
    FASTDENSE_UNROLL
    for (int g = 0; g < kGroups; ++g) {
      const size_t first = row + g * kLanes;
      add_products(kTransposed ? LoadU(args.a + p * args.lda + first)
                               : load_column(args.a + first * args.lda + p, args.lda),
                   g, p);
    }
  }
  FASTDENSE_UNROLL
  for (int g = 0; g < kGroups; ++g) {
    FASTDENSE_UNROLL
    for (int j = 0; j < kCols; ++j)
      store_column(!kTransposed && args.is_rectified ? Rectify(acc[g][j]) : acc[g][j],
                   args.c + (row + g * kLanes) * args.ldc + j, args.ldc);
  }
}

// As many rows from the first one on as can be; returns how many.
template <class T, int kCols, bool kTransposed>
size_t gemm_narrow_of(const GemmPanelArgs<T>& args) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  // When rows lie a multiple of 2 KB apart, two groups would fight for their places in L1.
  const bool compete = !kTransposed && args.lda * sizeof(T) % 2048 == 0;
  size_t row = 0;
  for (; !compete && row + 2 * kLanes <= args.m; row += 2 * kLanes)
    narrow_tile<T, kCols, 2, kTransposed>(args, row);
  for (; row + kLanes <= args.m; row += kLanes) narrow_tile<T, kCols, 1, kTransposed>(args, row);
  if (row == 0 || row == args.m || args.start == args.c) return row;
  // The last rows fill a vector with some that are done already, and come to the same again.
  narrow_tile<T, kCols, 1, kTransposed>(args, args.m - kLanes);
  return args.m;
}

// The same for any number of columns: no rows if there are too many.
template <class T, bool kTransposed, int kCols = kNarrow<T>>
size_t gemm_narrow(const GemmPanelArgs<T>& args) {
  if (args.n == kCols) return gemm_narrow_of<T, kCols, kTransposed>(args);
  if constexpr (kCols > 1) return gemm_narrow<T, kTransposed, kCols - 1>(args);
  return 0;
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
