// Sums over arrays, in double.
#pragma once

#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Half number `half` of a vector's lanes as doubles; doubles are all in the first.
FASTDENSE_INLINE VF64 half_as_double(VF32 v, int half) {
  return half == 0 ? PromoteLower(v) : PromoteUpper(v);
}
FASTDENSE_INLINE VF64 half_as_double(VF64 v, int /*half*/) { return v; }

// Sums in double, in an order that depends on n only. Term::Add(v, sum) adds what the elements v
// contribute; a zero contributes nothing.
template <class T, class Term>
double sum_terms(size_t n, const T* x) {
  constexpr int kHalves = sizeof(F64) / sizeof(T);
  constexpr int kSums = 8;  // hide the latency of an addition
  constexpr size_t kLanes = Vec<T>::kLanes;
  constexpr size_t kStep = kSums / kHalves * kLanes;
  VF64 sum[kSums];
  FASTDENSE_UNROLL
  for (int s = 0; s < kSums; ++s) sum[s] = Set(0.0);
  size_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    FASTDENSE_UNROLL
    for (int s = 0; s < kSums; ++s) {
      const Vec<T> v = LoadU(x + i + s / kHalves * kLanes);
      sum[s] = Term::Add(half_as_double(v, s % kHalves), sum[s]);
    }
  }
  // A sum of its own: those that a function object refers to would be kept in memory.
  VF64 rest = Set(0.0);
  for_vectors<T>(i, n, [&](size_t j, const auto& lanes) {
    const Vec<T> v = lanes.load(x + j);
    FASTDENSE_UNROLL
    for (int half = 0; half < kHalves; ++half) rest = Term::Add(half_as_double(v, half), rest);
  });
  FASTDENSE_UNROLL
  for (int s = 0; s < kSums; ++s) rest = rest + sum[s];
  return ReduceSum(rest);
}

struct AbsTerm {
  static FASTDENSE_INLINE VF64 Add(VF64 v, VF64 sum) { return sum + Abs(v); }
};
// Exact products of floats, which have 24 bits.
struct SquareTerm {
  static FASTDENSE_INLINE VF64 Add(VF64 v, VF64 sum) { return MulAdd(v, v, sum); }
};

template <class T>
double sum_of_magnitudes(size_t n, const T* x) {
  return sum_terms<T, AbsTerm>(n, x);
}

template <class T>
double sum_of_squares(size_t n, const T* x) {
  return sum_terms<T, SquareTerm>(n, x);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
