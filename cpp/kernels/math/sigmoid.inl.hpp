// sigmoid and tanh: quotients of exponentials with one division each; tanh in float32 comes from a
// table.
#pragma once

#include "kernels/math/exp.inl.hpp"
#include "kernels/math/piecewise.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Below minus this, x exp(x) rounds to zero; exp(x) itself does so earlier.
template <class T>
FASTDENSE_INLINE Vec<T> GateLimit() {
  return Set(T(sizeof(T) == sizeof(F32) ? 112 : 760));
}

// Beyond it 1 may be less than an ulp of exp(x), and the sum of both would lose too much of it.
template <class T>
FASTDENSE_INLINE Vec<T> SigmoidTail() {
  return Set(T(sizeof(T) == sizeof(F32) ? 16 : 36));
}

// factor sigmoid(x + x_lo) for x <= -SigmoidTail(), as factor (1 - e) e with e = exp(x). Other x,
// whose result isn't used, count as -SigmoidTail().
template <class T>
FASTDENSE_INLINE Vec<T> TimesSigmoidOfTail(Vec<T> factor, Vec<T> x, Vec<T> x_lo) {
  const Vec<T> bounded = Min(-SigmoidTail<T>(), Max(-GateLimit<T>(), x));
  const SplitExp<T> e = SplitExpOf(bounded, -x_lo);
  factor = Max(-GateLimit<T>(), factor);
  return TimesExp(NegMulAdd(factor, TimesExp(Set(T{1}), e), factor), e);
}

// e = exp(-x - x_lo) = scale (1 + s), and 1 + e, for x >= -SigmoidTail().
template <class T>
struct OnePlusExp {
  Vec<T> scale;
  Vec<T> s;
  Vec<T> sum;
};

// The sum is rounded but once, because 1 and the power of two are added first, which is exact.
template <class T>
FASTDENSE_INLINE OnePlusExp<T> OnePlusExpOf(Vec<T> x, Vec<T> x_lo) {
  // So that the power of two is a normal number.
  const Vec<T> lowest = Set(T(sizeof(T) == sizeof(F32) ? -87 : -708));
  const SplitExp<T> e = SplitExpOf(Max(lowest, -x), x_lo);
  const Vec<T> scale = Pow2(e.n);
  return {scale, e.s, MulAdd(scale, e.s, scale + Set(T{1}))};
}

// factor sigmoid(x + x_lo) = factor / (1 + exp(-x - x_lo))
template <class T>
FASTDENSE_INLINE Vec<T> TimesSigmoid(Vec<T> factor, Vec<T> x, Vec<T> x_lo) {
  const Vec<T> central = factor / OnePlusExpOf(x, x_lo).sum;
  const Mask<T> is_tail = x < -SigmoidTail<T>();
  if (AnyTrue(is_tail)) {
    return IfThenElse(is_tail, TimesSigmoidOfTail(factor, x, x_lo), central);
  }
  return central;
}

// sigmoid(x) and sigmoid(-x), which 1 - sigmoid(x) would leave few digits of; x <= GateLimit().
template <class T>
struct SigmoidGate {
  Vec<T> open;
  Vec<T> shut;
};

template <class T>
FASTDENSE_INLINE SigmoidGate<T> SigmoidGateOf(Vec<T> x) {
  const Vec<T> one = Set(T{1});
  const OnePlusExp<T> e = OnePlusExpOf(x, Set(T{0}));
  const Vec<T> central = one / e.sum;
  const SigmoidGate<T> gate = {central, MulAdd(e.scale, e.s, e.scale) * central};
  const Mask<T> is_tail = x < -SigmoidTail<T>();
  if (AnyTrue(is_tail)) {
    const Vec<T> tail = TimesSigmoidOfTail(one, x, Set(T{0}));
    return {IfThenElse(is_tail, tail, gate.open), IfThenElse(is_tail, one - tail, gate.shut)};
  }
  return gate;
}

// 1 / (1 + exp(-x))
template <class T>
FASTDENSE_INLINE Vec<T> Sigmoid(Vec<T> x) {
  return TimesSigmoid(Set(T{1}), x, Set(T{0}));
}

// tanh(|x|) = -m / (2 + m) with m = expm1(-2 |x|).
template <class T>
FASTDENSE_INLINE Pair<T> TanhOfMagnitude(Vec<T> x) {
  const Vec<T> a = Min(Set(-ExpConstants<T>::kNegligible), Abs(x));
  const ReducedExp<T> e = ReducedExpOf(-(a + a), Set(T{0}));
  const Vec<T> scale = MulPow2(Set(T{1}), e.n);
  const Pair<T> m = FastTwoSum(scale - Set(T{1}), scale * e.s.hi);
  return Divide(Pair<T>{-m.hi, -m.lo}, Add(Set(T{2}), m));
}

template <class T>
FASTDENSE_INLINE Vec<T> Tanh(Vec<T> x);

template <>
FASTDENSE_INLINE VF64 Tanh(VF64 x) {
  const Pair<F64> y = TanhOfMagnitude(x);
  return CopySign(y.hi + y.lo, x);
}

struct TanhConstantsF32 {
  // tanh is 1 from here on.
  static constexpr F32 kOneFrom = 9.1F;
  // Minimax of degree 6 on each piece, relative error 2^-27.1. The first is x (1 + x ...).
  static constexpr PiecewiseTable<7> kTable = {
      2.7F,
      -0.113F,
      {0.0F, 0.3784376F, 0.7586912F, 1.1753969F, 1.5813557F, 2.0306735F, 2.4849281F, 2.9472694F,
       3.4566462F, 3.9862113F, 4.567309F, 5.2313805F, 5.883994F, 6.679189F, 7.624446F, 8.674925F},
      {{0.0F, 0.36134985F, 0.6403054F, 0.8259946F, 0.91881335F, 0.9661318F, 0.9862075F, 0.99450624F,
        0.998013F, 0.99931055F, 0.9997843F, 0.99994284F, 0.9999845F, 0.99999684F, 0.9999995F,
        0.99999994F},
       {1.0F, 0.86942637F, 0.59000915F, 0.31773287F, 0.15578201F, 0.066589326F, 0.027394796F,
        0.010957341F, 0.0039700125F, 0.0013784193F, 0.00043137223F, 0.00011431832F, 3.0994233e-05F,
        6.3181305e-06F, 9.540045e-07F, 1.1670908e-07F},
       {-2.74713e-07F, -0.31416684F, -0.37778604F, -0.2624457F, -0.1431346F, -0.06433405F,
        -0.027016988F, -0.010897132F, -0.0039621117F, -0.0013775455F, -0.00043130564F,
        -0.00011430428F, -3.0996336e-05F, -6.3199705e-06F, -9.643352e-07F, -6.073067e-08F},
       {-0.3333123F, -0.17630163F, 0.04519819F, 0.11087368F, 0.07959132F, 0.03995993F, 0.017512696F,
        0.007184561F, 0.002630817F, 0.00091702136F, 0.0002873834F, 7.619409e-05F, 2.0659661e-05F,
        4.2113056e-06F, 6.3580427e-07F, 7.77371e-08F},
       {-0.0005237105F, 0.16838546F, 0.09697576F, -0.0040908926F, -0.025411317F, -0.017163035F,
        -0.008264257F, -0.0035135855F, -0.0013054325F, -0.00045523664F, -0.00014297494F,
        -3.8231094e-05F, -1.0296294e-05F, -2.0839027e-06F, -2.199069e-07F, -4.1896814e-07F},
       {0.1390461F, 0.018104825F, -0.06256483F, -0.026788902F, 4.3680873e-05F, 0.0046914513F,
        0.0029271625F, 0.0013515354F, 0.00051794696F, 0.00018337379F, 5.7909805e-05F, 1.54231e-05F,
        4.195877e-06F, 8.598523e-07F, 1.3071423e-07F, 1.700375e-08F},
       {-0.028510127F, -0.067657486F, -0.00017192231F, 0.017278451F, 0.0050013377F, -0.00022988215F,
        -0.00073816616F, -0.0003982316F, -0.00016138342F, -7.333253e-05F, -2.2493636e-05F,
        -4.446931e-06F, -1.4886666e-06F, -3.497759e-07F, -2.766931e-07F, 6.4060384e-07F}}};
};

template <>
FASTDENSE_INLINE VF32 Tanh(VF32 x) {
  const VF32 a = Min(Set(TanhConstantsF32::kOneFrom), Abs(x));
  return CopySign(Piecewise(a, TanhConstantsF32::kTable), x);
}

// x - tanh(x): a polynomial where the difference cancels.
template <class T>
struct TanhShrinkConstants;

template <>
struct TanhShrinkConstants<F32> {
  // (x - tanh(x)) / x^3 in x^2 for |x| <= 1: minimax of degree 7, relative error 2^-27.
  static constexpr F32 kPolynomial[] = {3.3333334e-01F,  -1.3333318e-01F, 5.3964183e-02F,
                                        -2.1833234e-02F, 8.706888e-03F,   -3.2186646e-03F,
                                        9.314207e-04F,   -1.4490784e-04F};
  static constexpr F32 kThirdRest = -9.934107e-09F;
};

template <>
struct TanhShrinkConstants<F64> {
  // Degree 16, 2^-58.
  static constexpr F64 kPolynomial[] = {
      0.3333333333333333,     -0.1333333333333332,     0.053968253968236894,
      -0.021869488535437586,  0.008863235514639965,    -0.003592127842644633,
      0.0014558327718078626,  -0.0005900180972348226,  0.00023909012102692138,
      -9.67949687349852e-05,  3.899858920997966e-05,   -1.542505069442425e-05,
      5.785672915299018e-06,  -1.9271085806305423e-06, 5.146746818036642e-07,
      -9.428053100684903e-08, 8.615574334228511e-09};
  static constexpr F64 kThirdRest = 1.850371707708594e-17;
};

template <class T>
FASTDENSE_INLINE Vec<T> TanhShrinkOf(Vec<T> x) {
  using C = TanhShrinkConstants<T>;
  const Vec<T> one = Set(T{1});
  const Vec<T> a = Abs(x);
  const Vec<T> bounded = Min(one, a);
  const Pair<T> square = Mul(bounded, Pair<T>{bounded, Set(T{0})});
  const Pair<T> series = PolynomialPair(square.hi, C::kPolynomial, C::kThirdRest);
  const Pair<T> ratio = Mul(square, series);
  const Vec<T> small = MulAdd(a, ratio.hi, a * ratio.lo);
  const Pair<T> tanh = TanhOfMagnitude(x);
  return CopySign(IfThenElse(a < one, small, (a - tanh.hi) - tanh.lo), x);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
