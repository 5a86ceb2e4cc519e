// Numbers with about twice the digits of T: the unevaluated sum hi + lo, |lo| <= ulp(hi), and
// polynomials.
//
// What is kept in `lo` is only what the next rounding needs: products and sums of the low parts are
// plain.
#pragma once

#include "kernels/simd/vec_types.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T>
struct Pair {
  Vec<T> hi;
  Vec<T> lo;
};

// (hi + lo) 2^n: keeps all digits where the value itself underflows, until the last rounding.
template <class T>
struct ScaledPair {
  Vec<T> hi;
  Vec<T> lo;
  Vec<T> n;
};

template <class T>
FASTDENSE_INLINE Vec<T> Value(ScaledPair<T> a) {
  return MulPow2(a.hi + a.lo, a.n);
}

// x gate; the gate is 0 below -limit (so that -inf gives 0) and 1 above it.
template <class T>
FASTDENSE_INLINE Vec<T> Gated(Vec<T> x, ScaledPair<T> gate, Vec<T> limit) {
  const Vec<T> finite = Max(-limit, x);
  const Vec<T> product = MulPow2(MulAdd(finite, gate.hi, finite * gate.lo), gate.n);
  return IfThenElse(limit < x, x, CopySign(product, x));
}

// a + b exactly, where a is 0 or |a| >= |b|.
template <class T>
FASTDENSE_INLINE Pair<T> FastTwoSum(Vec<T> a, Vec<T> b) {
  const Vec<T> sum = a + b;
  return {sum, b - (sum - a)};
}

// a + b exactly.
template <class T>
FASTDENSE_INLINE Pair<T> TwoSum(Vec<T> a, Vec<T> b) {
  const Vec<T> sum = a + b;
  const Vec<T> b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

// a + b, where a is 0 or |a| >= |b|.
template <class T>
FASTDENSE_INLINE Pair<T> Add(Vec<T> a, Pair<T> b) {
  const Pair<T> sum = FastTwoSum(a, b.hi);
  return {sum.hi, sum.lo + b.lo};
}

template <class T>
FASTDENSE_INLINE Pair<T> Add(Pair<T> a, Pair<T> b) {
  const Pair<T> sum = FastTwoSum(a.hi, b.hi);
  return {sum.hi, sum.lo + (a.lo + b.lo)};
}

template <class T>
FASTDENSE_INLINE Pair<T> Mul(Vec<T> a, Pair<T> b) {
  const Vec<T> product = a * b.hi;
  return {product, MulAdd(a, b.lo, ProductError(a, b.hi, product))};
}

template <class T>
FASTDENSE_INLINE Pair<T> Mul(Pair<T> a, Pair<T> b) {
  const Vec<T> product = a.hi * b.hi;
  return {product, MulAdd(a.hi, b.lo, MulAdd(a.lo, b.hi, ProductError(a.hi, b.hi, product)))};
}

// One division: the quotient by the reciprocal, then corrected by its remainder.
template <class T>
FASTDENSE_INLINE Pair<T> Divide(Pair<T> a, Pair<T> b) {
  const Vec<T> reciprocal = Set(T{1}) / b.hi;
  const Vec<T> quotient = a.hi * reciprocal;
  const Vec<T> remainder = NegMulAdd(quotient, b.lo, a.lo - ProductError(quotient, b.hi, a.hi));
  return {quotient, remainder * reciprocal};
}

template <class T>
FASTDENSE_INLINE Pair<T> IfThenElse(Mask<T> m, Pair<T> yes, Pair<T> no) {
  return {IfThenElse(m, yes.hi, no.hi), IfThenElse(m, yes.lo, no.lo)};
}

// c[0] + c[1] x + ... by Horner's rule.
template <size_t kFirst = 0, class T, size_t kCount>
FASTDENSE_INLINE Vec<T> Polynomial(Vec<T> x, const T (&c)[kCount]) {
  if constexpr (kFirst + 1 == kCount) {
    return Set(c[kFirst]);
  } else {
    return MulAdd(Polynomial<kFirst + 1>(x, c), x, Set(c[kFirst]));
  }
}

// The same with `rest` added to c[0], good to a fraction of an ulp more than one value can hold.
template <class T, size_t kCount>
FASTDENSE_INLINE Pair<T> PolynomialPair(Vec<T> x, const T (&c)[kCount], T rest) {
  const Pair<T> slope = FastTwoSum(Set(c[1]), x * Polynomial<2>(x, c));
  const Pair<T> product = Mul(x, slope);
  const Pair<T> sum = TwoSum(Set(c[0]), product.hi);
  return {sum.hi, sum.lo + (product.lo + Set(rest))};
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
