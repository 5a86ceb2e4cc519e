// Loops over the elements of a row: whole vectors, then what is left under a mask.
#pragma once

#include "kernels/simd/vec_types.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// All lanes of a vector are there.
template <class T>
struct WholeVector {
  FASTDENSE_INLINE Vec<T> load(const T* p) const { return LoadU(p); }
  FASTDENSE_INLINE void store(Vec<T> v, T* p) const { StoreU(v, p); }
  FASTDENSE_INLINE Vec<T> or_else(Vec<T> v, T /*missing*/) const { return v; }
};

// Only the first lanes are there: the others are never touched in memory, load as zero and can be
// given a neutral value.
template <class T>
struct PartVector {
  Mask<T> first;

  FASTDENSE_INLINE Vec<T> load(const T* p) const { return MaskedLoad(first, p); }
  FASTDENSE_INLINE void store(Vec<T> v, T* p) const { MaskedStore(first, v, p); }
  FASTDENSE_INLINE Vec<T> or_else(Vec<T> v, T missing) const {
    return IfThenElse(first, v, Set(missing));
  }
};

// body(i, lanes) for i = begin, begin + kLanes, ... < n, where `lanes` loads and stores what is
// there of elements i .. i + kLanes.
template <class T, class Body>
FASTDENSE_INLINE void for_vectors(size_t begin, size_t n, const Body& body) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t i = begin;
  for (; i + kLanes <= n; i += kLanes) body(i, WholeVector<T>{});
  if (i < n) body(i, PartVector<T>{FirstN<T>(n - i)});
}

// The same from 0, with the whole vectors at those of p's elements that are on a vector's boundary:
// for maps that write back what they read. NumPy's large arrays all begin 16 bytes past a boundary.
template <class T, class Body>
FASTDENSE_INLINE void for_aligned_vectors(const T* p, size_t n, const Body& body) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const size_t past = reinterpret_cast<uintptr_t>(p) / sizeof(T) % kLanes;
  const size_t missing = (kLanes - past) % kLanes;
  const size_t head = missing < n ? missing : n;
  if (head > 0) body(0, PartVector<T>{FirstN<T>(head)});
  for_vectors<T>(head, n, body);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
