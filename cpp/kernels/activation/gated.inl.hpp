// x times a gate that goes from 0 to 1: silu, gelu, mish; and squareplus, which looks like them.
#pragma once

#include "kernels/activation/params.inl.hpp"
#include "kernels/math/normal.inl.hpp"
#include "kernels/math/normal_f32.inl.hpp"
#include "kernels/math/sigmoid.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// x sigmoid(x)
struct Silu {
  static constexpr ActivationId kId = ActivationId::kSilu;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return TimesSigmoid(x, x, Set(T{0}));
  }
  // s + x s (1 - s), which has its limits at the bounds
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& /*p*/) {
    const Vec<T> finite = Min(GateLimit<T>(), Max(-GateLimit<T>(), x));
    const SigmoidGate<T> gate = SigmoidGateOf(finite);
    return MulAdd(finite * gate.open, gate.shut, gate.open);
  }
};

// x Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2
struct Gelu {
  static constexpr ActivationId kId = ActivationId::kGelu;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return TimesNormalCdf(x);
  }
  // Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi)
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& /*p*/) {
    return TimesNormalCdfSlope(x);
  }
};

// x sigmoid(u) with u = 2 sqrt(2 / pi) (x + 0.044715 x^3), which equals Hendrycks and Gimpel's x (1
// + tanh(u / 2)) / 2
struct GeluTanh {
  static constexpr ActivationId kId = ActivationId::kGeluTanh;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;
  static constexpr double kLinear = 1.5957691216057308;  // 2 sqrt(2 / pi)
  static constexpr double kLinearRest = -9.96930880911092e-17;
  static constexpr double kCubic = 0.07135481627260025;  // 0.044715 times that
  static constexpr double kCubicRest = -4.1218577217431825e-18;

  // The result is 0 below -limit and x above it.
  template <class T>
  static FASTDENSE_INLINE Vec<T> Limit() {
    return Set(T(sizeof(T) == sizeof(F32) ? 11 : 23));
  }
  template <class T>
  static FASTDENSE_INLINE Pair<T> Constant(double c, double rest) {
    const T hi = T(c);
    return {Set(hi), Set(T((c - double{hi}) + rest))};
  }
  template <class T>
  static FASTDENSE_INLINE Pair<T> ExponentOf(Vec<T> x) {
    const Vec<T> a = Min(Limit<T>(), Max(-Limit<T>(), x));
    const Pair<T> square = Mul(a, Pair<T>{a, Set(T{0})});
    const Pair<T> cubic = Mul(square, Constant<T>(kCubic, kCubicRest));
    const Pair<T> linear = Constant<T>(kLinear, kLinearRest);
    const Pair<T> sum = TwoSum(linear.hi, cubic.hi);
    return Mul(a, Pair<T>{sum.hi, sum.lo + (linear.lo + cubic.lo)});
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    const Pair<T> u = ExponentOf(x);
    return TimesSigmoid(x, u.hi, u.lo);
  }
  // s + x u' s (1 - s)
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& /*p*/) {
    const Vec<T> finite = Min(Limit<T>(), Max(-Limit<T>(), x));
    const SigmoidGate<T> gate = SigmoidGateOf(ExponentOf(finite).hi);
    const Vec<T> slope = MulAdd(finite * finite, Set(T(3 * kCubic)), Set(T(kLinear)));
    return MulAdd(finite * slope * gate.open, gate.shut, gate.open);
  }
};

// x tanh(softplus(x))
struct Mish {
  static constexpr ActivationId kId = ActivationId::kMish;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  // With e = exp(-|x|) the gate is (1 + 2 e) / ((1 + e)^2 + e^2) for x >= 0 and e (2 + e) / ((1 +
  // e)^2 + 1) below.
  template <class T>
  static FASTDENSE_INLINE ScaledPair<T> GateOf(Vec<T> x) {
    const Vec<T> zero = Set(T{0});
    const Vec<T> one = Set(T{1});
    const ScaledPair<T> scaled = ExpPair(-Min(GateLimit<T>(), Abs(x)), zero);
    const Pair<T> e = Unscaled(scaled);
    const Pair<T> sum = Add(one, e);
    const Mask<T> negative = x < zero;
    const Pair<T> below = Mul(Pair<T>{scaled.hi, scaled.lo}, Add(Set(T{2}), e));
    const Pair<T> numerator = IfThenElse(negative, below, Add(sum, e));
    const Pair<T> denominator =
        Add(Mul(sum, sum), IfThenElse(negative, Pair<T>{one, zero}, Mul(e, e)));
    const Pair<T> quotient = Divide(numerator, denominator);
    return {quotient.hi, quotient.lo, IfThenElse(negative, scaled.n, zero)};
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return Gated(x, GateOf(x), GateLimit<T>());
  }
  // With e as above and d the gate's denominator: the gate, plus 4 x (1 + e) e^2 / d^2 for x >= 0
  // and 4 x (1 + e) e / d^2 below.
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& /*p*/) {
    const Vec<T> one = Set(T{1});
    const Vec<T> finite = Min(GateLimit<T>(), Max(-GateLimit<T>(), x));
    const Mask<T> negative = finite < Set(T{0});
    const Vec<T> e = Exp(-Abs(finite));
    const Vec<T> twice = e + e;
    const Vec<T> square = e * e;
    const Vec<T> numerator = twice + IfThenElse(negative, square, one);
    const Vec<T> rest = IfThenElse(negative, one, square);
    const Vec<T> denominator = numerator + (rest + rest);
    const Vec<T> power = IfThenElse(negative, e, square);
    const Vec<T> inverse = one / denominator;
    const Vec<T> slope = Set(T{4}) * finite * power * (one + e) * inverse;
    return (numerator + slope) * inverse;
  }
};

// p = b: (x + sqrt(x^2 + b)) / 2; below 0 as b / (2 (sqrt(x^2 + b) - x)), which doesn't cancel
struct Squareplus {
  static constexpr ActivationId kId = ActivationId::kSquareplus;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kOutput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& p) {
    const Vec<T> zero = Set(T{0});
    const Vec<T> half = Set(T(0.5));
    const Vec<T> b = Set(p.p[0]);
    // Large x are scaled so that their square doesn't overflow.
    constexpr T kLarge = sizeof(T) == sizeof(F32) ? T(0x1p60) : T(0x1p500);
    constexpr T kScale = sizeof(T) == sizeof(F32) ? T(0x1p-66) : T(0x1p-516);
    const Vec<T> scale = IfThenElse(Set(kLarge) < Abs(x), Set(kScale), Set(T{1}));
    const Vec<T> a = Abs(x) * scale;
    const Pair<T> square = Mul(a, Pair<T>{a, zero});
    const Pair<T> sum = TwoSum(square.hi, b * scale * scale);
    const Vec<T> root = Sqrt(sum.hi);
    const Vec<T> remainder = (sum.lo + square.lo) - ProductError(root, root, sum.hi);
    const Pair<T> both = Add(Pair<T>{root, remainder * half / root}, Pair<T>{a, zero});
    const Vec<T> above = (both.hi + both.lo) * half / scale;
    const Pair<T> below = Divide(Pair<T>{b * half * scale, zero}, both);
    const Vec<T> y = IfThenElse(x < zero, below.hi + below.lo, above);
    // Without b, and at an infinity, it is relu.
    const Mask<T> smooth = (zero < b) & (Abs(x) < Set(T(__builtin_huge_val())));
    return IfThenElse(smooth, y, Max(zero, x));
  }
  // y^2 / (y^2 + b / 4), by way of x = y - b / (4 y); 0 where y is
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> y, const Params<T>& p) {
    const Vec<T> zero = Set(T{0});
    const Vec<T> one = Set(T{1});
    const Vec<T> ratio = (Set(p.p[0]) * Set(T(0.25)) / y) / y;
    return IfThenElse(y == zero, zero, one / (one + ratio));
  }
};

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
