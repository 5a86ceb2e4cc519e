// Clamp, rectify and sign, without rounding; NaN stays.
#pragma once

#include "kernels/simd/vec_types.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// x between low and high. Min and Max return their second argument when it is NaN.
template <class T>
FASTDENSE_INLINE Vec<T> Clamp(Vec<T> x, T low, T high) {
  return Min(Set(high), Max(Set(low), x));
}

// max(x, 0)
template <class T>
FASTDENSE_INLINE Vec<T> Rectify(Vec<T> x) {
  return Max(Set(T{0}), x);
}

// -1, 0 or 1
template <class T>
FASTDENSE_INLINE Vec<T> Sign(Vec<T> x) {
  return IfThenElse(Set(T{0}) < Abs(x), CopySign(Set(T{1}), x), x);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
