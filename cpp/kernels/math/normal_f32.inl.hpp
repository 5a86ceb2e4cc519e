// x Phi(x) and its derivative in float32, where Phi is the normal distribution's cumulative
// function; float64 is in normal.inl.hpp.
//
// x Phi(x) = max(x, 0) - F(|x|) with F(a) = a Phi(-a), so one formula serves both signs: the
// derivative is F'(|x|) for x < 0 and 1 - F'(|x|) above. F and F' come from tables; only the lower
// tail, where few inputs lie, takes an exponential.
#pragma once

#include "kernels/math/exp.inl.hpp"
#include "kernels/math/piecewise.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

struct NormalConstantsF32 {
  // The tables end where F is less than half an ulp of a, and F' of 1.
  static constexpr F32 kTailFrom = 5.5F;
  static constexpr F32 kSlopeTailFrom = 6.0F;
  // x Phi(x) and its derivative round to zero at or below -kLimit.
  static constexpr F32 kLimit = 15.0F;
  // F: minimax of degree 7 on each piece, relative error 2^-27.5. The first is x (1 / 2 + ...).
  static constexpr PiecewiseTable<8> kTable = {
      1.8F,
      0.183F,
      {0.0F, 0.59743744F, 1.072213F, 1.5133094F, 1.9448037F, 2.3363435F, 2.694495F, 3.0569646F,
       3.383718F, 3.70588F, 4.0162697F, 4.3172398F, 4.6002474F, 4.884929F, 5.1562486F, 5.4261465F},
      {{0.0F, 0.16435963F, 0.15205286F, 0.09851727F, 0.05036906F, 0.022748211F, 0.009497474F,
        0.0034175436F, 0.0012098722F, 0.0003903368F, 0.00011873417F, 3.4104578e-05F, 9.70628e-06F,
        2.5271213e-06F, 6.495491e-07F, 1.562288e-07F},
       {0.5F, 0.07572115F, -0.0989287F, -0.12700847F, -0.091179475F, -0.0510976F, -0.02497443F,
        -0.010283295F, -0.004048667F, -0.0014349513F, -0.00047400253F, -0.00014655628F,
        -4.4487424e-05F, -1.2308489e-05F, -3.3411723e-06F, -8.4603283e-07F},
       {-0.3989423F, -0.27417576F, -0.09546433F, 0.018413885F, 0.0536468F, 0.04502664F,
        0.027818657F, 0.013697009F, 0.0061525255F, 0.0024384155F, 0.0008858466F, 0.00029763507F,
        9.70504e-05F, 2.8701019e-05F, 8.2663155e-06F, 2.2122395e-06F},
       {6.7693463e-07F, 0.121063165F, 0.11436703F, 0.054747347F, 0.004248135F, -0.014787435F,
        -0.015485889F, -0.010156589F, -0.0054707015F, -0.0024987315F, -0.0010180813F,
        -0.00037683715F, -0.00013328592F, -4.245888e-05F, -1.3052092e-05F, -3.7097332e-06F},
       {0.06647686F, 0.022651348F, -0.025500435F, -0.03589522F, -0.020495275F, -0.0047880104F,
        0.002595248F, 0.0040273247F, 0.0029812397F, 0.0016707521F, 0.0007902986F, 0.0003293266F,
        0.00012818139F, 4.4458626e-05F, 1.4702318e-05F, 4.4658887e-06F},
       {0.00012434374F, -0.023596166F, -0.0134231895F, 0.0031232603F, 0.009101243F, 0.0061931154F,
        0.002167633F, -0.00024631707F, -0.00085186446F, -0.00071307045F, -0.00042261853F,
        -0.00020628754F, -9.050057e-05F, -3.4718694e-05F, -1.24819935e-05F, -4.0853524e-06F},
       {-0.010551421F, -0.0008500712F, 0.0065007294F, 0.004770668F, 0.00012700667F, -0.0020587882F,
        -0.0016005363F, -0.0006672371F, -6.2189465e-05F, 0.00014793807F, 0.00014742429F,
        9.262924e-05F, 4.7395075e-05F, 2.0672998e-05F, 8.254572e-06F, 2.948066e-06F},
       {0.0013204505F, 0.0031994833F, 0.0011103131F, -0.0013862152F, -0.0012445179F,
        -0.00047907993F, 0.0003418112F, 0.00030706567F, 0.0001793602F, 4.4615514e-05F,
        -1.5730038e-05F, -2.57772e-05F, -1.9023424e-05F, -1.0330234e-05F, -4.754723e-06F,
        -1.909829e-06F}}};
  // F': the same, 2^-26 but around its zero.
  static constexpr PiecewiseTable<8> kSlopeTable = {
      1.6F,
      0.16F,
      {0.14350542F, 0.6825441F, 1.2093366F, 1.7010221F, 2.1459057F, 2.5757985F, 2.9660954F,
       3.3528616F, 3.7138257F, 4.088852F, 4.40203F, 4.7346487F, 5.0603814F, 5.3581204F, 5.6508512F,
       5.952273F},
      {{0.3862816F, 0.031733062F, -0.118943006F, -0.11523232F, -0.06968008F, -0.032247894F,
        -0.013036308F, -0.0044443365F, -0.001396671F, -0.00036034748F, -0.000103458806F,
        -2.4514042e-05F, -5.3434883e-06F, -1.2046014e-06F, -2.5447065e-07F, -4.67798e-08F},
       {-0.7815794F, -0.4848547F, -0.10320856F, 0.08388469F, 0.10393438F, 0.067022435F,
        0.033332843F, 0.013352451F, 0.004758964F, 0.0013751752F, 0.0004295918F, 0.00011044148F,
        2.590419e-05F, 6.214357e-06F, 1.3901952e-06F, 2.7015375e-07F},
       {0.1127444F, 0.38118184F, 0.2946167F, 0.08835681F, -0.025896352F, -0.049069803F,
        -0.034889854F, -0.01754022F, -0.0073382356F, -0.0024294208F, -0.000836717F, -0.00023583959F,
        -5.998984e-05F, -1.5401987e-05F, -3.6654394e-06F, -7.559119e-07F},
       {0.2537716F, 0.0503558F, -0.13116433F, -0.12333679F, -0.04674338F, 0.003799888F, 0.01619484F,
        0.012445499F, 0.0065702614F, 0.002592464F, 0.0010047127F, 0.00031518203F, 8.787311e-05F,
        2.4323934e-05F, 6.1937794e-06F, 1.362042e-06F},
       {-0.041967593F, -0.117685616F, -0.039196696F, 0.036313426F, 0.0408432F, 0.017012874F,
        0.0008332855F, -0.004181578F, -0.003529224F, -0.0018083212F, -0.0008177266F,
        -0.00029232114F, -9.0708476e-05F, -2.7345523e-05F, -7.506361e-06F, -1.7710097e-06F},
       {-0.055304505F, 0.00619551F, 0.040813874F, 0.015551519F, -0.008237774F, -0.011082096F,
        -0.0051914854F, -0.0005544075F, 0.0008956392F, 0.00080561824F, 0.0004613653F,
        0.00019606575F, 6.933407e-05F, 2.3095823e-05F, 6.901038e-06F, 1.76026e-06F},
       {0.009269235F, 0.021428633F, -0.0014116495F, -0.0118972035F, -0.0048220176F, 0.0017541939F,
        0.002611599F, 0.0012559782F, 0.00020087695F, -0.00018138929F, -0.00016944563F,
        -9.49178e-05F, -4.0092684e-05F, -1.5053269e-05F, -4.9964433e-06F, -1.3783632e-06F},
       {-0.0019711866F, -0.0013304409F, -0.006824047F, -0.00070470263F, 0.0029371108F,
        0.0015127002F, -0.00016962405F, -0.0005555384F, -0.00031975788F, -7.4147494e-05F,
        2.3238768e-05F, 3.171763e-05F, 1.881399e-05F, 8.713941e-06F, 3.2766895e-06F,
        1.0804947e-06F}}};
  // F(a) exp(a^2 / 2) in 1 / a^2 for a from 5.5 to 14.5: minimax of degree 5, relative error
  // 2^-28.5.
  static constexpr F32 kTail[] = {0.3989423F,  -0.3989447F, 1.1966755F,
                                  -5.9184623F, 36.301777F,  -165.02391F};
};

// exp(-a^2 / 2)
FASTDENSE_INLINE SplitExp<F32> HalfSquareExpOf(VF32 a) {
  using C = ExpConstants<F32>;
  const VF32 n = Round(a * a * Set(0.7213475F));  // a^2 / (2 ln 2)
  // a^2 - 2 n ln 2, with all the digits of a^2.
  const VF32 twice = NegMulAdd(n, Set(2 * C::kLn2Lo), ProductError(a, a, n * Set(2 * C::kLn2Hi)));
  return {Expm1OfReduced(twice * Set(-0.5F)), -n};
}

// |x| for x <= -kTailFrom, at most kLimit; other x, whose result isn't used, are no worse.
FASTDENSE_INLINE VF32 TailMagnitude(VF32 x) {
  using C = NormalConstantsF32;
  return Min(Set(C::kLimit), Max(Set(C::kTailFrom), -x));
}

// x Phi(x) for x <= -kTailFrom
FASTDENSE_INLINE VF32 TimesNormalCdfTail(VF32 x) {
  const VF32 a = TailMagnitude(x);
  const VF32 ratio = Polynomial(Set(1.0F) / (a * a), NormalConstantsF32::kTail);
  return -TimesExp(ratio, HalfSquareExpOf(a));
}

// x Phi(x)
FASTDENSE_INLINE VF32 TimesNormalCdf(VF32 x) {
  using C = NormalConstantsF32;
  const VF32 a = Min(Set(C::kTailFrom), Abs(x));
  // Max returns -0 for x < 0, so that a result that rounds to zero keeps its sign.
  const VF32 central = Max(Set(-0.0F), x) - Piecewise(a, C::kTable);
  const MF32 is_tail = x < Set(-C::kTailFrom);
  if (AnyTrue(is_tail)) return IfThenElse(is_tail, TimesNormalCdfTail(x), central);
  return central;
}

// Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi) for x <= -kSlopeTailFrom
FASTDENSE_INLINE VF32 TimesNormalCdfSlopeTail(VF32 x) {
  const VF32 a = TailMagnitude(x);
  const VF32 inverse = Set(1.0F) / a;
  const VF32 ratio = Polynomial(inverse * inverse, NormalConstantsF32::kTail);
  return TimesExp(MulAdd(ratio, inverse, a * Set(-0.3989422804F)), HalfSquareExpOf(a));
}

// The derivative for all x
FASTDENSE_INLINE VF32 TimesNormalCdfSlope(VF32 x) {
  using C = NormalConstantsF32;
  const VF32 a = Min(Set(C::kSlopeTailFrom), Abs(x));
  const MF32 negative = x < Set(0.0F);
  const VF32 slope = Piecewise(a, C::kSlopeTable);
  const VF32 central = IfThenElse(negative, slope, Set(1.0F) - slope);
  const MF32 is_tail = x < Set(-C::kSlopeTailFrom);
  if (AnyTrue(is_tail)) return IfThenElse(is_tail, TimesNormalCdfSlopeTail(x), central);
  return central;
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
