// L1 and L2 penalties: their sums and their gradient.
#pragma once

#include "kernels/kernel_table.hpp"
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
struct SquareTerm {
  static FASTDENSE_INLINE VF64 Add(VF64 v, VF64 sum) { return MulAdd(v, v, sum); }
};

// -1, 0, 1; NaN for NaN.
template <class T>
FASTDENSE_INLINE Vec<T> sign_or_nan(Vec<T> v) {
  return IfThenElse(Set(T{0}) < Abs(v), CopySign(Set(T{1}), v), v);
}

template <class T>
void add_penalty_gradient(size_t n, const T* w, T* grad, const PenaltyGradientArgs& args) {
  const Vec<T> zero = Set(T{0});
  const Vec<T> l1 = Set(static_cast<T>(args.l1));
  const Vec<T> slope = Set(static_cast<T>(2 * args.l2));
  const Vec<T> scale = Set(static_cast<T>(args.scale));
  const auto for_all = [=](const auto& gradient) {
    for_vectors<T>(0, n, [&](size_t i, const auto& lanes) {
      // Plus zero, so that a penalty's gradient is never -0.
      const Vec<T> g = gradient(lanes.load(w + i)) + zero;
      lanes.store(lanes.load(grad + i) + scale * g, grad + i);
    });
  };
  if (args.l2 == 0) {  // then infinite weights have a gradient
    for_all([=](Vec<T> v) { return l1 * sign_or_nan(v); });
  } else {
    for_all([=](Vec<T> v) { return MulAdd(slope, v, l1 * sign_or_nan(v)); });
  }
}

template <class T>
constexpr PenaltyKernels<T> penalty_kernels() {
  return {sum_terms<T, AbsTerm>, sum_terms<T, SquareTerm>, add_penalty_gradient<T>};
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
