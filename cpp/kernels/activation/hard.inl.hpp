// Straight-line and parabolic stand-ins for sigmoid, tanh, silu and softplus.
#pragma once

#include "kernels/activation/params.inl.hpp"
#include "kernels/math/clamp.inl.hpp"
#include "kernels/math/pair.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// slope strictly between low and high, else 0
template <class T>
FASTDENSE_INLINE Vec<T> SlopeInside(Vec<T> x, T low, T high, T slope) {
  return IfThenElse((Set(low) < x) & (x < Set(high)), Set(slope), Set(T{0}));
}

// clamp(x / 6 + 1/2, 0, 1), as (x + 3) / 6, which doesn't cancel near -3
struct HardSigmoid {
  static constexpr ActivationId kId = ActivationId::kHardSigmoid;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return (Clamp(x, T{-3}, T{3}) + Set(T{3})) / Set(T{6});
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& /*p*/) {
    return SlopeInside(x, T{-3}, T{3}, T{1} / T{6});
  }
};

// x hard_sigmoid(x)
struct HardSilu {
  static constexpr ActivationId kId = ActivationId::kHardSilu;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    const Vec<T> inside = Clamp(x, T{-3}, T{3});
    const Pair<T> product = Mul(inside, TwoSum(inside, Set(T{3})));
    return IfThenElse(Set(T{3}) <= x, x, CopySign((product.hi + product.lo) / Set(T{6}), x));
  }
  // (2 x + 3) / 6 between -3 and 3
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& /*p*/) {
    const Vec<T> three = Set(T{3});
    const Vec<T> inside = ((x + x) + three) / Set(T{6});
    return IfThenElse(x <= -three, Set(T{0}), IfThenElse(three <= x, Set(T{1}), inside));
  }
};

// clamp(x, -1, 1)
struct HardTanh {
  static constexpr ActivationId kId = ActivationId::kHardTanh;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kOutput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return Clamp(x, T{-1}, T{1});
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> y, const Params<T>& /*p*/) {
    return SlopeInside(y, T{-1}, T{1}, T{1});
  }
};

// 0 up to -1, (x + 1)^2 / 4 up to 1, then x
struct SparsePlus {
  static constexpr ActivationId kId = ActivationId::kSparsePlus;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    const Vec<T> one = Set(T{1});
    const Pair<T> sum = TwoSum(Clamp(x, T{-1}, T{1}), one);
    const Vec<T> square = MulAdd(sum.hi, sum.hi, (sum.hi + sum.hi) * sum.lo);
    return IfThenElse(one <= x, x, square * Set(T(0.25)));
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& /*p*/) {
    return (Clamp(x, T{-1}, T{1}) + Set(T{1})) * Set(T(0.5));
  }
};

// clamp((x + 1) / 2, 0, 1)
struct SparseSigmoid {
  static constexpr ActivationId kId = ActivationId::kSparseSigmoid;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return (Clamp(x, T{-1}, T{1}) + Set(T{1})) * Set(T(0.5));
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& /*p*/) {
    return SlopeInside(x, T{-1}, T{1}, T(0.5));
  }
};

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
