// Errors in units in the last place, and the worst one of a sweep.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace fastdense::ulp {

// |got - exact| in ulps of T at `exact`: in the binade of exact, or the fixed ulp of T's denormals.
// Overflow counts as the next power of two. NaN is right only for NaN; a zero made of a zero must
// have the right sign.
template <class T, class R>
double error_of(T x, T got, R exact) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(exact) || std::isnan(got))
    return std::isnan(exact) == std::isnan(got) ? 0 : HUGE_VAL;
  if (std::isinf(exact)) return R(got) == exact ? 0 : HUGE_VAL;
  if (exact == 0 && x == 0)
    return got == 0 && std::signbit(got) == std::signbit(exact) ? 0 : HUGE_VAL;
  const int highest = Limits::max_exponent - 1;
  if (std::isinf(got)) {
    if (std::signbit(got) != std::signbit(exact)) return HUGE_VAL;
    return double(
        std::ldexp(std::ldexp(R(2), highest) - std::abs(exact), Limits::digits - 1 - highest));
  }
  int exponent = 0;
  std::frexp(exact, &exponent);
  const int binade = exact == 0 ? Limits::min_exponent - 1
                                : std::clamp(exponent - 1, Limits::min_exponent - 1, highest);
  return double(std::ldexp(std::abs(R(got) - exact), Limits::digits - 1 - binade));
}

template <class T>
struct Worst {
  double error = 0;
  T input = 0;
  T output = 0;

  void take(double candidate, T x, T y) {
    if (candidate > error) {
      error = candidate;
      input = x;
      output = y;
    }
  }
  void take(const Worst& other) { take(other.error, other.input, other.output); }
};

}  // namespace fastdense::ulp
