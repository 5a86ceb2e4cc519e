// Products of a few rows, where reading b is all there is to do: b is read from its first byte to
// its last, as prefetchers like it.
#pragma once

#include "kernels/kernel_table.hpp"
#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// The elements of a that meet the kStreamInner rows of b in use stay in registers, but for a few.
// Of each of those rows kStreamVectors vectors are read in one go: with AVX-512, 512 bytes rather
// than a line come from L3 a tenth faster (1024 x 1024: 93 against 83 GB/s), from memory half as
// fast again (40 against 26).
constexpr int kStreamRows = kVectorRegisters == 32 ? 2 : 1;
constexpr int kStreamInner = 8;
constexpr int kStreamVectors = kVectorRegisters == 32 ? 8 : 4;

// Steps p .. p + kInner of the inner dimension for kVectors vectors of columns from j on: goes on
// with c unless p is 0.
template <class T, int kRows, int kInner, int kVectors, class Lanes>
FASTDENSE_INLINE void stream_strip(const GemmPanelArgs<T>& args, size_t p, size_t j,
                                   const Vec<T> (&a)[kRows][kInner], const Lanes& lanes) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const T* start = p == 0 ? args.start : args.c;
  const size_t start_ld = p == 0 ? args.start_ld : args.ldc;
  Vec<T> acc[kRows][kVectors];
  FASTDENSE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    FASTDENSE_UNROLL
    for (int v = 0; v < kVectors; ++v)
      acc[i][v] = start == nullptr ? Set(T{0}) : lanes.load(start + i * start_ld + j + v * kLanes);
  }
  FASTDENSE_UNROLL
  for (int q = 0; q < kInner; ++q) {
    FASTDENSE_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const Vec<T> b = lanes.load(args.b + (p + q) * args.ldb + j + v * kLanes);
      FASTDENSE_UNROLL
      for (int i = 0; i < kRows; ++i) acc[i][v] = MulAdd(a[i][q], b, acc[i][v]);
    }
  }
  FASTDENSE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    FASTDENSE_UNROLL
    for (int v = 0; v < kVectors; ++v)
      lanes.store(acc[i][v], args.c + i * args.ldc + j + v * kLanes);
  }
}

// The same for all columns.
template <class T, int kRows, int kInner, bool kTransposed>
void stream_steps(const GemmPanelArgs<T>& args, size_t p) {
  Vec<T> a[kRows][kInner];
  FASTDENSE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    FASTDENSE_UNROLL
    for (int q = 0; q < kInner; ++q)
      a[i][q] = Set(args.a[kTransposed ? (p + q) * args.lda + i : i * args.lda + p + q]);
  }
  constexpr size_t kStrip = kStreamVectors * Vec<T>::kLanes;
  size_t column = 0;
  for (; column + kStrip <= args.n; column += kStrip)
    stream_strip<T, kRows, kInner, kStreamVectors>(args, p, column, a, WholeVector<T>{});
  for_vectors<T>(column, args.n, [&](size_t j, const auto& lanes) {
    stream_strip<T, kRows, kInner, 1>(args, p, j, a, lanes);
  });
}

// Steps p .. k, the last few in halves of kInner.
template <class T, int kRows, bool kTransposed, int kInner = kStreamInner>
void stream_from(const GemmPanelArgs<T>& args, size_t p) {
  for (; p + kInner <= args.k; p += kInner) stream_steps<T, kRows, kInner, kTransposed>(args, p);
  if constexpr (kInner > 1) stream_from<T, kRows, kTransposed, kInner / 2>(args, p);
}

template <class T, bool kTransposed, int kRows = kStreamRows>
void gemm_stream(const GemmPanelArgs<T>& args) {
  if constexpr (kRows > 1) {
    if (args.m < kRows) return gemm_stream<T, kTransposed, kRows - 1>(args);
  }
  if (args.m == kRows) stream_from<T, kRows, kTransposed>(args, 0);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
