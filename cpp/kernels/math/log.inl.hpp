// log, log1p and softplus.
//
// log(1 + f) = 2 atanh(s) with s = f / (2 + f), and 2 atanh(s) = s (2 + z R(z)) with z = s^2.
#pragma once

#include "kernels/math/exp.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T>
struct LogConstants;

template <>
struct LogConstants<F32> {
  // R: minimax of degree 3 for |s| <= 0.1716 (1 + f between sqrt(1/2) and sqrt(2)), relative error
  // of atanh 2^-35.
  static constexpr F32 kNarrow[] = {6.666666e-01F, 4.0000972e-01F, 2.8498802e-01F, 2.4278417e-01F};
  // R: minimax of degree 4 for |s| <= 1/3 (f between 0 and 1), relative error of atanh 2^-33.
  static constexpr F32 kWide[] = {6.6666675e-01F, 3.9998946e-01F, 2.8615347e-01F, 2.1441999e-01F,
                                  2.4253693e-01F};
};

template <>
struct LogConstants<F64> {
  // Degree 6, 2^-59.5.
  static constexpr F64 kNarrow[] = {0.6666666666666735,  0.39999999999409364, 0.2857142874368215,
                                    0.22222198429755147, 0.1818357228480475,  0.15313834928415096,
                                    0.1479822066591784};
  // Degree 10, 2^-64.5.
  static constexpr F64 kWide[] = {0.6666666666666667,  0.3999999999999534,  0.28571428572344293,
                                  0.22222222135997252, 0.18181822805817316, 0.15384461407881686,
                                  0.13336658942640123, 0.1171742631405484,  0.10963295188577057,
                                  0.07027356369411031, 0.16416340144000338};
};

// The n for which x 2^-n lies between sqrt(1/2) and sqrt(2); x positive and normal.
template <class T>
FASTDENSE_INLINE Vec<T> NearestPow2(Vec<T> x) {
  return Exponent(x * Set(T(0.7071067811865476))) + Set(T{1});
}

// n ln 2 + log(1 + f)
template <class T>
FASTDENSE_INLINE Vec<T> LogOfReduced(Pair<T> f, Vec<T> n) {
  const Vec<T> s = f.hi / (Set(T{2}) + f.hi);
  const Vec<T> z = s * s;
  // s (2 + z R) = f - s (f - z R): the leading term is exact.
  const Vec<T> rest =
      NegMulAdd(s, NegMulAdd(z, Polynomial(z, LogConstants<T>::kNarrow), f.hi), f.lo);
  const Vec<T> n_hi = n * Set(ExpConstants<T>::kLn2Hi);
  const Vec<T> n_lo = MulAdd(n, Set(ExpConstants<T>::kLn2Lo), rest);
  return n_hi + (f.hi + n_lo);
}

// log(x) to 2 ULP for x normal and positive, infinite or NaN.
template <class T>
FASTDENSE_INLINE Vec<T> Log(Vec<T> x) {
  const Vec<T> n = NearestPow2(x);
  const Vec<T> y = LogOfReduced(Pair<T>{MulPow2(x, -n) - Set(T{1}), Set(T{0})}, n);
  return IfThenElse(x == Set(T(__builtin_huge_val())), x, y);
}

// log(1 + x) to 2 ULP; -inf at -1, NaN below.
template <class T>
FASTDENSE_INLINE Vec<T> Log1p(Vec<T> x) {
  const Vec<T> infinity = Set(T(__builtin_huge_val()));
  const Vec<T> minus_one = Set(T{-1});
  const Vec<T> n = NearestPow2(x - minus_one);
  const Vec<T> scale = MulPow2(Set(T{1}), -n);
  const Vec<T> y = LogOfReduced(TwoSum(scale + minus_one, scale * x), n);
  const Vec<T> inside = IfThenElse((x == infinity), x, IfThenElse(x == Set(T{0}), x, y));
  return IfThenElse(minus_one < x, inside,
                    IfThenElse(x == minus_one, -infinity, Sqrt(minus_one) + x));
}

// log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)).
template <class T>
FASTDENSE_INLINE Vec<T> SoftplusOf(Vec<T> x) {
  const ScaledPair<T> e = ExpPair(-Min(Set(-ExpConstants<T>::kLowest), Abs(x)), Set(T{0}));
  const Pair<T> unscaled = Unscaled(e);
  // s without its power of two, so that nothing is lost where exp underflows.
  const Pair<T> s = Divide(Pair<T>{e.hi, e.lo}, Add(Set(T{2}), unscaled));
  const Vec<T> scaled = MulPow2(s.hi, e.n);
  const Vec<T> z = scaled * scaled;
  const Vec<T> twice = s.hi + s.hi;
  const Vec<T> rest = MulAdd(s.hi, z * Polynomial(z, LogConstants<T>::kWide), s.lo + s.lo);
  return Max(Set(T{0}), x) + MulPow2(twice + rest, e.n);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
