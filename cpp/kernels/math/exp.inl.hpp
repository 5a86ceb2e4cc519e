// exp and expm1.
//
// x = n ln 2 + r with n an integer and |r| <= ln(2) / 2; exp(r) = 1 + s, s = r + r^2 p(r).
#pragma once

#include "kernels/math/pair.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T>
struct ExpConstants;

template <>
struct ExpConstants<F32> {
  // Beyond these exp is infinite or rounds to zero.
  static constexpr F32 kHighest = 89.0F;
  static constexpr F32 kLowest = -104.0F;
  // exp of anything at or below it vanishes beside 1.
  static constexpr F32 kNegligible = -18.0F;
  // ln 2 in two parts; the first has 15 bits, so that its product with n is exact without FMA too.
  static constexpr F32 kLn2Hi = 0.693145751953125F;
  static constexpr F32 kLn2Lo = 1.4286068203094173e-06F;
  // p: minimax of degree 4 on +-0.34661, relative error of exp(r) 2^-28.2.
  static constexpr F32 kPolynomial[] = {4.9999994e-01F, 1.6666517e-01F, 4.1668102e-02F,
                                        8.369198e-03F, 1.3839018e-03F};
};

template <>
struct ExpConstants<F64> {
  static constexpr F64 kHighest = 710.0;
  static constexpr F64 kLowest = -746.0;
  static constexpr F64 kNegligible = -38.0;
  static constexpr F64 kLn2Hi = 0.6931471803691238;  // 32 bits
  static constexpr F64 kLn2Lo = 1.9082149292705877e-10;
  // p: minimax of degree 10 on +-0.34661, relative error of exp(r) 2^-63.5.
  static constexpr F64 kPolynomial[] = {0.5,
                                        0.16666666666666688,
                                        0.041666666666666824,
                                        0.008333333333313892,
                                        0.0013888888888777822,
                                        0.00019841269903380631,
                                        2.4801587559682184e-05,
                                        2.7557228659635986e-06,
                                        2.7557067225691767e-07,
                                        2.5113944200291374e-08,
                                        2.0977899972653674e-09};
};

template <class T>
FASTDENSE_INLINE Vec<T> RoundedQuotientByLn2(Vec<T> x) {
  return Round(x * Set(T(1.4426950408889634)));
}

// exp(r) - 1 for |r| <= ln(2) / 2.
template <class T>
FASTDENSE_INLINE Vec<T> Expm1OfReduced(Vec<T> r) {
  return MulAdd(r * r, Polynomial(r, ExpConstants<T>::kPolynomial), r);
}

// exp(x - rest) = (1 + s) 2^n with a rest of at most an ulp of x.
template <class T>
struct SplitExp {
  Vec<T> s;
  Vec<T> n;
};

template <class T>
FASTDENSE_INLINE SplitExp<T> SplitExpOf(Vec<T> x, Vec<T> rest) {
  using C = ExpConstants<T>;
  const Vec<T> n = RoundedQuotientByLn2(x);
  const Vec<T> r = NegMulAdd(n, Set(C::kLn2Lo), NegMulAdd(n, Set(C::kLn2Hi), x) - rest);
  return {Expm1OfReduced(r), n};
}

// factor exp(x), rounded once more where it is a denormal number.
template <class T>
FASTDENSE_INLINE Vec<T> TimesExp(Vec<T> factor, SplitExp<T> e) {
  return MulPow2(MulAdd(factor, e.s, factor), e.n);
}

// exp(x) to 1 ULP.
template <class T>
FASTDENSE_INLINE Vec<T> Exp(Vec<T> x) {
  using C = ExpConstants<T>;
  // The bounds come first: Min and Max return their second argument when it is NaN.
  x = Min(Set(C::kHighest), Max(Set(C::kLowest), x));
  const SplitExp<T> e = SplitExpOf(x, Set(T{0}));
  return MulPow2(Set(T{1}) + e.s, e.n);
}

// exp(x + x_lo) = (1 + s) 2^n. s.hi alone is good to half an ulp of 1; where that will do, s.lo
// costs nothing. Nothing is clamped here: x is such that MulPow2 can apply n.
template <class T>
struct ReducedExp {
  Pair<T> s;
  Vec<T> n;
};

template <class T>
FASTDENSE_INLINE ReducedExp<T> ReducedExpOf(Vec<T> x, Vec<T> x_lo) {
  using C = ExpConstants<T>;
  const Vec<T> n = RoundedQuotientByLn2(x);
  const Pair<T> r = FastTwoSum(NegMulAdd(n, Set(C::kLn2Hi), x), NegMulAdd(n, Set(C::kLn2Lo), x_lo));
  const Pair<T> s = FastTwoSum(r.hi, r.hi * r.hi * Polynomial(r.hi, C::kPolynomial));
  return {{s.hi, s.lo + r.lo}, n};
}

// exp(x + x_lo) as (hi + lo) 2^n, good to half an ulp of hi; x as in ReducedExpOf.
template <class T>
FASTDENSE_INLINE ScaledPair<T> ExpPair(Vec<T> x, Vec<T> x_lo) {
  const ReducedExp<T> reduced = ReducedExpOf(x, x_lo);
  const Pair<T> e = FastTwoSum(Set(T{1}), reduced.s.hi);
  return {e.hi, e.lo, reduced.n};
}

// The value itself, where it doesn't underflow or what is lost doesn't count.
template <class T>
FASTDENSE_INLINE Pair<T> Unscaled(ScaledPair<T> a) {
  const Vec<T> scale = MulPow2(Set(T{1}), a.n);
  return {a.hi * scale, a.lo * scale};
}

// exp(x + x_lo) - 1 as a pair, for x from far below zero to 127 ln 2 (1023 ln 2 for F64).
template <class T>
FASTDENSE_INLINE Pair<T> Expm1Pair(Vec<T> x, Vec<T> x_lo) {
  const ReducedExp<T> e = ReducedExpOf(Max(Set(2 * ExpConstants<T>::kNegligible), x), x_lo);
  const Vec<T> scale = MulPow2(Set(T{1}), e.n);
  return Add(scale - Set(T{1}), Pair<T>{scale * e.s.hi, scale * e.s.lo});
}

// exp(x) - 1 to 1 ULP.
template <class T>
FASTDENSE_INLINE Vec<T> Expm1(Vec<T> x) {
  const Vec<T> top = Set(-2 * ExpConstants<T>::kNegligible);
  const Pair<T> small = Expm1Pair(Min(top, x), Set(T{0}));
  return CopySign(IfThenElse(top < x, Exp(x), small.hi + small.lo), x);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
