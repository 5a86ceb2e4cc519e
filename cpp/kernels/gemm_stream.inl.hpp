// Products of a few rows, where reading b is all there is to do: b is read from its first byte to
// its last, as prefetchers like it.
#pragma once

#include "kernels/kernel_table.hpp"
#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// The elements of a that meet the kStreamInner rows of b in use stay in registers.
constexpr int kStreamRows = kVectorRegisters == 32 ? 2 : 1;
constexpr int kStreamInner = 8;

// Steps p .. p + kInner of the inner dimension, for all columns: goes on with c unless p is 0.
template <class T, int kRows, int kInner, bool kTransposed>
void stream_steps(const GemmPanelArgs<T>& args, size_t p) {
  const T* start = p == 0 ? args.start : args.c;
  const size_t start_ld = p == 0 ? args.start_ld : args.ldc;
  Vec<T> a[kRows][kInner];
  FASTDENSE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    FASTDENSE_UNROLL
    for (int q = 0; q < kInner; ++q)
      a[i][q] = Set(args.a[kTransposed ? (p + q) * args.lda + i : i * args.lda + p + q]);
  }
  for_vectors<T>(0, args.n, [&](size_t j, const auto& lanes) {
    Vec<T> acc[kRows];
    FASTDENSE_UNROLL
    for (int i = 0; i < kRows; ++i)
      acc[i] = start == nullptr ? Set(T{0}) : lanes.load(start + i * start_ld + j);
    FASTDENSE_UNROLL
    for (int q = 0; q < kInner; ++q) {
      const Vec<T> b = lanes.load(args.b + (p + q) * args.ldb + j);
      FASTDENSE_UNROLL
      for (int i = 0; i < kRows; ++i) acc[i] = MulAdd(a[i][q], b, acc[i]);
    }
    FASTDENSE_UNROLL
    for (int i = 0; i < kRows; ++i) lanes.store(acc[i], args.c + i * args.ldc + j);
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
