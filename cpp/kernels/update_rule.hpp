// The steps of optimizers that the kernels know. Definitions: update_rules.inl.hpp.
#pragma once

namespace fastdense {

enum class UpdateRule : int {
  kSgd,
  kMomentum,
  kNesterov,
  kRmsprop,
  kRmspropMomentum,
  kCenteredRmsprop,
  kCenteredRmspropMomentum,
  kAdam,
  kAmsgrad,
  kAdagrad,
  kAdamax,
  kNadam,
  kCount,
};

// The most arrays that a rule keeps beside a weight, each of its size.
constexpr int kMostSlots = 3;

// What one step does to every weight of an array. A rule uses some of the coefficients.
struct UpdateStep {
  // Gradients are first multiplied by gradient_scale, then limited to [-bound, bound].
  double gradient_scale;
  double gradient_bound;
  double decay;  // w -= decay w before the update; 0: no decay, not even of an infinite weight

  double rate;           // of the update
  double gradient_rate;  // of the gradient itself, where rate is that of its average
  double momentum;       // what is kept of the last update
  double mean;           // weight of the gradient in its moving average
  double square;         // weight of the squared gradient in its moving average
  double square_kept;    // weight of what that average was
  double square_scale;   // what corrects that average
  double epsilon;
};

}  // namespace fastdense
