// AVX2 with FMA: 8 float, 4 double or 8 uint32_t lanes.
//
// What each operation does is written down once, in cpp/README.md; every vec_*.hpp offers the same
// ones.
#pragma once

#include <immintrin.h>

#include "kernels/simd/vec_types.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

constexpr int kVectorRegisters = 16;

template <>
struct Vec<F32> {
  using Lane = F32;
  static constexpr size_t kLanes = 8;
  __m256 raw;
};

template <>
struct Vec<F64> {
  using Lane = F64;
  static constexpr size_t kLanes = 4;
  __m256d raw;
};

template <>
struct Vec<U32> {
  using Lane = U32;
  static constexpr size_t kLanes = 8;
  __m256i raw;
};

template <>
struct Mask<F32> {
  __m256 raw;
};

template <>
struct Mask<F64> {
  __m256d raw;
};

// Memory.
FASTDENSE_INLINE VF32 LoadU(const F32* p) { return {_mm256_loadu_ps(p)}; }
FASTDENSE_INLINE VF64 LoadU(const F64* p) { return {_mm256_loadu_pd(p)}; }
FASTDENSE_INLINE void StoreU(VF32 v, F32* p) { _mm256_storeu_ps(p, v.raw); }
FASTDENSE_INLINE void StoreU(VF64 v, F64* p) { _mm256_storeu_pd(p, v.raw); }
FASTDENSE_INLINE void StoreU(VU32 v, U32* p) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v.raw);
}
FASTDENSE_INLINE VF32 MaskedLoad(MF32 m, const F32* p) {
  return {_mm256_maskload_ps(p, _mm256_castps_si256(m.raw))};
}
FASTDENSE_INLINE VF64 MaskedLoad(MF64 m, const F64* p) {
  return {_mm256_maskload_pd(p, _mm256_castpd_si256(m.raw))};
}
FASTDENSE_INLINE void MaskedStore(MF32 m, VF32 v, F32* p) {
  _mm256_maskstore_ps(p, _mm256_castps_si256(m.raw), v.raw);
}
FASTDENSE_INLINE void MaskedStore(MF64 m, VF64 v, F64* p) {
  _mm256_maskstore_pd(p, _mm256_castpd_si256(m.raw), v.raw);
}

// Constants.
FASTDENSE_INLINE VF32 Set(F32 x) { return {_mm256_set1_ps(x)}; }
FASTDENSE_INLINE VF64 Set(F64 x) { return {_mm256_set1_pd(x)}; }
FASTDENSE_INLINE VU32 Set(U32 x) { return {_mm256_set1_epi32(static_cast<int>(x))}; }
FASTDENSE_INLINE VU32 Iota(U32 first) {
  return {_mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), Set(first).raw)};
}

// Arithmetic.
FASTDENSE_INLINE VF32 operator+(VF32 a, VF32 b) { return {_mm256_add_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator+(VF64 a, VF64 b) { return {_mm256_add_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 operator-(VF32 a, VF32 b) { return {_mm256_sub_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator-(VF64 a, VF64 b) { return {_mm256_sub_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 operator*(VF32 a, VF32 b) { return {_mm256_mul_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator*(VF64 a, VF64 b) { return {_mm256_mul_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 operator/(VF32 a, VF32 b) { return {_mm256_div_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 operator/(VF64 a, VF64 b) { return {_mm256_div_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 MulAdd(VF32 a, VF32 b, VF32 c) {
  return {_mm256_fmadd_ps(a.raw, b.raw, c.raw)};
}
FASTDENSE_INLINE VF64 MulAdd(VF64 a, VF64 b, VF64 c) {
  return {_mm256_fmadd_pd(a.raw, b.raw, c.raw)};
}
FASTDENSE_INLINE VF32 NegMulAdd(VF32 a, VF32 b, VF32 c) {
  return {_mm256_fnmadd_ps(a.raw, b.raw, c.raw)};
}
FASTDENSE_INLINE VF64 NegMulAdd(VF64 a, VF64 b, VF64 c) {
  return {_mm256_fnmadd_pd(a.raw, b.raw, c.raw)};
}
FASTDENSE_INLINE VF32 ProductError(VF32 a, VF32 b, VF32 p) {
  return {_mm256_fmsub_ps(a.raw, b.raw, p.raw)};
}
FASTDENSE_INLINE VF64 ProductError(VF64 a, VF64 b, VF64 p) {
  return {_mm256_fmsub_pd(a.raw, b.raw, p.raw)};
}
FASTDENSE_INLINE VF32 Min(VF32 a, VF32 b) { return {_mm256_min_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 Min(VF64 a, VF64 b) { return {_mm256_min_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 Max(VF32 a, VF32 b) { return {_mm256_max_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE VF64 Max(VF64 a, VF64 b) { return {_mm256_max_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE VF32 Abs(VF32 a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0F), a.raw)}; }
FASTDENSE_INLINE VF64 Abs(VF64 a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.raw)}; }
FASTDENSE_INLINE VF32 Sqrt(VF32 a) { return {_mm256_sqrt_ps(a.raw)}; }
FASTDENSE_INLINE VF64 Sqrt(VF64 a) { return {_mm256_sqrt_pd(a.raw)}; }
FASTDENSE_INLINE VF32 Round(VF32 a) {
  return {_mm256_round_ps(a.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
FASTDENSE_INLINE VF64 Round(VF64 a) {
  return {_mm256_round_pd(a.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

// Signs and binary exponents.
FASTDENSE_INLINE VF32 operator-(VF32 a) { return {_mm256_xor_ps(a.raw, _mm256_set1_ps(-0.0F))}; }
FASTDENSE_INLINE VF64 operator-(VF64 a) { return {_mm256_xor_pd(a.raw, _mm256_set1_pd(-0.0))}; }
FASTDENSE_INLINE VF32 CopySign(VF32 magnitude, VF32 sign) {
  return {_mm256_or_ps(Abs(magnitude).raw, _mm256_and_ps(_mm256_set1_ps(-0.0F), sign.raw))};
}
FASTDENSE_INLINE VF64 CopySign(VF64 magnitude, VF64 sign) {
  return {_mm256_or_pd(Abs(magnitude).raw, _mm256_and_pd(_mm256_set1_pd(-0.0), sign.raw))};
}
// 2^n is out of range where a 2^n is not, so the factor is applied in two halves; only the second
// can round.
FASTDENSE_INLINE VF32 MulPow2(VF32 a, VF32 n) {
  const __m256i bias = _mm256_set1_epi32(127);
  const __m256i whole = _mm256_cvtps_epi32(n.raw);
  const __m256i half = _mm256_srai_epi32(whole, 1);
  const __m256i rest = _mm256_sub_epi32(whole, half);
  const __m256 first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
  const __m256 second = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
  return {_mm256_mul_ps(_mm256_mul_ps(a.raw, first), second)};
}
FASTDENSE_INLINE VF64 MulPow2(VF64 a, VF64 n) {
  const __m256i bias = _mm256_set1_epi64x(1023);
  const __m128i whole = _mm256_cvtpd_epi32(n.raw);
  const __m128i half = _mm_srai_epi32(whole, 1);
  const __m128i rest = _mm_sub_epi32(whole, half);
  const __m256i first = _mm256_slli_epi64(_mm256_add_epi64(_mm256_cvtepi32_epi64(half), bias), 52);
  const __m256i second = _mm256_slli_epi64(_mm256_add_epi64(_mm256_cvtepi32_epi64(rest), bias), 52);
  return {
      _mm256_mul_pd(_mm256_mul_pd(a.raw, _mm256_castsi256_pd(first)), _mm256_castsi256_pd(second))};
}
// The biased exponent is what the last bits of n plus a large power of two hold.
FASTDENSE_INLINE VF32 Pow2(VF32 n) {
  const VF32 biased = n + Set(12582912.0F + 127.0F);
  return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(biased.raw), 23))};
}
FASTDENSE_INLINE VF64 Pow2(VF64 n) {
  const VF64 biased = n + Set(6755399441055744.0 + 1023.0);
  return {_mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(biased.raw), 52))};
}
FASTDENSE_INLINE VF32 Exponent(VF32 a) {
  const __m256i biased = _mm256_srli_epi32(_mm256_castps_si256(a.raw), 23);
  return {_mm256_cvtepi32_ps(_mm256_sub_epi32(biased, _mm256_set1_epi32(127)))};
}
// The biased exponent in the last bits of 2^52 is 2^52 plus that exponent.
FASTDENSE_INLINE VF64 Exponent(VF64 a) {
  const __m256d shift = _mm256_set1_pd(4503599627370496.0);
  const __m256i biased = _mm256_srli_epi64(_mm256_castpd_si256(a.raw), 52);
  const __m256d shifted = _mm256_or_pd(_mm256_castsi256_pd(biased), shift);
  return {_mm256_sub_pd(shifted, _mm256_set1_pd(4503599627370496.0 + 1023.0))};
}

// Masks.
template <class T>
FASTDENSE_INLINE Mask<T> FirstN(size_t n);
template <>
FASTDENSE_INLINE MF32 FirstN<F32>(size_t n) {
  const __m256i count = _mm256_set1_epi32(static_cast<int>(n < 8 ? n : 8));
  return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(count, Iota(0).raw))};
}
template <>
FASTDENSE_INLINE MF64 FirstN<F64>(size_t n) {
  const __m256i count = _mm256_set1_epi64x(static_cast<long long>(n < 4 ? n : 4));
  return {_mm256_castsi256_pd(_mm256_cmpgt_epi64(count, _mm256_setr_epi64x(0, 1, 2, 3)))};
}
FASTDENSE_INLINE MF32 operator<(VF32 a, VF32 b) {
  return {_mm256_cmp_ps(a.raw, b.raw, _CMP_LT_OQ)};
}
FASTDENSE_INLINE MF64 operator<(VF64 a, VF64 b) {
  return {_mm256_cmp_pd(a.raw, b.raw, _CMP_LT_OQ)};
}
FASTDENSE_INLINE MF32 operator<=(VF32 a, VF32 b) {
  return {_mm256_cmp_ps(a.raw, b.raw, _CMP_LE_OQ)};
}
FASTDENSE_INLINE MF64 operator<=(VF64 a, VF64 b) {
  return {_mm256_cmp_pd(a.raw, b.raw, _CMP_LE_OQ)};
}
FASTDENSE_INLINE MF32 operator==(VF32 a, VF32 b) {
  return {_mm256_cmp_ps(a.raw, b.raw, _CMP_EQ_OQ)};
}
FASTDENSE_INLINE MF64 operator==(VF64 a, VF64 b) {
  return {_mm256_cmp_pd(a.raw, b.raw, _CMP_EQ_OQ)};
}
FASTDENSE_INLINE MF32 operator&(MF32 a, MF32 b) { return {_mm256_and_ps(a.raw, b.raw)}; }
FASTDENSE_INLINE MF64 operator&(MF64 a, MF64 b) { return {_mm256_and_pd(a.raw, b.raw)}; }
FASTDENSE_INLINE bool AnyTrue(MF32 m) { return _mm256_movemask_ps(m.raw) != 0; }
FASTDENSE_INLINE bool AnyTrue(MF64 m) { return _mm256_movemask_pd(m.raw) != 0; }
FASTDENSE_INLINE VF32 IfThenElse(MF32 m, VF32 yes, VF32 no) {
  return {_mm256_blendv_ps(no.raw, yes.raw, m.raw)};
}
FASTDENSE_INLINE VF64 IfThenElse(MF64 m, VF64 yes, VF64 no) {
  return {_mm256_blendv_pd(no.raw, yes.raw, m.raw)};
}

// Across lanes.
FASTDENSE_INLINE F32 ReduceSum(VF32 a) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a.raw), _mm256_extractf128_ps(a.raw, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
FASTDENSE_INLINE F64 ReduceSum(VF64 a) {
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(a.raw), _mm256_extractf128_pd(a.raw, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}
FASTDENSE_INLINE F32 ReduceMax(VF32 a) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(a.raw), _mm256_extractf128_ps(a.raw, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
FASTDENSE_INLINE F64 ReduceMax(VF64 a) {
  const __m128d two = _mm_max_pd(_mm256_castpd256_pd128(a.raw), _mm256_extractf128_pd(a.raw, 1));
  return _mm_cvtsd_f64(_mm_max_sd(two, _mm_unpackhi_pd(two, two)));
}
// Transposes the square that each 128-bit block of r[0], r[1], ... holds.
FASTDENSE_INLINE void TransposeInBlocks(VF32* r) {
  const __m256d lo01 = _mm256_castps_pd(_mm256_unpacklo_ps(r[0].raw, r[1].raw));
  const __m256d hi01 = _mm256_castps_pd(_mm256_unpackhi_ps(r[0].raw, r[1].raw));
  const __m256d lo23 = _mm256_castps_pd(_mm256_unpacklo_ps(r[2].raw, r[3].raw));
  const __m256d hi23 = _mm256_castps_pd(_mm256_unpackhi_ps(r[2].raw, r[3].raw));
  r[0].raw = _mm256_castpd_ps(_mm256_unpacklo_pd(lo01, lo23));
  r[1].raw = _mm256_castpd_ps(_mm256_unpackhi_pd(lo01, lo23));
  r[2].raw = _mm256_castpd_ps(_mm256_unpacklo_pd(hi01, hi23));
  r[3].raw = _mm256_castpd_ps(_mm256_unpackhi_pd(hi01, hi23));
}
FASTDENSE_INLINE void TransposeInBlocks(VF64* r) {
  const __m256d lo = _mm256_unpacklo_pd(r[0].raw, r[1].raw);
  const __m256d hi = _mm256_unpackhi_pd(r[0].raw, r[1].raw);
  r[0].raw = lo;
  r[1].raw = hi;
}
FASTDENSE_INLINE void Transpose(VF32 (&r)[8]) {
  for (int g = 0; g < 8; g += 4) TransposeInBlocks(r + g);
  for (int j = 0; j < 4; ++j) {
    const __m256 top = r[j].raw;
    r[j].raw = _mm256_permute2f128_ps(top, r[4 + j].raw, 0x20);
    r[4 + j].raw = _mm256_permute2f128_ps(top, r[4 + j].raw, 0x31);
  }
}
FASTDENSE_INLINE void Transpose(VF64 (&r)[4]) {
  for (int g = 0; g < 4; g += 2) TransposeInBlocks(r + g);
  for (int j = 0; j < 2; ++j) {
    const __m256d top = r[j].raw;
    r[j].raw = _mm256_permute2f128_pd(top, r[2 + j].raw, 0x20);
    r[2 + j].raw = _mm256_permute2f128_pd(top, r[2 + j].raw, 0x31);
  }
}
FASTDENSE_INLINE void LoadTransposed(const float* p, size_t ld, VF32 (&r)[4]) {
  for (int j = 0; j < 4; ++j) {
    const __m256 top = _mm256_castps128_ps256(_mm_loadu_ps(p + j * ld));
    r[j].raw = _mm256_insertf128_ps(top, _mm_loadu_ps(p + (4 + j) * ld), 1);
  }
  TransposeInBlocks(r);
}
FASTDENSE_INLINE void LoadTransposed(const double* p, size_t ld, VF64 (&r)[2]) {
  for (int j = 0; j < 2; ++j) {
    const __m256d top = _mm256_castpd128_pd256(_mm_loadu_pd(p + j * ld));
    r[j].raw = _mm256_insertf128_pd(top, _mm_loadu_pd(p + (2 + j) * ld), 1);
  }
  TransposeInBlocks(r);
}

// To double.
FASTDENSE_INLINE VF64 PromoteLower(VF32 a) {
  return {_mm256_cvtps_pd(_mm256_castps256_ps128(a.raw))};
}
FASTDENSE_INLINE VF64 PromoteUpper(VF32 a) {
  return {_mm256_cvtps_pd(_mm256_extractf128_ps(a.raw, 1))};
}

// Tables in registers: two halves, between which the fourth bit of the index chooses.
FASTDENSE_INLINE VU32 Bits(VF32 a) { return {_mm256_castps_si256(a.raw)}; }
FASTDENSE_INLINE VF32 Lookup16(const F32* table, VU32 index) {
  const __m256 lower = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), index.raw);
  const __m256 upper = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table + 8), index.raw);
  const __m256 is_upper = _mm256_castsi256_ps(_mm256_slli_epi32(index.raw, 28));
  return {_mm256_blendv_ps(lower, upper, is_upper)};
}

// Unsigned 32-bit integers, for random bits.
FASTDENSE_INLINE VU32 operator+(VU32 a, VU32 b) { return {_mm256_add_epi32(a.raw, b.raw)}; }
FASTDENSE_INLINE VU32 operator^(VU32 a, VU32 b) { return {_mm256_xor_si256(a.raw, b.raw)}; }
FASTDENSE_INLINE VU32 operator&(VU32 a, VU32 b) { return {_mm256_and_si256(a.raw, b.raw)}; }
FASTDENSE_INLINE VU32 ShiftRight16(VU32 a) { return {_mm256_srli_epi32(a.raw, 16)}; }
// Comparison is signed in AVX2: flipping the top bit of both sides orders unsigned values the same
// way.
FASTDENSE_INLINE VU32 MaskIfGreater(VU32 a, VU32 b) {
  const __m256i top = _mm256_set1_epi32(INT32_MIN);
  return {_mm256_cmpgt_epi32(_mm256_xor_si256(a.raw, top), _mm256_xor_si256(b.raw, top))};
}
FASTDENSE_INLINE bool AnyEqual(VU32 a, VU32 b) {
  return _mm256_movemask_epi8(_mm256_cmpeq_epi32(a.raw, b.raw)) != 0;
}
struct WideProduct {
  VU32 hi;
  VU32 lo;
};
FASTDENSE_INLINE WideProduct MulWide(VU32 a, VU32 b) {
  const __m256i even = _mm256_mul_epu32(a.raw, b.raw);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a.raw, 32), _mm256_srli_epi64(b.raw, 32));
  return {{_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA)},
          {_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA)}};
}
FASTDENSE_INLINE VF32 AndMask(VF32 v, const U32* keep) {
  return {_mm256_and_ps(v.raw, _mm256_loadu_ps(reinterpret_cast<const F32*>(keep)))};
}
FASTDENSE_INLINE VF64 AndMask(VF64 v, const U32* keep) {
  const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(keep));
  return {_mm256_and_pd(v.raw, _mm256_castsi256_pd(_mm256_cvtepi32_epi64(half)))};
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
