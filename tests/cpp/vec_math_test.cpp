// The arithmetic and the comparisons of one vec_*.hpp, on every lane, against the same operation on
// numbers. Compiled once per ISA.
#include "vec_test.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// The wrapper for any processor multiplies and adds with two roundings, the others with one.
constexpr bool kFused = __builtin_strcmp(kIsa, "generic") != 0;

float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
float square_root(float a) { return __builtin_sqrtf(a); }
double square_root(double a) { return __builtin_sqrt(a); }
float scaled(float a, int n) { return __builtin_ldexpf(a, n); }
double scaled(double a, int n) { return __builtin_ldexp(a, n); }
float with_sign(float a, float sign) { return __builtin_copysignf(a, sign); }
double with_sign(double a, double sign) { return __builtin_copysign(a, sign); }

template <class T>
void test_arithmetic() {
  check_binary<T>("+", [](Vec<T> a, Vec<T> b) { return a + b; }, [](T a, T b) { return a + b; });
  check_binary<T>("-", [](Vec<T> a, Vec<T> b) { return a - b; }, [](T a, T b) { return a - b; });
  check_binary<T>("*", [](Vec<T> a, Vec<T> b) { return a * b; }, [](T a, T b) { return a * b; });
  check_binary<T>("/", [](Vec<T> a, Vec<T> b) { return a / b; }, [](T a, T b) { return a / b; });
  check_unary<T>("Sqrt", [](Vec<T> a) { return Sqrt(a); }, [](T a) { return square_root(a); });
  for (size_t i = 0; i < kValues; ++i) {
    const T c = value<T>(i);
    check_binary<T>(
        "MulAdd", [c](Vec<T> a, Vec<T> b) { return MulAdd(a, b, Set(c)); },
        [c](T a, T b) { return kFused ? fused(a, b, c) : a * b + c; });
    check_binary<T>(
        "NegMulAdd", [c](Vec<T> a, Vec<T> b) { return NegMulAdd(a, b, Set(c)); },
        [c](T a, T b) { return kFused ? fused(-a, b, c) : c - a * b; });
  }
}

// Which operand a comparison with NaN, or of -0 with +0, leaves is the ISA's own affair, but a NaN
// in the second operand is never lost.
template <class T>
void test_min_max() {
  for (size_t shift = 0; shift < kValues; ++shift) {
    for (size_t start = 0; start < kValues; ++start) {
      T a[Vec<T>::kLanes], b[Vec<T>::kLanes], lower[Vec<T>::kLanes], upper[Vec<T>::kLanes];
      for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
        a[i] = value<T>(start + i);
        b[i] = value<T>(start + i + shift);
      }
      StoreU(Min(LoadU(a), LoadU(b)), lower);
      StoreU(Max(LoadU(a), LoadU(b)), upper);
      for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
        const double x = a[i], y = b[i], low = lower[i], high = upper[i];
        if (y != y) {
          CHECK(low != low && high != high, "lane %zu: (%g, NaN) gives %g, %g", i, x, low, high);
        } else if (x != x) {
          CHECK((low != low || same(low, y)) && (high != high || same(high, y)),
                "lane %zu: (NaN, %g) gives %g, %g", i, y, low, high);
        } else {
          CHECK(low == (x < y ? x : y) && high == (x > y ? x : y),
                "lane %zu: (%g, %g) gives %g, %g", i, x, y, low, high);
        }
      }
    }
  }
}

template <class T>
void test_signs() {
  check_unary<T>("Abs", [](Vec<T> a) { return Abs(a); }, [](T a) { return with_sign(a, T(0)); });
  check_unary<T>("-", [](Vec<T> a) { return -a; }, [](T a) { return -a; });
  check_binary<T>(
      "CopySign", [](Vec<T> a, Vec<T> b) { return CopySign(a, b); },
      [](T a, T b) { return with_sign(a, b); });
  // same() takes any NaN for another, so its sign is asked for here.
  const T minus_nan = with_sign(value<T>(7), T(-1));
  T lanes[Vec<T>::kLanes];
  StoreU(CopySign(Set(T(3)), Set(minus_nan)), lanes);
  for (const T lane : lanes)
    CHECK(lane == T(-3), "CopySign(3, -NaN) = %g", static_cast<double>(lane));
}

// Ties go to even. Defined while |a| has a fraction; the sign of a zero result is not.
template <class T>
void test_round() {
  const T whole = Limits<T>::kWhole;
  const T cases[][2] = {{T(0.5), 0},
                        {T(1.5), 2},
                        {T(2.5), 2},
                        {T(-0.5), 0},
                        {T(-1.5), -2},
                        {T(-2.5), -2},
                        {T(0.49999997), 0},
                        {T(0.51), 1},
                        {T(-3.2), -3},
                        {T(-3.8), -4},
                        {T(7), 7},
                        {T(0), 0},
                        {whole, whole},
                        {-whole, -whole},
                        {T(1e-30), 0},
                        {T(88.5), 88},
                        {T(89.5), 90},
                        {T(-103.5), -104},
                        {Limits<T>::kMinDenormal, 0}};
  for (const auto& one : cases) {
    T lanes[Vec<T>::kLanes];
    StoreU(Round(Set(one[0])), lanes);
    for (const T lane : lanes)
      CHECK(lane == one[1], "Round(%.9g) = %.9g", static_cast<double>(one[0]),
            static_cast<double>(lane));
  }
  T lanes[Vec<T>::kLanes];
  StoreU(Round(Set(value<T>(7))), lanes);
  for (const T lane : lanes) CHECK(lane != lane, "Round(NaN) = %g", static_cast<double>(lane));
}

// From far below the smallest denormal number to overflow, each result rounded once.
template <class T>
void test_mul_pow2() {
  const int lowest = sizeof(T) == 4 ? -180 : -1120;
  const int highest = sizeof(T) == 4 ? 135 : 1030;
  for (int n = lowest; n <= highest; ++n) {
    T a[Vec<T>::kLanes], want[Vec<T>::kLanes];
    const T mantissas[] = {T(1),    T(1.9999),   T(-0.7),     T(0),        T(1.5),
                           T(-0.0), value<T>(3), value<T>(5), value<T>(7), T(-0.50001)};
    constexpr size_t kMantissas = sizeof mantissas / sizeof mantissas[0];
    for (size_t first = 0; first < kMantissas; ++first) {
      for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
        a[i] = mantissas[(first + i) % kMantissas];
        want[i] = scaled(a[i], n);
      }
      check_lanes("MulPow2", MulPow2(LoadU(a), Set(static_cast<T>(n))), want);
    }
  }
}

// Every normal power of two.
template <class T>
void test_pow2() {
  const int lowest = sizeof(T) == 4 ? -126 : -1022;
  for (int n = lowest; n <= 1 - lowest; ++n) {
    T a[Vec<T>::kLanes], want[Vec<T>::kLanes];
    for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
      const int power = n - static_cast<int>(i) < lowest ? lowest : n - static_cast<int>(i);
      a[i] = static_cast<T>(power);
      want[i] = scaled(T(1), power);
    }
    check_lanes("Pow2", Pow2(LoadU(a)), want);
  }
}

// Of positive normal numbers: every binary exponent, with the smallest and the largest mantissa.
template <class T>
void test_exponent() {
  const int lowest = sizeof(T) == 4 ? -126 : -1022;
  for (int n = lowest; n <= 1 - lowest; ++n) {
    const T mantissas[] = {T(1), T(1.5), T(2) - (sizeof(T) == 4 ? T(0x1p-23) : T(0x1p-52))};
    for (size_t first = 0; first < 3; ++first) {
      T a[Vec<T>::kLanes], want[Vec<T>::kLanes];
      for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
        const int power = n - static_cast<int>(i) < lowest ? lowest : n - static_cast<int>(i);
        a[i] = scaled(mantissas[(first + i) % 3], power);
        want[i] = static_cast<T>(power);
      }
      check_lanes("Exponent", Exponent(LoadU(a)), want);
    }
  }
}

// a b - p for p the rounded product is a number, and comes out exactly.
template <class T>
void test_product_error() {
  uint64_t state = 1;
  for (int round = 0; round < 2000; ++round) {
    T a[Vec<T>::kLanes], b[Vec<T>::kLanes], error[Vec<T>::kLanes];
    for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      a[i] = scaled(static_cast<T>(static_cast<int64_t>(state)), -60 + round % 40);
      state = state * 6364136223846793005U + 1442695040888963407U;
      b[i] = scaled(static_cast<T>(static_cast<int64_t>(state)), -70);
    }
    StoreU(ProductError(LoadU(a), LoadU(b), LoadU(a) * LoadU(b)), error);
    for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
      const T want = fused(a[i], b[i], -(a[i] * b[i]));
      CHECK(error[i] == want, "lane %zu: error of %.17g * %.17g", i, static_cast<double>(a[i]),
            static_cast<double>(b[i]));
    }
    // A neighbour of the rounded product serves as well.
    T p[Vec<T>::kLanes];
    for (size_t i = 0; i < Vec<T>::kLanes; ++i)
      p[i] = a[i] * b[i] * (T(1) + (sizeof(T) == 4 ? T(0x1p-23) : T(0x1p-52)));
    StoreU(ProductError(LoadU(a), LoadU(b), LoadU(p)), error);
    for (size_t i = 0; i < Vec<T>::kLanes; ++i) {
      CHECK(error[i] == fused(a[i], b[i], -p[i]), "lane %zu: %.17g * %.17g - %.17g", i,
            static_cast<double>(a[i]), static_cast<double>(b[i]), static_cast<double>(p[i]));
    }
  }
}

template <class T>
void test_comparisons() {
  const auto chosen = [](Mask<T> m) { return IfThenElse(m, Set(T(1)), Set(T(-0.0))); };
  const auto number = [](bool truth) { return truth ? T(1) : T(-0.0); };
  check_binary<T>(
      "<", [=](Vec<T> a, Vec<T> b) { return chosen(a < b); },
      [=](T a, T b) { return number(a < b); });
  check_binary<T>(
      "<=", [=](Vec<T> a, Vec<T> b) { return chosen(a <= b); },
      [=](T a, T b) { return number(a <= b); });
  check_binary<T>(
      "==", [=](Vec<T> a, Vec<T> b) { return chosen(a == b); },
      [=](T a, T b) { return number(a == b); });
  check_binary<T>(
      "&", [=](Vec<T> a, Vec<T> b) { return chosen((a < b) & (a <= Set(T(1)))); },
      [=](T a, T b) { return number(a < b && a <= T(1)); });
  check_binary<T>(
      "IfThenElse", [](Vec<T> a, Vec<T> b) { return IfThenElse(Set(T(1)) < a, a, b); },
      [](T a, T b) { return T(1) < a ? a : b; });
  CHECK(!AnyTrue(Set(T(1)) < Set(T(1))) && AnyTrue(Set(T(1)) <= Set(T(1))), "AnyTrue");
  for (size_t lane = 0; lane < Vec<T>::kLanes; ++lane) {
    T a[Vec<T>::kLanes] = {};
    a[lane] = T(1);
    CHECK(AnyTrue(Set(T(0)) < LoadU(a)), "AnyTrue, true in lane %zu", lane);
  }
}

void test_promote() {
  for (size_t start = 0; start < kValues; ++start) {
    F32 a[VF32::kLanes];
    F64 want[VF32::kLanes];
    for (size_t i = 0; i < VF32::kLanes; ++i) {
      a[i] = value<F32>(start + i);
      want[i] = a[i];
    }
    check_lanes("PromoteLower", PromoteLower(LoadU(a)), want);
    check_lanes("PromoteUpper", PromoteUpper(LoadU(a)), want + VF64::kLanes);
  }
}

template <class T>
void test_all() {
  const char* type = sizeof(T) == 4 ? "f32" : "f64";
  test::begin_group(kIsa, type, "vec arithmetic");
  test_arithmetic<T>();
  test::begin_group(kIsa, type, "vec Min, Max");
  test_min_max<T>();
  test::begin_group(kIsa, type, "vec signs");
  test_signs<T>();
  test::begin_group(kIsa, type, "vec Round");
  test_round<T>();
  test::begin_group(kIsa, type, "vec MulPow2");
  test_mul_pow2<T>();
  test::begin_group(kIsa, type, "vec Pow2");
  test_pow2<T>();
  test::begin_group(kIsa, type, "vec Exponent");
  test_exponent<T>();
  test::begin_group(kIsa, type, "vec ProductError");
  test_product_error<T>();
  test::begin_group(kIsa, type, "vec comparisons");
  test_comparisons<T>();
}

}  // namespace

void vec_math_test() {
  test_all<F32>();
  test_all<F64>();
  test::begin_group(kIsa, "f32", "vec PromoteLower, PromoteUpper");
  test_promote();
}

}  // namespace fastdense::FASTDENSE_TARGET
