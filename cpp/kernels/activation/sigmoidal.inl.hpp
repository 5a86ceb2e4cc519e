// S-shaped activations and the integral of the sigmoid.
#pragma once

#include "kernels/activation/params.inl.hpp"
#include "kernels/math/log.inl.hpp"
#include "kernels/math/sigmoid.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// 1 / (1 + exp(-x))
struct LogisticSigmoid {
  static constexpr ActivationId kId = ActivationId::kSigmoid;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kOutput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return Sigmoid(x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> y, const Params<T>& /*p*/) {
    return y * (Set(T{1}) - y);
  }
};

struct HyperbolicTangent {
  static constexpr ActivationId kId = ActivationId::kTanh;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kOutput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return Tanh(x);
  }
  // 1 - y^2, without cancelling near 1
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> y, const Params<T>& /*p*/) {
    return (Set(T{1}) - y) * (Set(T{1}) + y);
  }
};

// x - tanh(x)
struct TanhShrink {
  static constexpr ActivationId kId = ActivationId::kTanhShrink;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return TanhShrinkOf(x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& /*p*/) {
    const Vec<T> t = Tanh(x);
    return t * t;
  }
};

// x / (1 + |x|)
struct Softsign {
  static constexpr ActivationId kId = ActivationId::kSoftsign;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    // The quotient is 1 long before the bound, which keeps inf / inf out.
    const Vec<T> a = Min(Set(T(1e30)), Abs(x));
    return CopySign(a / (Set(T{1}) + a), x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& /*p*/) {
    const Vec<T> inverse = Set(T{1}) / (Set(T{1}) + Abs(x));
    return inverse * inverse;
  }
};

// log(1 + exp(x))
struct Softplus {
  static constexpr ActivationId kId = ActivationId::kSoftplus;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kOutput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return SoftplusOf(x);
  }
  // sigmoid(x) = 1 - exp(-y)
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> y, const Params<T>& /*p*/) {
    const Pair<T> m = Expm1Pair(-y, Set(T{0}));
    return -(m.hi + m.lo);
  }
};

// log(sigmoid(x)) = -softplus(-x)
struct LogSigmoid {
  static constexpr ActivationId kId = ActivationId::kLogSigmoid;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kOutput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return -SoftplusOf(-x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> y, const Params<T>& p) {
    return Softplus::Gradient(-y, p);
  }
};

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
