// The types every vec_*.hpp gives a register to.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FASTDENSE_INLINE inline __attribute__((always_inline))
// For what many templates call and is large: once is enough.
#define FASTDENSE_NOINLINE __attribute__((noinline))

// Before a loop over registers: an array of vectors lives in registers only once the loop is gone.
#ifdef __clang__
#define FASTDENSE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FASTDENSE_UNROLL _Pragma("GCC unroll 32")
#endif

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Asks for the cache line at p, which need not be readable.
FASTDENSE_INLINE void Prefetch(const void* p) { __builtin_prefetch(p); }
FASTDENSE_INLINE void PrefetchL2(const void* p) { __builtin_prefetch(p, 0, 2); }

using F32 = float;
using F64 = double;
using U32 = uint32_t;

// A register of kLanes values; specialized by the ISA. T: F32, F64 or U32.
template <class T>
struct Vec;

// One truth value per lane of Vec<T>. T: F32 or F64.
template <class T>
struct Mask;

using VF32 = Vec<F32>;
using VF64 = Vec<F64>;
using VU32 = Vec<U32>;
using MF32 = Mask<F32>;
using MF64 = Mask<F64>;

// The two halves of 32 x 32 bit products.
struct WideProduct;

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
