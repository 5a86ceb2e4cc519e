// x Phi(x) and its derivative in float64, where Phi is the normal distribution's cumulative
// function; float32 is in normal_f32.inl.hpp.
//
// Phi(-a) = exp(-a^2 / 2) w S(w) for a >= 0, where w = 1 / (1 + a / 4) maps the half line to (0, 1]
// and S is smooth.
#pragma once

#include "kernels/math/exp.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

struct NormalConstantsF64 {
  // x Phi(x) rounds to zero at or below -kLimit, and Phi(kLimit) is 1.
  static constexpr F64 kLimit = 39.0;
  // S in w - 1/2: minimax of degree 23 for a <= 39, relative error 2^-58.5.
  static constexpr F64 kTail[] = {
      0.18882128260393788,   0.30394832098594604,   0.3871374007422148,     0.3730437159193201,
      0.24158629956369276,   0.060321511733130856,  -0.05567507787378832,   -0.05218619060470304,
      0.008534035792816011,  0.029580150540966424,  -0.0004885088107032535, -0.017994058408495477,
      0.0007337757717439101, 0.012124288023788237,  -0.002578239771858778,  -0.008367116496332025,
      0.00444610230345086,   0.005073194872184521,  -0.005565271055988594,  -0.0017393063415829066,
      0.0050613597184103465, -0.000970995675485365, -0.002554092468218189,  0.0014519421602433994};
  static constexpr F64 kTailRest = -5.788989353726589e-18;
};

struct NormalTail {
  ScaledPair<F64> density;      // exp(-a^2 / 2)
  ScaledPair<F64> probability;  // Phi(-a)
};

// For a >= 0 with a^2 / 2 given as a pair.
FASTDENSE_INLINE NormalTail NormalTailOf(VF64 a, Pair<F64> half_square) {
  using C = NormalConstantsF64;
  const VF64 one = Set(1.0);
  const Pair<F64> w = Divide(Pair<F64>{one, Set(0.0)}, TwoSum(one, a * Set(0.25)));
  const Pair<F64> s = PolynomialPair(w.hi - Set(0.5), C::kTail, C::kTailRest);
  // w.lo moves w S(w) by this many times its own relative size: d log(w S) / d log(w), to a tenth.
  const VF64 elasticity = MulAdd(Set(2.5), w.hi, Set(0.65));
  const Pair<F64> ratio = Mul(s, Pair<F64>{w.hi, w.lo * elasticity});
  const ScaledPair<F64> e = ExpPair(-half_square.hi, -half_square.lo);
  const Pair<F64> probability = Mul(Pair<F64>{e.hi, e.lo}, ratio);
  return {e, {probability.hi, probability.lo, e.n}};
}

struct NormalCdf {
  VF64 density;                 // exp(-x^2 / 2)
  ScaledPair<F64> probability;  // Phi(x)
};

// |x| counts as kLimit beyond it.
FASTDENSE_INLINE NormalCdf NormalCdfOf(VF64 x) {
  const VF64 zero = Set(0.0);
  const VF64 a = Min(Set(NormalConstantsF64::kLimit), Abs(x));
  const NormalTail tail = NormalTailOf(a, Mul(a * Set(0.5), Pair<F64>{a, zero}));
  const VF64 scale = MulPow2(Set(1.0), tail.density.n);
  const ScaledPair<F64> lower = tail.probability;
  const Pair<F64> upper = Add(Set(1.0), Pair<F64>{-(lower.hi * scale), -(lower.lo * scale)});
  const MF64 negative = x < zero;
  const Pair<F64> value = IfThenElse(negative, Pair<F64>{lower.hi, lower.lo}, upper);
  return {tail.density.hi * scale, {value.hi, value.lo, IfThenElse(negative, lower.n, zero)}};
}

// x Phi(x)
FASTDENSE_INLINE VF64 TimesNormalCdf(VF64 x) {
  return Gated(x, NormalCdfOf(x).probability, Set(NormalConstantsF64::kLimit));
}

// Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi)
FASTDENSE_INLINE VF64 TimesNormalCdfSlope(VF64 x) {
  const VF64 limit = Set(NormalConstantsF64::kLimit);
  const VF64 finite = Min(limit, Max(-limit, x));
  const NormalCdf normal = NormalCdfOf(finite);
  return MulAdd(finite * Set(0.3989422804014327), normal.density, Value(normal.probability));
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
