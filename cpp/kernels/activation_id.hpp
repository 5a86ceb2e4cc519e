// The elementwise activations the kernels know. Definitions: activation/*.inl.hpp.
#pragma once

namespace fastdense {

enum class ActivationId : int {
  kLinear,
  kRelu,
  kClippedRelu,
  kLeakyRelu,
  kRelu6,
  kElu,
  kSelu,
  kCelu,
  kGelu,
  kGeluTanh,
  kSilu,
  kSigmoid,
  kHardSigmoid,
  kHardSilu,
  kTanh,
  kHardTanh,
  kTanhShrink,
  kSoftplus,
  kSoftsign,
  kLogSigmoid,
  kExponential,
  kMish,
  kSquareplus,
  kHardShrink,
  kSoftShrink,
  kThreshold,
  kSparsePlus,
  kSparseSigmoid,
  kCount,
};

// Parameters of a configured activation, in the order in which its functor in activation/ names
// them.
struct ActivationParams {
  double p[3];
};

// What an activation's gradient is computed from.
enum class GradientFrom : int { kNothing, kInput, kOutput };

}  // namespace fastdense
