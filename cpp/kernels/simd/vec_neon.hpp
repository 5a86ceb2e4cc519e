// NEON of 64-bit ARM: 4 float, 2 double or 4 uint32_t lanes.
//
// What each operation does is written down once, in cpp/README.md; every vec_*.hpp offers the same
// ones. Min, Max and ReduceMax are NaN when either operand is (x86 returns the second operand), and
// order -0 below +0.
#pragma once

#include <arm_neon.h>

#include "kernels/simd/vec_types.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

constexpr int kVectorRegisters = 32;

template <>
struct Vec<F32> {
  using Lane = F32;
  static constexpr size_t kLanes = 4;
  float32x4_t raw;
};

template <>
struct Vec<F64> {
  using Lane = F64;
  static constexpr size_t kLanes = 2;
  float64x2_t raw;
};

template <>
struct Vec<U32> {
  using Lane = U32;
  static constexpr size_t kLanes = 4;
  uint32x4_t raw;
};

template <>
struct Mask<F32> {
  uint32x4_t raw;
};

template <>
struct Mask<F64> {
  uint64x2_t raw;
};

// Memory. There is no masked access: lanes are touched one by one, and a tail's branches go the
// same way every time.
FASTDENSE_INLINE VF32 LoadU(const F32* p) { return {vld1q_f32(p)}; }
FASTDENSE_INLINE VF64 LoadU(const F64* p) { return {vld1q_f64(p)}; }
FASTDENSE_INLINE void StoreU(VF32 v, F32* p) { vst1q_f32(p, v.raw); }
FASTDENSE_INLINE void StoreU(VF64 v, F64* p) { vst1q_f64(p, v.raw); }
FASTDENSE_INLINE void StoreU(VU32 v, U32* p) { vst1q_u32(p, v.raw); }
FASTDENSE_INLINE VF32 MaskedLoad(MF32 m, const F32* p) {
  float32x4_t v = vdupq_n_f32(0);
  if (vgetq_lane_u32(m.raw, 0) != 0) v = vld1q_lane_f32(p, v, 0);
  if (vgetq_lane_u32(m.raw, 1) != 0) v = vld1q_lane_f32(p + 1, v, 1);
  if (vgetq_lane_u32(m.raw, 2) != 0) v = vld1q_lane_f32(p + 2, v, 2);
  if (vgetq_lane_u32(m.raw, 3) != 0) v = vld1q_lane_f32(p + 3, v, 3);
  return {v};
}
FASTDENSE_INLINE VF64 MaskedLoad(MF64 m, const F64* p) {
  float64x2_t v = vdupq_n_f64(0);
  if (vgetq_lane_u64(m.raw, 0) != 0) v = vld1q_lane_f64(p, v, 0);
  if (vgetq_lane_u64(m.raw, 1) != 0) v = vld1q_lane_f64(p + 1, v, 1);
  return {v};
}
FASTDENSE_INLINE void MaskedStore(MF32 m, VF32 v, F32* p) {
  if (vgetq_lane_u32(m.raw, 0) != 0) vst1q_lane_f32(p, v.raw, 0);
  if (vgetq_lane_u32(m.raw, 1) != 0) vst1q_lane_f32(p + 1, v.raw, 1);
  if (vgetq_lane_u32(m.raw, 2) != 0) vst1q_lane_f32(p + 2, v.raw, 2);
  if (vgetq_lane_u32(m.raw, 3) != 0) vst1q_lane_f32(p + 3, v.raw, 3);
}
FASTDENSE_INLINE void MaskedStore(MF64 m, VF64 v, F64* p) {
  if (vgetq_lane_u64(m.raw, 0) != 0) vst1q_lane_f64(p, v.raw, 0);
  if (vgetq_lane_u64(m.raw, 1) != 0) vst1q_lane_f64(p + 1, v.raw, 1);
}

// Constants.
FASTDENSE_INLINE VF32 Set(F32 x) { return {vdupq_n_f32(x)}; }
FASTDENSE_INLINE VF64 Set(F64 x) { return {vdupq_n_f64(x)}; }
FASTDENSE_INLINE VU32 Set(U32 x) { return {vdupq_n_u32(x)}; }
FASTDENSE_INLINE VU32 Iota(U32 first) {
  return {vaddq_u32(uint32x4_t{0, 1, 2, 3}, vdupq_n_u32(first))};
}

// Arithmetic.
FASTDENSE_INLINE VF32 operator+(VF32 a, VF32 b) { return {vaddq_f32(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator+(VF64 a, VF64 b) { return {vaddq_f64(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 operator-(VF32 a, VF32 b) { return {vsubq_f32(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator-(VF64 a, VF64 b) { return {vsubq_f64(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 operator*(VF32 a, VF32 b) { return {vmulq_f32(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator*(VF64 a, VF64 b) { return {vmulq_f64(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 operator/(VF32 a, VF32 b) { return {vdivq_f32(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator/(VF64 a, VF64 b) { return {vdivq_f64(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 MulAdd(VF32 a, VF32 b, VF32 c) { return {vfmaq_f32(c.raw, a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 MulAdd(VF64 a, VF64 b, VF64 c) { return {vfmaq_f64(c.raw, a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 NegMulAdd(VF32 a, VF32 b, VF32 c) { return {vfmsq_f32(c.raw, a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 NegMulAdd(VF64 a, VF64 b, VF64 c) { return {vfmsq_f64(c.raw, a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 ProductError(VF32 a, VF32 b, VF32 p) {
  return {vfmaq_f32(vnegq_f32(p.raw), a.raw, b.raw)};
}
FASTDENSE_INLINE VF64 ProductError(VF64 a, VF64 b, VF64 p) {
  return {vfmaq_f64(vnegq_f64(p.raw), a.raw, b.raw)};
}
FASTDENSE_INLINE VF32 Min(VF32 a, VF32 b) { return {vminq_f32(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 Min(VF64 a, VF64 b) { return {vminq_f64(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 Max(VF32 a, VF32 b) { return {vmaxq_f32(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 Max(VF64 a, VF64 b) { return {vmaxq_f64(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 Abs(VF32 a) { return {vabsq_f32(a.raw)}; }
FASTDENSE_INLINE VF64 Abs(VF64 a) { return {vabsq_f64(a.raw)}; }
FASTDENSE_INLINE VF32 Sqrt(VF32 a) { return {vsqrtq_f32(a.raw)}; }
FASTDENSE_INLINE VF64 Sqrt(VF64 a) { return {vsqrtq_f64(a.raw)}; }
FASTDENSE_INLINE VF32 Round(VF32 a) { return {vrndnq_f32(a.raw)}; }
FASTDENSE_INLINE VF64 Round(VF64 a) { return {vrndnq_f64(a.raw)}; }

// Signs and binary exponents.
FASTDENSE_INLINE VF32 operator-(VF32 a) { return {vnegq_f32(a.raw)}; }
FASTDENSE_INLINE VF64 operator-(VF64 a) { return {vnegq_f64(a.raw)}; }
FASTDENSE_INLINE VF32 CopySign(VF32 magnitude, VF32 sign) {
  return {vbslq_f32(vdupq_n_u32(UINT32_C(1) << 31), sign.raw, magnitude.raw)};
}
FASTDENSE_INLINE VF64 CopySign(VF64 magnitude, VF64 sign) {
  return {vbslq_f64(vdupq_n_u64(UINT64_C(1) << 63), sign.raw, magnitude.raw)};
}
// 2^n is out of range where a 2^n is not, so the factor is applied in two halves; only the second
// can round.
FASTDENSE_INLINE VF32 MulPow2(VF32 a, VF32 n) {
  const int32x4_t bias = vdupq_n_s32(127);
  const int32x4_t whole = vcvtq_s32_f32(n.raw);
  const int32x4_t half = vshrq_n_s32(whole, 1);
  const int32x4_t rest = vsubq_s32(whole, half);
  const float32x4_t first = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(half, bias), 23));
  const float32x4_t second = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(rest, bias), 23));
  return {vmulq_f32(vmulq_f32(a.raw, first), second)};
}
FASTDENSE_INLINE VF64 MulPow2(VF64 a, VF64 n) {
  const int64x2_t bias = vdupq_n_s64(1023);
  const int64x2_t whole = vcvtq_s64_f64(n.raw);
  const int64x2_t half = vshrq_n_s64(whole, 1);
  const int64x2_t rest = vsubq_s64(whole, half);
  const float64x2_t first = vreinterpretq_f64_s64(vshlq_n_s64(vaddq_s64(half, bias), 52));
  const float64x2_t second = vreinterpretq_f64_s64(vshlq_n_s64(vaddq_s64(rest, bias), 52));
  return {vmulq_f64(vmulq_f64(a.raw, first), second)};
}
// The biased exponent is what the last bits of n plus a large power of two hold.
FASTDENSE_INLINE VF32 Pow2(VF32 n) {
  const VF32 biased = n + Set(12582912.0F + 127.0F);
  return {vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(biased.raw), 23))};
}
FASTDENSE_INLINE VF64 Pow2(VF64 n) {
  const VF64 biased = n + Set(6755399441055744.0 + 1023.0);
  return {vreinterpretq_f64_u64(vshlq_n_u64(vreinterpretq_u64_f64(biased.raw), 52))};
}
FASTDENSE_INLINE VF32 Exponent(VF32 a) {
  const int32x4_t biased = vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_f32(a.raw), 23));
  return {vcvtq_f32_s32(vsubq_s32(biased, vdupq_n_s32(127)))};
}
FASTDENSE_INLINE VF64 Exponent(VF64 a) {
  const int64x2_t biased = vreinterpretq_s64_u64(vshrq_n_u64(vreinterpretq_u64_f64(a.raw), 52));
  return {vcvtq_f64_s64(vsubq_s64(biased, vdupq_n_s64(1023)))};
}

// Masks.
template <class T>
FASTDENSE_INLINE Mask<T> FirstN(size_t n);
template <>
FASTDENSE_INLINE MF32 FirstN<F32>(size_t n) {
  return {vcltq_u32(Iota(0).raw, vdupq_n_u32(static_cast<U32>(n < 4 ? n : 4)))};
}
template <>
FASTDENSE_INLINE MF64 FirstN<F64>(size_t n) {
  return {vcltq_u64(uint64x2_t{0, 1}, vdupq_n_u64(n))};
}
FASTDENSE_INLINE MF32 operator<(VF32 a, VF32 b) { return {vcltq_f32(a.raw, b.raw)}; }
FASTDENSE_INLINE MF64 operator<(VF64 a, VF64 b) { return {vcltq_f64(a.raw, b.raw)}; }
FASTDENSE_INLINE MF32 operator<=(VF32 a, VF32 b) { return {vcleq_f32(a.raw, b.raw)}; }
FASTDENSE_INLINE MF64 operator<=(VF64 a, VF64 b) { return {vcleq_f64(a.raw, b.raw)}; }
FASTDENSE_INLINE MF32 operator==(VF32 a, VF32 b) { return {vceqq_f32(a.raw, b.raw)}; }
FASTDENSE_INLINE MF64 operator==(VF64 a, VF64 b) { return {vceqq_f64(a.raw, b.raw)}; }
FASTDENSE_INLINE MF32 operator&(MF32 a, MF32 b) { return {vandq_u32(a.raw, b.raw)}; }
FASTDENSE_INLINE MF64 operator&(MF64 a, MF64 b) { return {vandq_u64(a.raw, b.raw)}; }
FASTDENSE_INLINE bool AnyTrue(MF32 m) { return vmaxvq_u32(m.raw) != 0; }
FASTDENSE_INLINE bool AnyTrue(MF64 m) { return vmaxvq_u32(vreinterpretq_u32_u64(m.raw)) != 0; }
FASTDENSE_INLINE VF32 IfThenElse(MF32 m, VF32 yes, VF32 no) {
  return {vbslq_f32(m.raw, yes.raw, no.raw)};
}
FASTDENSE_INLINE VF64 IfThenElse(MF64 m, VF64 yes, VF64 no) {
  return {vbslq_f64(m.raw, yes.raw, no.raw)};
}

// Across lanes.
FASTDENSE_INLINE F32 ReduceSum(VF32 a) { return vaddvq_f32(a.raw); }
FASTDENSE_INLINE F64 ReduceSum(VF64 a) { return vaddvq_f64(a.raw); }
FASTDENSE_INLINE F32 ReduceMax(VF32 a) { return vmaxvq_f32(a.raw); }
FASTDENSE_INLINE F64 ReduceMax(VF64 a) { return vmaxvq_f64(a.raw); }
FASTDENSE_INLINE void Transpose(VF32 (&r)[4]) {
  const float64x2_t even01 = vreinterpretq_f64_f32(vtrn1q_f32(r[0].raw, r[1].raw));
  const float64x2_t odd01 = vreinterpretq_f64_f32(vtrn2q_f32(r[0].raw, r[1].raw));
  const float64x2_t even23 = vreinterpretq_f64_f32(vtrn1q_f32(r[2].raw, r[3].raw));
  const float64x2_t odd23 = vreinterpretq_f64_f32(vtrn2q_f32(r[2].raw, r[3].raw));
  r[0].raw = vreinterpretq_f32_f64(vtrn1q_f64(even01, even23));
  r[1].raw = vreinterpretq_f32_f64(vtrn1q_f64(odd01, odd23));
  r[2].raw = vreinterpretq_f32_f64(vtrn2q_f64(even01, even23));
  r[3].raw = vreinterpretq_f32_f64(vtrn2q_f64(odd01, odd23));
}
FASTDENSE_INLINE void Transpose(VF64 (&r)[2]) {
  const float64x2_t top = r[0].raw;
  r[0].raw = vtrn1q_f64(top, r[1].raw);
  r[1].raw = vtrn2q_f64(top, r[1].raw);
}

template <class T>
FASTDENSE_INLINE void LoadTransposed(const T* p, size_t ld, Vec<T> (&r)[Vec<T>::kLanes]) {
  for (size_t j = 0; j < Vec<T>::kLanes; ++j) r[j] = LoadU(p + j * ld);
  Transpose(r);
}

// To double.
FASTDENSE_INLINE VF64 PromoteLower(VF32 a) { return {vcvt_f64_f32(vget_low_f32(a.raw))}; }
FASTDENSE_INLINE VF64 PromoteUpper(VF32 a) { return {vcvt_high_f64_f32(a.raw)}; }

// Tables in registers, looked up byte by byte.
FASTDENSE_INLINE VU32 Bits(VF32 a) { return {vreinterpretq_u32_f32(a.raw)}; }
FASTDENSE_INLINE VF32 Lookup16(const F32* table, VU32 index) {
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(table);
  const uint8x16x4_t all = {
      {vld1q_u8(bytes), vld1q_u8(bytes + 16), vld1q_u8(bytes + 32), vld1q_u8(bytes + 48)}};
  const uint32x4_t entry = vandq_u32(index.raw, vdupq_n_u32(15));
  const uint32x4_t places = vmlaq_n_u32(vdupq_n_u32(0x03020100), entry, 0x04040404);
  return {vreinterpretq_f32_u8(vqtbl4q_u8(all, vreinterpretq_u8_u32(places)))};
}

// Unsigned 32-bit integers, for random bits.
FASTDENSE_INLINE VU32 operator+(VU32 a, VU32 b) { return {vaddq_u32(a.raw, b.raw)}; }
FASTDENSE_INLINE VU32 operator^(VU32 a, VU32 b) { return {veorq_u32(a.raw, b.raw)}; }
FASTDENSE_INLINE VU32 operator&(VU32 a, VU32 b) { return {vandq_u32(a.raw, b.raw)}; }
FASTDENSE_INLINE VU32 ShiftRight16(VU32 a) { return {vshrq_n_u32(a.raw, 16)}; }
FASTDENSE_INLINE VU32 MaskIfGreater(VU32 a, VU32 b) { return {vcgtq_u32(a.raw, b.raw)}; }
FASTDENSE_INLINE bool AnyEqual(VU32 a, VU32 b) { return vmaxvq_u32(vceqq_u32(a.raw, b.raw)) != 0; }
struct WideProduct {
  VU32 hi;
  VU32 lo;
};
FASTDENSE_INLINE WideProduct MulWide(VU32 a, VU32 b) {
  const uint32x4_t low = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(a.raw), vget_low_u32(b.raw)));
  const uint32x4_t high = vreinterpretq_u32_u64(vmull_high_u32(a.raw, b.raw));
  return {{vuzp2q_u32(low, high)}, {vuzp1q_u32(low, high)}};
}
FASTDENSE_INLINE VF32 AndMask(VF32 v, const U32* keep) {
  return {vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v.raw), vld1q_u32(keep)))};
}
FASTDENSE_INLINE VF64 AndMask(VF64 v, const U32* keep) {
  const uint64x2_t wide = vreinterpretq_u64_s64(vmovl_s32(vreinterpret_s32_u32(vld1_u32(keep))));
  return {vreinterpretq_f64_u64(vandq_u64(vreinterpretq_u64_f64(v.raw), wide))};
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
