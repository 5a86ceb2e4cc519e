// The scaffold of the tests of one vec_*.hpp; FASTDENSE_VEC_HEADER names it and FASTDENSE_TARGET is
// its namespace.
//
// Like the kernels, includes no standard header with inline functions (see check.hpp).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "check.hpp"
#include "guarded_memory.hpp"
#include FASTDENSE_VEC_HEADER

#define FASTDENSE_STRING_(x) #x
#define FASTDENSE_STRING(x) FASTDENSE_STRING_(x)

namespace fastdense::FASTDENSE_TARGET {

// Defined in the file of the same name.
void vec_math_test();
void vec_memory_test();

namespace {

constexpr const char* kIsa = FASTDENSE_STRING(FASTDENSE_TARGET);

template <class T>
struct Limits;
template <>
struct Limits<F32> {
  using Bits = uint32_t;
  static constexpr F32 kMax = 3.40282347e+38F;
  static constexpr F32 kMinNormal = 1.17549435e-38F;
  static constexpr F32 kMinDenormal = 1.40129846e-45F;
  static constexpr F32 kWhole =
      4194303.0F;  // integers are exact up to this and beyond, and so are halves
};
template <>
struct Limits<F64> {
  using Bits = uint64_t;
  static constexpr F64 kMax = 1.7976931348623157e+308;
  static constexpr F64 kMinNormal = 2.2250738585072014e-308;
  static constexpr F64 kMinDenormal = 4.9406564584124654e-324;
  static constexpr F64 kWhole = 2251799813685247.0;
};

constexpr size_t kValues = 32;

// Ordinary and special numbers; any run of lanes of the endless repetition is a vector for the
// tests.
template <class T>
T value(size_t i) {
  using L = Limits<T>;
  const T infinity = static_cast<T>(__builtin_inf());
  const T nan = static_cast<T>(__builtin_nan(""));
  const T values[kValues] = {
      T(0),     T(1),      T(-2.5),   infinity,    T(0.1), -infinity,     T(1.5), nan,
      T(-0.0),  T(3),      T(0.5),    T(-0.5),     T(7),   T(-1),         T(2.5), T(1e-3),
      T(-1e10), T(1.0001), -L::kMax,  L::kMax,     -nan,   L::kMinNormal, T(123), -L::kMinDenormal,
      T(-7.75), T(1e20),   T(-1e-20), T(2) / T(3), T(1e5), T(0.99999994), T(-9),  L::kMinNormal / 4,
  };
  return values[i % kValues];
}

template <class T>
typename Limits<T>::Bits bits_of(T x) {
  typename Limits<T>::Bits bits;
  __builtin_memcpy(&bits, &x, sizeof x);
  return bits;
}

inline bool same(U32 a, U32 b) { return a == b; }

// Equal down to the sign of zero; one NaN is as good as another.
template <class T>
bool same(T a, T b) {
  return bits_of(a) == bits_of(b) || (a != a && b != b);
}

// The lanes of `got` are those of `expected`.
template <class T>
void check_lanes(const char* name, Vec<T> got, const T* expected) {
  T lanes[Vec<T>::kLanes];
  StoreU(got, lanes);
  for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
    CHECK(same(lanes[i], expected[i]), "%s lane %zu: %.17g, expected %.17g", name, i,
          static_cast<double>(lanes[i]), static_cast<double>(expected[i]));
  }
}

// op(a) and expected(a) agree for every value in every lane.
template <class T, class Op, class Expected>
void check_unary(const char* name, Op op, Expected expected) {
  for (size_t start = 0; start < kValues; ++start) {
    T a[Vec<T>::kLanes], want[Vec<T>::kLanes];
    for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
      a[i] = value<T>(start + i);
      want[i] = expected(a[i]);
    }
    check_lanes(name, op(LoadU(a)), want);
  }
}

// The same for every pair of values.
template <class T, class Op, class Expected>
void check_binary(const char* name, Op op, Expected expected) {
  for (size_t shift = 0; shift < kValues; ++shift) {
    for (size_t start = 0; start < kValues; ++start) {
      T a[Vec<T>::kLanes], b[Vec<T>::kLanes], want[Vec<T>::kLanes];
      for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
        a[i] = value<T>(start + i);
        b[i] = value<T>(start + i + shift);
        want[i] = expected(a[i], b[i]);
      }
      check_lanes(name, op(LoadU(a), LoadU(b)), want);
    }
  }
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
