// Optimizers: one step for all parameters of a network.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/update_rule.hpp"

namespace fastdense {

enum class OptimizerId : int { kSgd, kRmsprop, kAdam, kAdagrad, kAdamax, kNadam, kCount };

struct OptimizerName {
  const char* name;
  OptimizerId id;
};
constexpr OptimizerName kOptimizerNames[] = {
    {"sgd", OptimizerId::kSgd},       {"rmsprop", OptimizerId::kRmsprop},
    {"adam", OptimizerId::kAdam},     {"adagrad", OptimizerId::kAdagrad},
    {"adamax", OptimizerId::kAdamax}, {"nadam", OptimizerId::kNadam},
};

// What doesn't change from step to step. AdamW is Adam with weight decay.
struct OptimizerSettings {
  enum class Clip : int { kNone, kValue, kNorm, kGlobalNorm, kCount };

  OptimizerId id;
  // SGD: momentum, nesterov. RMSprop: rho, momentum, epsilon, centered. Adam: beta_1, beta_2,
  // epsilon, amsgrad. Adagrad: epsilon. Adamax, Nadam: beta_1, beta_2, epsilon. Flags are 0 or 1.
  double p[4];
  double weight_decay;  // 0: none
  Clip clip;
  double clip_at;  // positive, unless there is no clipping
};

// How many arrays the optimizer keeps beside each parameter.
int slot_count(const OptimizerSettings& settings);

// The slots, in Keras' order: SGD: momentum, if any. RMSprop: velocity, momentum (if any), average
// gradient (if centered). Adam: momentum, velocity, largest velocity (amsgrad). Adagrad:
// accumulator. Adamax: momentum, norm. Nadam: momentum, velocity. The others are ignored.
template <class T>
struct Parameter {
  std::size_t size;
  T* value;
  const T* gradient;
  T* slots[kMostSlots];
  bool decays;
};

// One step: gradients are clipped, parameters decay (w -= w weight_decay learning_rate) and are
// updated, with the definitions of Keras 3. `iteration` is this step's number: 1, 2, ...
// `state`: for Nadam the product of its momenta so far, 1 before the first step; else unused.
//
// Clipping, decay and update are one pass over each parameter, and one parallel region for all of
// them together; none if they are small. A norm to clip by is summed before that, in double, with a
// parallel region of its own for each large parameter. The bits don't depend on the threads.
template <class T>
void update(const OptimizerSettings& settings, double learning_rate, std::int64_t iteration,
            double* state, const Parameter<T>* parameters, std::size_t count);

}  // namespace fastdense
