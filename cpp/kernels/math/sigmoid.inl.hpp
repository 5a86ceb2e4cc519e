// sigmoid and tanh: quotients of exponentials of negative arguments, with one division each.
#pragma once

#include "kernels/math/exp.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// What x exp(x) still needs below the lowest x at which exp itself is not zero.
template <class T>
FASTDENSE_INLINE Vec<T> GateLimit() {
  return Set(T(sizeof(T) == sizeof(F32) ? 112 : 760));
}

// sigmoid(sign(x) (a + a_lo)), a >= 0: 1 / (1 + e) or e / (1 + e) with e = exp(-a).
template <class T>
FASTDENSE_INLINE ScaledPair<T> SigmoidPair(Vec<T> x, Vec<T> a, Vec<T> a_lo) {
  const Vec<T> zero = Set(T{0});
  const Vec<T> one = Set(T{1});
  const ScaledPair<T> e = ExpPair(-a, -a_lo);
  const Mask<T> negative = x < zero;
  const Pair<T> numerator = IfThenElse(negative, Pair<T>{e.hi, e.lo}, Pair<T>{one, zero});
  const Pair<T> quotient = Divide(numerator, Add(one, Unscaled(e)));
  return {quotient.hi, quotient.lo, IfThenElse(negative, e.n, zero)};
}

template <class T>
FASTDENSE_INLINE ScaledPair<T> SigmoidPair(Vec<T> x) {
  return SigmoidPair(x, Min(GateLimit<T>(), Abs(x)), Set(T{0}));
}

// 1 / (1 + exp(-x))
template <class T>
FASTDENSE_INLINE Vec<T> Sigmoid(Vec<T> x) {
  return Value(SigmoidPair(x));
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
FASTDENSE_INLINE Vec<T> Tanh(Vec<T> x) {
  const Pair<T> y = TanhOfMagnitude(x);
  return CopySign(y.hi + y.lo, x);
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
