// Any processor: 16-byte vectors of the compiler's own (SSE2 on x86-64), no fused multiply-add.
//
// What each operation does is written down once, in cpp/README.md; every vec_*.hpp offers the same
// ones.
#pragma once

#include "kernels/simd/vec_types.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

constexpr int kVectorRegisters = 16;
constexpr size_t kVectorBytes = 16;

// The signed integer as wide as a lane.
template <class T>
struct LaneBits;
template <>
struct LaneBits<F32> {
  using Type = int32_t;
};
template <>
struct LaneBits<F64> {
  using Type = int64_t;
};
template <class T>
struct Vec {
  using Lane = T;
  static constexpr size_t kLanes = kVectorBytes / sizeof(T);
  typedef T Raw __attribute__((vector_size(kVectorBytes)));
  Raw raw;
};

template <class T>
struct Mask {
  typedef typename LaneBits<T>::Type Raw __attribute__((vector_size(kVectorBytes)));
  Raw raw;
};

template <class T>
using RawVec = typename Vec<T>::Raw;
template <class T>
using RawMask = typename Mask<T>::Raw;

// Memory.
template <class T>
FASTDENSE_INLINE Vec<T> LoadU(const T* p) {
  Vec<T> v;
  __builtin_memcpy(&v.raw, p, kVectorBytes);
  return v;
}
template <class T>
FASTDENSE_INLINE void StoreU(Vec<T> v, T* p) {
  __builtin_memcpy(p, &v.raw, kVectorBytes);
}
template <class T>
FASTDENSE_INLINE Vec<T> MaskedLoad(Mask<T> m, const T* p) {
  Vec<T> v{};
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
    if (m.raw[i] != 0) v.raw[i] = p[i];
  }
  return v;
}
template <class T>
FASTDENSE_INLINE void MaskedStore(Mask<T> m, Vec<T> v, T* p) {
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
    if (m.raw[i] != 0) p[i] = v.raw[i];
  }
}

// Constants.
template <class T>
FASTDENSE_INLINE Vec<T> Set(T x) {
  Vec<T> v;
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) v.raw[i] = x;
  return v;
}
FASTDENSE_INLINE VU32 Iota(U32 first) { return {RawVec<U32>{0, 1, 2, 3} + first}; }

// Arithmetic.
template <class T>
FASTDENSE_INLINE Vec<T> operator+(Vec<T> a, Vec<T> b) {
  return {a.raw + b.raw};
}
template <class T>
FASTDENSE_INLINE Vec<T> operator-(Vec<T> a, Vec<T> b) {
  return {a.raw - b.raw};
}
template <class T>
FASTDENSE_INLINE Vec<T> operator*(Vec<T> a, Vec<T> b) {
  return {a.raw * b.raw};
}
template <class T>
FASTDENSE_INLINE Vec<T> operator/(Vec<T> a, Vec<T> b) {
  return {a.raw / b.raw};
}
template <class T>
FASTDENSE_INLINE Vec<T> MulAdd(Vec<T> a, Vec<T> b, Vec<T> c) {
  return {a.raw * b.raw + c.raw};
}
template <class T>
FASTDENSE_INLINE Vec<T> NegMulAdd(Vec<T> a, Vec<T> b, Vec<T> c) {
  return {c.raw - a.raw * b.raw};
}
FASTDENSE_INLINE VF32 ProductError(VF32 a, VF32 b, VF32 p) {
  VF32 error;
  for (size_t i = 0; i < VF32::kLanes; ++i) {
    error.raw[i] = static_cast<F32>(static_cast<F64>(a.raw[i]) * b.raw[i] - p.raw[i]);
  }
  return error;
}
// Dekker's product: each factor split into two halves of 26 bits whose products are exact.
FASTDENSE_INLINE VF64 ProductError(VF64 a, VF64 b, VF64 p) {
  const VF64 splitter = Set(134217729.0);
  const VF64 a_scaled = splitter * a;
  const VF64 b_scaled = splitter * b;
  const VF64 a_hi = a_scaled - (a_scaled - a);
  const VF64 b_hi = b_scaled - (b_scaled - b);
  const VF64 a_lo = a - a_hi;
  const VF64 b_lo = b - b_hi;
  return a_lo * b_lo - (((p - a_hi * b_hi) - a_lo * b_hi) - a_hi * b_lo);
}
template <class T>
FASTDENSE_INLINE Vec<T> Select(RawMask<T> m, Vec<T> yes, Vec<T> no) {
  const auto a = reinterpret_cast<RawMask<T>>(yes.raw);
  const auto b = reinterpret_cast<RawMask<T>>(no.raw);
  return {reinterpret_cast<RawVec<T>>((m & a) | (~m & b))};
}
template <class T>
FASTDENSE_INLINE Vec<T> Min(Vec<T> a, Vec<T> b) {
  return Select<T>(a.raw < b.raw, a, b);
}
template <class T>
FASTDENSE_INLINE Vec<T> Max(Vec<T> a, Vec<T> b) {
  return Select<T>(a.raw > b.raw, a, b);
}
template <class T>
FASTDENSE_INLINE Vec<T> CopySign(Vec<T> magnitude, Vec<T> sign) {
  return Select<T>(reinterpret_cast<RawMask<T>>(Set<T>(T{-0.0}).raw), sign, magnitude);
}
template <class T>
FASTDENSE_INLINE Vec<T> Abs(Vec<T> a) {
  return CopySign(a, Set<T>(0));
}
template <class T>
FASTDENSE_INLINE Vec<T> operator-(Vec<T> a) {
  return {-a.raw};
}
template <class T>
FASTDENSE_INLINE Vec<T> Sqrt(Vec<T> a) {
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
    if constexpr (sizeof(T) == sizeof(F32)) {
      a.raw[i] = __builtin_sqrtf(a.raw[i]);
    } else {
      a.raw[i] = __builtin_sqrt(a.raw[i]);
    }
  }
  return a;
}
// Adding 1.5 * 2^(mantissa bits) leaves no room for a fraction.
template <class T>
FASTDENSE_INLINE Vec<T> Round(Vec<T> a) {
  const Vec<T> magic = Set<T>(sizeof(T) == sizeof(F32) ? T(12582912.0) : T(6755399441055744.0));
  return (a + magic) - magic;
}

// Binary exponents. 2^n is out of range where a 2^n is not, so the factor is applied in two halves;
// only the second can round.
template <class T>
FASTDENSE_INLINE Vec<T> MulPow2(Vec<T> a, Vec<T> n) {
  constexpr int kMantissaBits = sizeof(T) == sizeof(F32) ? 23 : 52;
  constexpr int kBias = sizeof(T) == sizeof(F32) ? 127 : 1023;
  const RawMask<T> whole = __builtin_convertvector(n.raw, RawMask<T>);
  const RawMask<T> half = whole >> 1;
  const RawMask<T> rest = whole - half;
  const auto first = reinterpret_cast<RawVec<T>>((half + kBias) << kMantissaBits);
  const auto second = reinterpret_cast<RawVec<T>>((rest + kBias) << kMantissaBits);
  return {a.raw * first * second};
}
// The biased exponent is what the last bits of n plus a large power of two hold.
template <class T>
FASTDENSE_INLINE Vec<T> Pow2(Vec<T> n) {
  constexpr bool kSingle = sizeof(T) == sizeof(F32);
  const Vec<T> biased = n + Set<T>(kSingle ? T(12582912.0 + 127) : T(6755399441055744.0 + 1023));
  return {
      reinterpret_cast<RawVec<T>>(reinterpret_cast<RawMask<T>>(biased.raw) << (kSingle ? 23 : 52))};
}
template <class T>
FASTDENSE_INLINE Vec<T> Exponent(Vec<T> a) {
  constexpr int kMantissaBits = sizeof(T) == sizeof(F32) ? 23 : 52;
  constexpr int kBias = sizeof(T) == sizeof(F32) ? 127 : 1023;
  const RawMask<T> biased = reinterpret_cast<RawMask<T>>(a.raw) >> kMantissaBits;
  return {__builtin_convertvector(biased - kBias, RawVec<T>)};
}

// Masks.
template <class T>
FASTDENSE_INLINE Mask<T> FirstN(size_t n) {
  Mask<T> m;
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) m.raw[i] = i < n ? -1 : 0;
  return m;
}
template <class T>
FASTDENSE_INLINE Mask<T> operator<(Vec<T> a, Vec<T> b) {
  return {a.raw < b.raw};
}
template <class T>
FASTDENSE_INLINE Mask<T> operator<=(Vec<T> a, Vec<T> b) {
  return {a.raw <= b.raw};
}
template <class T>
FASTDENSE_INLINE Mask<T> operator==(Vec<T> a, Vec<T> b) {
  return {a.raw == b.raw};
}
template <class T>
FASTDENSE_INLINE Mask<T> operator&(Mask<T> a, Mask<T> b) {
  return {a.raw & b.raw};
}
template <class T>
FASTDENSE_INLINE bool AnyTrue(Mask<T> m) {
  bool any = false;
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) any |= m.raw[i] != 0;
  return any;
}
template <class T>
FASTDENSE_INLINE Vec<T> IfThenElse(Mask<T> m, Vec<T> yes, Vec<T> no) {
  return Select<T>(m.raw, yes, no);
}

// Across lanes.
template <class T>
FASTDENSE_INLINE T ReduceSum(Vec<T> a) {
  T sum = a.raw[0];
  for (size_t i = 1; i < Vec<T>::kLanes; ++i) sum += a.raw[i];
  return sum;
}
template <class T>
FASTDENSE_INLINE T ReduceMax(Vec<T> a) {
  T max = a.raw[0];
  for (size_t i = 1; i < Vec<T>::kLanes; ++i) max = a.raw[i] > max ? a.raw[i] : max;
  return max;
}
template <class T>
FASTDENSE_INLINE void Transpose(Vec<T> (&r)[kVectorBytes / sizeof(T)]) {
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
    for (size_t j = 0; j < i; ++j) {
      const T upper = r[j].raw[i];
      r[j].raw[i] = r[i].raw[j];
      r[i].raw[j] = upper;
    }
  }
}

template <class T>
FASTDENSE_INLINE void LoadTransposed(const T* p, size_t ld, Vec<T> (&r)[kVectorBytes / sizeof(T)]) {
  for (size_t j = 0; j < Vec<T>::kLanes; ++j) r[j] = LoadU(p + j * ld);
  Transpose(r);
}

// To double.
FASTDENSE_INLINE VF64 PromoteLower(VF32 a) { return {RawVec<F64>{a.raw[0], a.raw[1]}}; }
FASTDENSE_INLINE VF64 PromoteUpper(VF32 a) { return {RawVec<F64>{a.raw[2], a.raw[3]}}; }

// Tables.
FASTDENSE_INLINE VU32 Bits(VF32 a) { return {reinterpret_cast<RawVec<U32>>(a.raw)}; }
FASTDENSE_INLINE VF32 Lookup16(const F32* table, VU32 index) {
  VF32 found;
  for (size_t i = 0; i < VF32::kLanes; ++i) found.raw[i] = table[index.raw[i] % 16];
  return found;
}

// Unsigned 32-bit integers, for random bits.
FASTDENSE_INLINE VU32 operator^(VU32 a, VU32 b) { return {a.raw ^ b.raw}; }
FASTDENSE_INLINE VU32 operator&(VU32 a, VU32 b) { return {a.raw & b.raw}; }
FASTDENSE_INLINE VU32 ShiftRight16(VU32 a) { return {a.raw >> 16}; }
FASTDENSE_INLINE VU32 MaskIfGreater(VU32 a, VU32 b) {
  return {reinterpret_cast<RawVec<U32>>(a.raw > b.raw)};
}
FASTDENSE_INLINE bool AnyEqual(VU32 a, VU32 b) {
  const auto equal = a.raw == b.raw;
  return (equal[0] | equal[1] | equal[2] | equal[3]) != 0;
}
struct WideProduct {
  VU32 hi;
  VU32 lo;
};
FASTDENSE_INLINE WideProduct MulWide(VU32 a, VU32 b) {
  WideProduct product;
  for (size_t i = 0; i < VU32::kLanes; ++i) {
    const uint64_t wide = static_cast<uint64_t>(a.raw[i]) * b.raw[i];
    product.hi.raw[i] = static_cast<U32>(wide >> 32);
    product.lo.raw[i] = static_cast<U32>(wide);
  }
  return product;
}
template <class T>
FASTDENSE_INLINE Vec<T> AndMask(Vec<T> v, const U32* keep) {
  RawMask<T> m;
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) m[i] = static_cast<int32_t>(keep[i]);
  return Select<T>(m, v, Set<T>(0));
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
