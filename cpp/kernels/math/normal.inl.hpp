// The normal distribution's cumulative function with relative accuracy in the tail, and erf.
//
// Phi(-a) = exp(-a^2 / 2) w S(w) for a >= 0, where w = 1 / (1 + a / 4) maps the half line to (0, 1]
// and S is smooth.
#pragma once

#include "kernels/math/exp.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T>
struct NormalConstants;

template <>
struct NormalConstants<F32> {
  // x Phi(x) rounds to zero at or below -kLimit, and Phi(kLimit) is 1.
  static constexpr F32 kLimit = 15.0F;
  // S in w - 1/2: minimax of degree 9 for a <= 15.1, relative error 2^-26.5.
  static constexpr F32 kTail[] = {1.8882129e-01F, 3.0394828e-01F, 3.8713694e-01F, 3.7304792e-01F,
                                  2.416115e-01F,  6.017845e-02F,  -5.609954e-02F, -5.0137922e-02F,
                                  1.0708446e-02F, 1.7658276e-02F};
  static constexpr F32 kTailRest = -2.1564357e-09F;
  // erf(x) / x - 1 in x^2 for |x| <= 1: minimax of degree 6, error of erf 2^-29.4.
  static constexpr F32 kErf[] = {1.2837917e-01F, -3.7612626e-01F, 1.1283579e-01F, -2.6853347e-02F,
                                 5.1871617e-03F, -7.9978415e-04F, 7.8068326e-05F};
  // erf is 1 from here on.
  static constexpr F32 kErfLimit = 4.0F;
};

template <>
struct NormalConstants<F64> {
  static constexpr F64 kLimit = 39.0;
  // Degree 23 for a <= 39, 2^-58.5.
  static constexpr F64 kTail[] = {
      0.18882128260393788,   0.30394832098594604,   0.3871374007422148,     0.3730437159193201,
      0.24158629956369276,   0.060321511733130856,  -0.05567507787378832,   -0.05218619060470304,
      0.008534035792816011,  0.029580150540966424,  -0.0004885088107032535, -0.017994058408495477,
      0.0007337757717439101, 0.012124288023788237,  -0.002578239771858778,  -0.008367116496332025,
      0.00444610230345086,   0.005073194872184521,  -0.005565271055988594,  -0.0017393063415829066,
      0.0050613597184103465, -0.000970995675485365, -0.002554092468218189,  0.0014519421602433994};
  static constexpr F64 kTailRest = -5.788989353726589e-18;
  // Degree 12, 2^-56.
  static constexpr F64 kErf[] = {
      0.1283791670955126,     -0.376126389031841,      0.1128379167097109,
      -0.026866170648028164,  0.005223977652670939,    -0.0008548328537623235,
      0.00012055386450526098, -1.4926893405688289e-05, 1.648135270985343e-06,
      -1.656136834511971e-07, 1.604928871753345e-08,   -1.663265272959839e-09,
      1.4674137042660295e-10};
  static constexpr F64 kErfLimit = 6.0;
};

template <class T>
struct NormalTail {
  ScaledPair<T> density;      // exp(-a^2 / 2)
  ScaledPair<T> probability;  // Phi(-a)
};

// For a >= 0 with a^2 / 2 given as a pair.
template <class T>
FASTDENSE_INLINE NormalTail<T> NormalTailOf(Vec<T> a, Pair<T> half_square) {
  const Vec<T> one = Set(T{1});
  const Pair<T> w = Divide(Pair<T>{one, Set(T{0})}, TwoSum(one, a * Set(T(0.25))));
  const Pair<T> s =
      PolynomialPair(w.hi - Set(T(0.5)), NormalConstants<T>::kTail, NormalConstants<T>::kTailRest);
  // w.lo moves w S(w) by this many times its own relative size: d log(w S) / d log(w), to a tenth.
  const Vec<T> elasticity = MulAdd(Set(T(2.5)), w.hi, Set(T(0.65)));
  const Pair<T> ratio = Mul(s, Pair<T>{w.hi, w.lo * elasticity});
  const ScaledPair<T> e = ExpPair(-half_square.hi, -half_square.lo);
  const Pair<T> probability = Mul(Pair<T>{e.hi, e.lo}, ratio);
  return {e, {probability.hi, probability.lo, e.n}};
}

template <class T>
struct NormalCdf {
  Vec<T> density;             // exp(-x^2 / 2)
  ScaledPair<T> probability;  // Phi(x)
};

// |x| counts as kLimit beyond it.
template <class T>
FASTDENSE_INLINE NormalCdf<T> NormalCdfOf(Vec<T> x) {
  const Vec<T> zero = Set(T{0});
  const Vec<T> a = Min(Set(NormalConstants<T>::kLimit), Abs(x));
  const NormalTail<T> tail = NormalTailOf(a, Mul(a * Set(T(0.5)), Pair<T>{a, zero}));
  const Vec<T> scale = MulPow2(Set(T{1}), tail.density.n);
  const ScaledPair<T> lower = tail.probability;
  const Pair<T> upper = Add(Set(T{1}), Pair<T>{-(lower.hi * scale), -(lower.lo * scale)});
  const Mask<T> negative = x < zero;
  const Pair<T> value = IfThenElse(negative, Pair<T>{lower.hi, lower.lo}, upper);
  return {tail.density.hi * scale, {value.hi, value.lo, IfThenElse(negative, lower.n, zero)}};
}

// 1 - 2 Phi(-sqrt(2) |x|), a polynomial for small x.
template <class T>
FASTDENSE_INLINE Vec<T> Erf(Vec<T> x) {
  const Vec<T> one = Set(T{1});
  const Vec<T> a = Min(Set(NormalConstants<T>::kErfLimit), Abs(x));
  const Vec<T> z = Min(one, a) * Min(one, a);
  const Vec<T> small = MulAdd(a, Polynomial(z, NormalConstants<T>::kErf), a);
  const Vec<T> tail = Value(
      NormalTailOf(a * Set(T(1.4142135623730951)), Mul(a, Pair<T>{a, Set(T{0})})).probability);
  return CopySign(IfThenElse(a < one, small, one - (tail + tail)), x);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
