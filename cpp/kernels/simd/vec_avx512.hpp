// AVX-512 (F, BW, DQ, VL): 16 float, 8 double or 16 uint32_t lanes.
//
// What each operation does is written down once, in cpp/README.md; every vec_*.hpp offers the same
// ones.
#pragma once

#include <immintrin.h>

#include "kernels/simd/vec_types.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

constexpr int kVectorRegisters = 32;

template <>
struct Vec<F32> {
  using Lane = F32;
  static constexpr size_t kLanes = 16;
  __m512 raw;
};

template <>
struct Vec<F64> {
  using Lane = F64;
  static constexpr size_t kLanes = 8;
  __m512d raw;
};

template <>
struct Vec<U32> {
  using Lane = U32;
  static constexpr size_t kLanes = 16;
  __m512i raw;
};

template <>
struct Mask<F32> {
  __mmask16 raw;
};

template <>
struct Mask<F64> {
  __mmask8 raw;
};

// Memory.
FASTDENSE_INLINE VF32 LoadU(const F32* p) { return {_mm512_loadu_ps(p)}; }
FASTDENSE_INLINE VF64 LoadU(const F64* p) { return {_mm512_loadu_pd(p)}; }
FASTDENSE_INLINE void StoreU(VF32 v, F32* p) { _mm512_storeu_ps(p, v.raw); }
FASTDENSE_INLINE void StoreU(VF64 v, F64* p) { _mm512_storeu_pd(p, v.raw); }
FASTDENSE_INLINE void StoreU(VU32 v, U32* p) { _mm512_storeu_si512(p, v.raw); }
FASTDENSE_INLINE VF32 MaskedLoad(MF32 m, const F32* p) { return {_mm512_maskz_loadu_ps(m.raw, p)}; }
FASTDENSE_INLINE VF64 MaskedLoad(MF64 m, const F64* p) { return {_mm512_maskz_loadu_pd(m.raw, p)}; }
FASTDENSE_INLINE void MaskedStore(MF32 m, VF32 v, F32* p) {
  _mm512_mask_storeu_ps(p, m.raw, v.raw);
}
FASTDENSE_INLINE void MaskedStore(MF64 m, VF64 v, F64* p) {
  _mm512_mask_storeu_pd(p, m.raw, v.raw);
}

// Constants.
FASTDENSE_INLINE VF32 Set(F32 x) { return {_mm512_set1_ps(x)}; }
FASTDENSE_INLINE VF64 Set(F64 x) { return {_mm512_set1_pd(x)}; }
FASTDENSE_INLINE VU32 Set(U32 x) { return {_mm512_set1_epi32(static_cast<int>(x))}; }
FASTDENSE_INLINE VU32 Iota(U32 first) {
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return {_mm512_add_epi32(lanes, Set(first).raw)};
}

// Arithmetic.
FASTDENSE_INLINE VF32 operator+(VF32 a, VF32 b) { return {_mm512_add_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator+(VF64 a, VF64 b) { return {_mm512_add_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 operator-(VF32 a, VF32 b) { return {_mm512_sub_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator-(VF64 a, VF64 b) { return {_mm512_sub_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 operator*(VF32 a, VF32 b) { return {_mm512_mul_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator*(VF64 a, VF64 b) { return {_mm512_mul_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 operator/(VF32 a, VF32 b) { return {_mm512_div_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator/(VF64 a, VF64 b) { return {_mm512_div_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 MulAdd(VF32 a, VF32 b, VF32 c) {
  return {_mm512_fmadd_ps(a.raw, b.raw, c.raw)};
}
FASTDENSE_INLINE VF64 MulAdd(VF64 a, VF64 b, VF64 c) {
  return {_mm512_fmadd_pd(a.raw, b.raw, c.raw)};
}
FASTDENSE_INLINE VF32 NegMulAdd(VF32 a, VF32 b, VF32 c) {
  return {_mm512_fnmadd_ps(a.raw, b.raw, c.raw)};
}
FASTDENSE_INLINE VF64 NegMulAdd(VF64 a, VF64 b, VF64 c) {
  return {_mm512_fnmadd_pd(a.raw, b.raw, c.raw)};
}
FASTDENSE_INLINE VF32 ProductError(VF32 a, VF32 b, VF32 p) {
  return {_mm512_fmsub_ps(a.raw, b.raw, p.raw)};
}
FASTDENSE_INLINE VF64 ProductError(VF64 a, VF64 b, VF64 p) {
  return {_mm512_fmsub_pd(a.raw, b.raw, p.raw)};
}
FASTDENSE_INLINE VF32 Min(VF32 a, VF32 b) { return {_mm512_min_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 Min(VF64 a, VF64 b) { return {_mm512_min_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 Max(VF32 a, VF32 b) { return {_mm512_max_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 Max(VF64 a, VF64 b) { return {_mm512_max_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 Abs(VF32 a) { return {_mm512_abs_ps(a.raw)}; }
FASTDENSE_INLINE VF64 Abs(VF64 a) { return {_mm512_abs_pd(a.raw)}; }
FASTDENSE_INLINE VF32 Sqrt(VF32 a) { return {_mm512_sqrt_ps(a.raw)}; }
FASTDENSE_INLINE VF64 Sqrt(VF64 a) { return {_mm512_sqrt_pd(a.raw)}; }
FASTDENSE_INLINE VF32 Round(VF32 a) {
  return {_mm512_roundscale_ps(a.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
FASTDENSE_INLINE VF64 Round(VF64 a) {
  return {_mm512_roundscale_pd(a.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

// Signs and binary exponents.
FASTDENSE_INLINE VF32 operator-(VF32 a) { return {_mm512_xor_ps(a.raw, _mm512_set1_ps(-0.0F))}; }
FASTDENSE_INLINE VF64 operator-(VF64 a) { return {_mm512_xor_pd(a.raw, _mm512_set1_pd(-0.0))}; }
FASTDENSE_INLINE VF32 CopySign(VF32 magnitude, VF32 sign) {
  return {_mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_set1_epi32(INT32_MIN),
                                                        _mm512_castps_si512(sign.raw),
                                                        _mm512_castps_si512(magnitude.raw), 0xCA))};
}
FASTDENSE_INLINE VF64 CopySign(VF64 magnitude, VF64 sign) {
  return {_mm512_castsi512_pd(_mm512_ternarylogic_epi64(_mm512_set1_epi64(INT64_MIN),
                                                        _mm512_castpd_si512(sign.raw),
                                                        _mm512_castpd_si512(magnitude.raw), 0xCA))};
}
FASTDENSE_INLINE VF32 MulPow2(VF32 a, VF32 n) { return {_mm512_scalef_ps(a.raw, n.raw)}; }
FASTDENSE_INLINE VF64 MulPow2(VF64 a, VF64 n) { return {_mm512_scalef_pd(a.raw, n.raw)}; }
// The biased exponent is what the last bits of n plus a large power of two hold.
FASTDENSE_INLINE VF32 Pow2(VF32 n) {
  const VF32 biased = n + Set(12582912.0F + 127.0F);
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(biased.raw), 23))};
}
FASTDENSE_INLINE VF64 Pow2(VF64 n) {
  const VF64 biased = n + Set(6755399441055744.0 + 1023.0);
  return {_mm512_castsi512_pd(_mm512_slli_epi64(_mm512_castpd_si512(biased.raw), 52))};
}
FASTDENSE_INLINE VF32 Exponent(VF32 a) { return {_mm512_getexp_ps(a.raw)}; }
FASTDENSE_INLINE VF64 Exponent(VF64 a) { return {_mm512_getexp_pd(a.raw)}; }

// Masks.
template <class T>
FASTDENSE_INLINE Mask<T> FirstN(size_t n);
template <>
FASTDENSE_INLINE MF32 FirstN<F32>(size_t n) {
  return {static_cast<__mmask16>(n >= 16 ? 0xFFFFU : (1U << n) - 1U)};
}
template <>
FASTDENSE_INLINE MF64 FirstN<F64>(size_t n) {
  return {static_cast<__mmask8>(n >= 8 ? 0xFFU : (1U << n) - 1U)};
}
FASTDENSE_INLINE MF32 operator<(VF32 a, VF32 b) {
  return {_mm512_cmp_ps_mask(a.raw, b.raw, _CMP_LT_OQ)};
}
FASTDENSE_INLINE MF64 operator<(VF64 a, VF64 b) {
  return {_mm512_cmp_pd_mask(a.raw, b.raw, _CMP_LT_OQ)};
}
FASTDENSE_INLINE MF32 operator<=(VF32 a, VF32 b) {
  return {_mm512_cmp_ps_mask(a.raw, b.raw, _CMP_LE_OQ)};
}
FASTDENSE_INLINE MF64 operator<=(VF64 a, VF64 b) {
  return {_mm512_cmp_pd_mask(a.raw, b.raw, _CMP_LE_OQ)};
}
FASTDENSE_INLINE MF32 operator==(VF32 a, VF32 b) {
  return {_mm512_cmp_ps_mask(a.raw, b.raw, _CMP_EQ_OQ)};
}
FASTDENSE_INLINE MF64 operator==(VF64 a, VF64 b) {
  return {_mm512_cmp_pd_mask(a.raw, b.raw, _CMP_EQ_OQ)};
}
FASTDENSE_INLINE MF32 operator&(MF32 a, MF32 b) { return {static_cast<__mmask16>(a.raw & b.raw)}; }
FASTDENSE_INLINE MF64 operator&(MF64 a, MF64 b) { return {static_cast<__mmask8>(a.raw & b.raw)}; }
FASTDENSE_INLINE bool AnyTrue(MF32 m) { return m.raw != 0; }
FASTDENSE_INLINE bool AnyTrue(MF64 m) { return m.raw != 0; }
FASTDENSE_INLINE VF32 IfThenElse(MF32 m, VF32 yes, VF32 no) {
  return {_mm512_mask_blend_ps(m.raw, no.raw, yes.raw)};
}
FASTDENSE_INLINE VF64 IfThenElse(MF64 m, VF64 yes, VF64 no) {
  return {_mm512_mask_blend_pd(m.raw, no.raw, yes.raw)};
}

// Across lanes.
FASTDENSE_INLINE F32 ReduceSum(VF32 a) { return _mm512_reduce_add_ps(a.raw); }
FASTDENSE_INLINE F64 ReduceSum(VF64 a) { return _mm512_reduce_add_pd(a.raw); }
FASTDENSE_INLINE F32 ReduceMax(VF32 a) { return _mm512_reduce_max_ps(a.raw); }
FASTDENSE_INLINE F64 ReduceMax(VF64 a) { return _mm512_reduce_max_pd(a.raw); }

template <int kControl>
FASTDENSE_INLINE VF32 ShuffleBlocks(VF32 a, VF32 b) {
  return {_mm512_shuffle_f32x4(a.raw, b.raw, kControl)};
}
template <int kControl>
FASTDENSE_INLINE VF64 ShuffleBlocks(VF64 a, VF64 b) {
  return {_mm512_shuffle_f64x2(a.raw, b.raw, kControl)};
}
// Transposes the 4x4 matrix of 128-bit blocks that r[j], r[s + j], r[2s + j], r[3s + j] hold, for
// each j < s = kStride.
template <int kStride, class V>
FASTDENSE_INLINE void TransposeBlocks(V (&r)[4 * kStride]) {
  constexpr int kEven = 0x88;
  constexpr int kOdd = 0xDD;
  for (int j = 0; j < kStride; ++j) {
    const V even_top = ShuffleBlocks<kEven>(r[j], r[kStride + j]);
    const V odd_top = ShuffleBlocks<kOdd>(r[j], r[kStride + j]);
    const V even_bottom = ShuffleBlocks<kEven>(r[2 * kStride + j], r[3 * kStride + j]);
    const V odd_bottom = ShuffleBlocks<kOdd>(r[2 * kStride + j], r[3 * kStride + j]);
    r[j] = ShuffleBlocks<kEven>(even_top, even_bottom);
    r[kStride + j] = ShuffleBlocks<kEven>(odd_top, odd_bottom);
    r[2 * kStride + j] = ShuffleBlocks<kOdd>(even_top, even_bottom);
    r[3 * kStride + j] = ShuffleBlocks<kOdd>(odd_top, odd_bottom);
  }
}
// Transposes the square that each 128-bit block of r[0], r[1], ... holds.
FASTDENSE_INLINE void TransposeInBlocks(VF32* r) {
  const __m512d lo01 = _mm512_castps_pd(_mm512_unpacklo_ps(r[0].raw, r[1].raw));
  const __m512d hi01 = _mm512_castps_pd(_mm512_unpackhi_ps(r[0].raw, r[1].raw));
  const __m512d lo23 = _mm512_castps_pd(_mm512_unpacklo_ps(r[2].raw, r[3].raw));
  const __m512d hi23 = _mm512_castps_pd(_mm512_unpackhi_ps(r[2].raw, r[3].raw));
  r[0].raw = _mm512_castpd_ps(_mm512_unpacklo_pd(lo01, lo23));
  r[1].raw = _mm512_castpd_ps(_mm512_unpackhi_pd(lo01, lo23));
  r[2].raw = _mm512_castpd_ps(_mm512_unpacklo_pd(hi01, hi23));
  r[3].raw = _mm512_castpd_ps(_mm512_unpackhi_pd(hi01, hi23));
}
FASTDENSE_INLINE void TransposeInBlocks(VF64* r) {
  const __m512d lo = _mm512_unpacklo_pd(r[0].raw, r[1].raw);
  const __m512d hi = _mm512_unpackhi_pd(r[0].raw, r[1].raw);
  r[0].raw = lo;
  r[1].raw = hi;
}
FASTDENSE_INLINE void Transpose(VF32 (&r)[16]) {
  for (int g = 0; g < 16; g += 4) TransposeInBlocks(r + g);
  TransposeBlocks<4>(r);
}
FASTDENSE_INLINE void Transpose(VF64 (&r)[8]) {
  for (int g = 0; g < 8; g += 2) TransposeInBlocks(r + g);
  TransposeBlocks<2>(r);
}
// Broadcasts under a mask come from the load units; inserts would take turns with the shuffles.
FASTDENSE_INLINE void LoadTransposed(const float* p, size_t ld, VF32 (&r)[4]) {
  for (int j = 0; j < 4; ++j) {
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(p + j * ld));
    v = _mm512_mask_broadcast_f32x4(v, 0x00F0, _mm_loadu_ps(p + (4 + j) * ld));
    v = _mm512_mask_broadcast_f32x4(v, 0x0F00, _mm_loadu_ps(p + (8 + j) * ld));
    r[j].raw = _mm512_mask_broadcast_f32x4(v, 0xF000, _mm_loadu_ps(p + (12 + j) * ld));
  }
  TransposeInBlocks(r);
}
FASTDENSE_INLINE void LoadTransposed(const double* p, size_t ld, VF64 (&r)[2]) {
  for (int j = 0; j < 2; ++j) {
    __m512d v = _mm512_castpd128_pd512(_mm_loadu_pd(p + j * ld));
    v = _mm512_mask_broadcast_f64x2(v, 0x0C, _mm_loadu_pd(p + (2 + j) * ld));
    v = _mm512_mask_broadcast_f64x2(v, 0x30, _mm_loadu_pd(p + (4 + j) * ld));
    r[j].raw = _mm512_mask_broadcast_f64x2(v, 0xC0, _mm_loadu_pd(p + (6 + j) * ld));
  }
  TransposeInBlocks(r);
}

// To double.
FASTDENSE_INLINE VF64 PromoteLower(VF32 a) {
  return {_mm512_cvtps_pd(_mm512_castps512_ps256(a.raw))};
}
FASTDENSE_INLINE VF64 PromoteUpper(VF32 a) {
  return {_mm512_cvtps_pd(_mm512_extractf32x8_ps(a.raw, 1))};
}

// Tables in registers.
FASTDENSE_INLINE VU32 Bits(VF32 a) { return {_mm512_castps_si512(a.raw)}; }
FASTDENSE_INLINE VF32 Lookup16(const F32* table, VU32 index) {
  return {_mm512_permutexvar_ps(index.raw, _mm512_loadu_ps(table))};
}

// Unsigned 32-bit integers, for random bits.
FASTDENSE_INLINE VU32 operator+(VU32 a, VU32 b) { return {_mm512_add_epi32(a.raw, b.raw)}; }
FASTDENSE_INLINE VU32 operator^(VU32 a, VU32 b) { return {_mm512_xor_si512(a.raw, b.raw)}; }
FASTDENSE_INLINE VU32 operator&(VU32 a, VU32 b) { return {_mm512_and_si512(a.raw, b.raw)}; }
FASTDENSE_INLINE VU32 ShiftRight16(VU32 a) { return {_mm512_srli_epi32(a.raw, 16)}; }
FASTDENSE_INLINE VU32 MaskIfGreater(VU32 a, VU32 b) {
  return {_mm512_movm_epi32(_mm512_cmpgt_epu32_mask(a.raw, b.raw))};
}
FASTDENSE_INLINE bool AnyEqual(VU32 a, VU32 b) {
  return _mm512_cmpeq_epi32_mask(a.raw, b.raw) != 0;
}
struct WideProduct {
  VU32 hi;
  VU32 lo;
};
FASTDENSE_INLINE WideProduct MulWide(VU32 a, VU32 b) {
  const __m512i even = _mm512_mul_epu32(a.raw, b.raw);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(a.raw, 32), _mm512_srli_epi64(b.raw, 32));
  const __mmask16 odd_lanes = 0xAAAA;
  return {{_mm512_mask_blend_epi32(odd_lanes, _mm512_srli_epi64(even, 32), odd)},
          {_mm512_mask_blend_epi32(odd_lanes, even, _mm512_slli_epi64(odd, 32))}};
}
FASTDENSE_INLINE VF32 AndMask(VF32 v, const U32* keep) {
  return {_mm512_and_ps(v.raw, _mm512_loadu_ps(reinterpret_cast<const F32*>(keep)))};
}
FASTDENSE_INLINE VF64 AndMask(VF64 v, const U32* keep) {
  const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keep));
  return {_mm512_and_pd(v.raw, _mm512_castsi512_pd(_mm512_cvtepi32_epi64(half)))};
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
