// Sums over arrays, in double.
#pragma once

#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// sum[0], sum[1], ... += squares of the lanes; exact products, as a float's has 48 bits.
FASTDENSE_INLINE void add_squares(VF32 x, VF64* sum) {
  const VF64 lower = PromoteLower(x);
  const VF64 upper = PromoteUpper(x);
  sum[0] = MulAdd(lower, lower, sum[0]);
  sum[1] = MulAdd(upper, upper, sum[1]);
}
FASTDENSE_INLINE void add_squares(VF64 x, VF64* sum) { sum[0] = MulAdd(x, x, sum[0]); }

// Eight sums hide the latency of the multiply-adds.
template <class T>
double sum_of_squares(size_t n, const T* x) {
  constexpr int kSums = 8;
  constexpr int kSumsPerVector = sizeof(F64) / sizeof(T);
  constexpr int kVectors = kSums / kSumsPerVector;
  constexpr size_t kLanes = Vec<T>::kLanes;
  VF64 sum[kSums];
  FASTDENSE_UNROLL
  for (int s = 0; s < kSums; ++s) sum[s] = Set(F64{0});
  size_t i = 0;
  for (; i + kVectors * kLanes <= n; i += kVectors * kLanes) {
    FASTDENSE_UNROLL
    for (int v = 0; v < kVectors; ++v)
      add_squares(LoadU(x + i + v * kLanes), sum + v * kSumsPerVector);
  }
  for_vectors<T>(i, n, [&](size_t j, const auto& lanes) { add_squares(lanes.load(x + j), sum); });
  FASTDENSE_UNROLL
  for (int s = 1; s < kSums; ++s) sum[0] = sum[0] + sum[s];
  return ReduceSum(sum[0]);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
