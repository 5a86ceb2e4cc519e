// The exponential and the linear units that turn into one below zero.
#pragma once

#include "kernels/activation/params.inl.hpp"
#include "kernels/math/exp.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// exp(x)
struct Exponential {
  static constexpr ActivationId kId = ActivationId::kExponential;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kOutput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return Exp(x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> y, const Params<T>& /*p*/) {
    return y;
  }
};

// p = alpha: x > 0 ? x : alpha expm1(x)
struct Elu {
  static constexpr ActivationId kId = ActivationId::kElu;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& p) {
    const Vec<T> zero = Set(T{0});
    const Pair<T> m = Mul(Set(p.p[0]), Expm1Pair(Min(zero, x), zero));
    return IfThenElse(x < zero, m.hi + m.lo, x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& p) {
    return IfThenElse(Set(T{0}) < x, Set(T{1}), Set(p.p[0]) * Exp(x));
  }
};

// scale (x > 0 ? x : alpha expm1(x)) with the constants of Klambauer et al., Self-Normalizing
// Neural Networks (2017).
struct Selu {
  static constexpr ActivationId kId = ActivationId::kSelu;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kOutput;
  static constexpr double kScale = 1.0507009873554805;
  static constexpr double kScaleAlpha = 1.7580993408473766;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    constexpr T kFactor = T(kScaleAlpha);
    constexpr T kFactorRest = T(kScaleAlpha - double{kFactor});
    const Vec<T> zero = Set(T{0});
    const Pair<T> m = Mul(Expm1Pair(Min(zero, x), zero), Pair<T>{Set(kFactor), Set(kFactorRest)});
    return IfThenElse(x < zero, m.hi + m.lo, Set(T(kScale)) * x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> y, const Params<T>& /*p*/) {
    return IfThenElse(Set(T{0}) < y, Set(T(kScale)), y + Set(T(kScaleAlpha)));
  }
};

// p = alpha: max(x, 0) + alpha expm1(min(x, 0) / alpha)
struct Celu {
  static constexpr ActivationId kId = ActivationId::kCelu;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& p) {
    const Vec<T> zero = Set(T{0});
    const Vec<T> alpha = Set(p.p[0]);
    // The division's remainder is of no use beyond the clamp, where expm1 is -1 anyway.
    const Vec<T> lowest = Set(2 * ExpConstants<T>::kNegligible);
    const Vec<T> quotient = Max(lowest, Min(zero, x) / alpha);
    const Vec<T> remainder = -ProductError(quotient, alpha, Min(zero, x)) / alpha;
    const Vec<T> rest = IfThenElse(lowest < quotient, remainder, zero);
    const Pair<T> m = Mul(alpha, Expm1Pair(quotient, rest));
    return IfThenElse(x < zero, m.hi + m.lo, x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& p) {
    return IfThenElse(Set(T{0}) < x, Set(T{1}), Exp(x / Set(p.p[0])));
  }
};

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
