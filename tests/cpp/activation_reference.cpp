#include "activation_reference.hpp"

#include <algorithm>
#include <cmath>

namespace fastdense::test {
namespace {

Real sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }
Real softplus(Real x) { return std::fmax(x, Real(0)) + std::log1p(std::exp(-std::fabs(x))); }
Real clip(Real x, Real low, Real high) { return std::min(std::max(x, low), high); }
Real elu(Real x, Real alpha) { return x > 0 ? x : alpha * std::expm1(x); }

// No max_value, no lower bound either: above a negative threshold x itself is kept.
Real clipped_relu(Real x, Real negative_slope, Real max_value, Real threshold) {
  if (x <= threshold) return negative_slope * (x - threshold);
  return std::isinf(max_value) ? x : clip(x, 0, max_value);
}

// x - tanh(x) without cancellation, for small x.
Real tanh_shrink(Real x) {
  if (std::fabs(x) > Real(0.05)) return x - std::tanh(x);
  const Real s = x * x;
  return x * s *
         (Real(1) / 3 -
          s * (Real(2) / 15 -
               s * (Real(17) / 315 - s * (Real(62) / 2835 -
                                          s * (Real(1382) / 155925 - s * Real(21844) / 6081075)))));
}

Real squareplus(Real x, Real b) {
  const Real root = std::sqrt(x * x + b);
  return x > 0 ? (x + root) / 2 : b / (2 * (root - x));
}

Real sparse_plus(Real x) {
  if (x <= -1) return 0;
  return x < 1 ? (x + 1) * (x + 1) / 4 : x;
}

}  // namespace

Real activation_reference(ActivationId id, const ActivationParams& params, Real x) {
  const auto& [p0, p1, p2] = params.p;
  constexpr Real kSeluScale = 1.0507009873554804934193349852946L;
  constexpr Real kSeluAlpha = 1.6732632423543772848170429916717L;
  constexpr Real kRootHalf = 0.70710678118654752440084436210485L;
  constexpr Real kGeluCubic = 0.044715;                           // the double, as Keras has it
  constexpr Real kGeluTanh = 1.5957691216057307117597842397375L;  // 2 sqrt(2 / pi)
  switch (id) {
    case ActivationId::kLinear:
      return x;
    case ActivationId::kRelu:
      return x > 0 ? x : 0;
    case ActivationId::kClippedRelu:
      return clipped_relu(x, p0, p1, p2);
    case ActivationId::kLeakyRelu:
      return x > 0 ? x : p0 * x;
    case ActivationId::kRelu6:
      return clip(x, 0, 6);
    case ActivationId::kElu:
      return elu(x, p0);
    case ActivationId::kSelu:
      return kSeluScale * elu(x, kSeluAlpha);
    case ActivationId::kCelu:
      return x > 0 ? x : p0 * std::expm1(x / p0);
    case ActivationId::kGelu:
      return x / 2 * std::erfc(-x * kRootHalf);
    case ActivationId::kGeluTanh:
      return x * sigmoid(kGeluTanh * (x + kGeluCubic * x * x * x));
    case ActivationId::kSilu:
      return x * sigmoid(x);
    case ActivationId::kSigmoid:
      return sigmoid(x);
    case ActivationId::kHardSigmoid:
      return clip((x + 3) / 6, 0, 1);
    case ActivationId::kHardSilu:
      return x * clip((x + 3) / 6, 0, 1);
    case ActivationId::kTanh:
      return std::tanh(x);
    case ActivationId::kHardTanh:
      return clip(x, -1, 1);
    case ActivationId::kTanhShrink:
      return tanh_shrink(x);
    case ActivationId::kSoftplus:
      return softplus(x);
    case ActivationId::kSoftsign:
      return x / (1 + std::fabs(x));
    case ActivationId::kLogSigmoid:
      return -softplus(-x);
    case ActivationId::kExponential:
      return std::exp(x);
    case ActivationId::kMish:
      return x * std::tanh(softplus(x));
    case ActivationId::kSquareplus:
      return squareplus(x, p0);
    case ActivationId::kHardShrink:
      return std::fabs(x) > p0 ? x : 0;
    case ActivationId::kSoftShrink:
      return std::fabs(x) > p0 ? x - std::copysign(p0, x) : 0;
    case ActivationId::kThreshold:
      return x > p0 ? x : p1;
    case ActivationId::kSparsePlus:
      return sparse_plus(x);
    case ActivationId::kSparseSigmoid:
      return clip((x + 1) / 2, 0, 1);
    case ActivationId::kCount:
      break;
  }
  return NAN;
}

const Configuration kConfigurations[] = {
    {"linear", ActivationId::kLinear, {}},
    {"relu", ActivationId::kRelu, {}},
    {"clipped_relu", ActivationId::kClippedRelu, {{0.125, 6, 0.5}}},
    {"clipped_relu (open)", ActivationId::kClippedRelu, {{0, INFINITY, -1.25}}},
    {"leaky_relu", ActivationId::kLeakyRelu, {{0.25, 0, 0}}},
    {"relu6", ActivationId::kRelu6, {}},
    {"elu", ActivationId::kElu, {{1, 0, 0}}},
    {"elu (alpha 0.5)", ActivationId::kElu, {{0.5, 0, 0}}},
    {"selu", ActivationId::kSelu, {}},
    {"celu", ActivationId::kCelu, {{1, 0, 0}}},
    {"celu (alpha 2)", ActivationId::kCelu, {{2, 0, 0}}},
    {"gelu", ActivationId::kGelu, {}},
    {"gelu_tanh", ActivationId::kGeluTanh, {}},
    {"silu", ActivationId::kSilu, {}},
    {"sigmoid", ActivationId::kSigmoid, {}},
    {"hard_sigmoid", ActivationId::kHardSigmoid, {}},
    {"hard_silu", ActivationId::kHardSilu, {}},
    {"tanh", ActivationId::kTanh, {}},
    {"hard_tanh", ActivationId::kHardTanh, {}},
    {"tanh_shrink", ActivationId::kTanhShrink, {}},
    {"softplus", ActivationId::kSoftplus, {}},
    {"softsign", ActivationId::kSoftsign, {}},
    {"log_sigmoid", ActivationId::kLogSigmoid, {}},
    {"exponential", ActivationId::kExponential, {}},
    {"mish", ActivationId::kMish, {}},
    {"squareplus", ActivationId::kSquareplus, {{4, 0, 0}}},
    {"hard_shrink", ActivationId::kHardShrink, {{0.5, 0, 0}}},
    {"soft_shrink", ActivationId::kSoftShrink, {{0.5, 0, 0}}},
    {"threshold", ActivationId::kThreshold, {{0.25, -1.5, 0}}},
    {"sparse_plus", ActivationId::kSparsePlus, {}},
    {"sparse_sigmoid", ActivationId::kSparseSigmoid, {}},
};
const int kConfigurationCount = sizeof kConfigurations / sizeof kConfigurations[0];

}  // namespace fastdense::test
