// What each function should be, computed in R: double to judge float32, long double to judge
// float64. Forms are chosen so that nothing cancels or overflows; errors stay far below an ulp of
// the judged type.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace fastdense::ulp {

template <class R>
constexpr R kPi = R(3.141592653589793238462643383279502884L);

template <class R>
R sigmoid(R x) {
  const R e = std::exp(-std::abs(x));
  return (x < 0 ? e : R(1)) / (1 + e);
}

template <class R>
R log1p_exp(R x) {
  return std::max(x, R(0)) + std::log1p(std::exp(-std::abs(x)));
}

// Phi(x) = erfc(z) / 2 with z = -x / sqrt(2). What z loses in rounding is put back to first order:
// the tail multiplies it by z^2.
template <class R>
R normal_cdf(R x) {
  const R root = std::sqrt(R(0.5));
  const R z = -x * root;
  R value = std::erfc(z);
  if constexpr (std::is_same_v<R, long double>) {
    const R root_rest =
        (R(0.5) - root * root - (std::fma(root, root, -(root * root)))) / (2 * root);
    const R z_rest = -(std::fma(x, root, z) + x * root_rest);
    value -= z_rest * 2 / std::sqrt(kPi<R>) * std::exp(-z * z);
  }
  return value / 2;
}

// x gate(x), which vanishes at -inf
template <class R>
R gated(R x, R gate) {
  return gate == 0 ? R(-0.0) : x * gate;
}

template <class R>
R gelu_tanh(R x) {
  constexpr R kLinear = R(1.59576912160573071175978423973752765L);  // 2 sqrt(2 / pi)
  constexpr R kCubic = R(0.0713548162726002452738854886505L);       // times 0.044715, the float64
  // What the argument u loses in rounding is put back to first order: exp turns it into u times as
  // much.
  const R square = x * x;
  const R cubic = kCubic * square;
  const R sum = kLinear + cubic;
  const R u = x * sum;
  R gate = sigmoid(u);
  if constexpr (std::is_same_v<R, long double>) {
    const R square_rest = std::fma(x, x, -square);
    const R cubic_rest =
        std::fma(kCubic, square, -cubic) + kCubic * square_rest - 1.889466e-21L * square;
    const R larger = std::max(kLinear, cubic);
    const R sum_rest = (larger - sum) + std::min(kLinear, cubic) + cubic_rest + 5.35118e-20L;
    gate *= 1 + sigmoid(-u) * (std::fma(x, sum, -u) + x * sum_rest);
  }
  return gated(x, gate);
}

// tanh(log1p(e^x)) as a quotient of polynomials in exp(-|x|)
template <class R>
R mish(R x) {
  const R e = std::exp(-std::abs(x));
  const R gate = x < 0 ? e * (2 + e) / (2 + e * (2 + e)) : (1 + 2 * e) / (1 + 2 * e * (1 + e));
  return std::isnan(x) ? x : gated(x, gate);
}

// The series in x^2 has enough terms for 0.25, where x - tanh(x) has lost 6 bits of R.
template <class R>
R tanh_shrink(R x) {
  if (!(std::abs(x) < R(0.25))) return x - std::tanh(x);
  constexpr long double kTerms[][2] = {{1, 3},
                                       {-2, 15},
                                       {17, 315},
                                       {-62, 2835},
                                       {1382, 155925},
                                       {-21844, 6081075},
                                       {929569, 638512875},
                                       {-6404582, 10854718875.0L},
                                       {443861162, 1856156927625.0L},
                                       {-18888466084.0L, 194896477400625.0L},
                                       {113927491862.0L, 2900518163668125.0L},
                                       {-58870668456604.0L, 3698160658676859375.0L}};
  R sum = 0;
  for (int i = 11; i >= 0; --i) sum = sum * x * x + R(kTerms[i][0] / kTerms[i][1]);
  return x * x * x * sum;
}

template <class R>
R softsign(R x) {
  return std::isinf(x) ? std::copysign(R(1), x) : x / (1 + std::abs(x));
}

template <class R>
R squareplus(R x, R b) {
  const R root = std::hypot(x, std::sqrt(b));
  if (b == 0) return x < 0 ? R(0) : x;
  if (x < 0) return b / (2 * (root - x));
  return x / 2 + root / 2;
}

template <class R>
R expm1_below_zero(R x, R scale, R alpha) {
  return x < 0 ? scale * alpha * std::expm1(x) : scale * x;
}

template <class R>
R clipped_relu(R x, R slope, R max_value, R threshold) {
  if (x <= threshold) return slope == 0 ? R(0) : slope * (x - threshold);
  return std::isnan(x) ? x : std::min(std::max(x, R(0)), max_value);
}

// min and max that keep NaN
template <class R>
R clamp(R x, R low, R high) {
  return x < low ? low : (x > high ? high : x);
}

template <class R>
R hard_silu(R x) {
  return x <= -3 ? R(-0.0) : (x >= 3 ? x : x * (x + 3) / 6);
}

template <class R>
R sparse_plus(R x) {
  return x <= -1 ? R(0) : (x >= 1 ? x : (x + 1) * (x + 1) / 4);
}

template <class R>
R soft_shrink(R x, R threshold) {
  return std::abs(x) <= threshold ? R(0) : x - std::copysign(threshold, x);
}

}  // namespace fastdense::ulp
