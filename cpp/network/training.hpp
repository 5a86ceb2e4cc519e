// A network's training step as one call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "network/gradients.hpp"
#include "network/tiles.hpp"
#include "ops/constraint.hpp"
#include "ops/loss.hpp"
#include "ops/optimizer.hpp"
#include "ops/partition.hpp"
#include "ops/penalty.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {

template <class T>
struct TrainedParameter {
  T* value;
  std::size_t rows, cols;  // of the matrix whose columns a constraint sees
  bool is_trainable;
  Penalty penalty;
  std::optional<Constraint> constraint;
  bool decays;
  T* slots[kMostSlots];

  std::size_t size() const { return rows * cols; }
};

// What one output of the network is compared by. Where the loss takes what the last activation is
// applied to, the output is that, and `final_activation` makes the prediction of it.
struct OutputLoss {
  LossFunction function;
  double weight;
  std::size_t cols;  // of the rows that have a loss each
  std::optional<Activation> final_activation;
};

// Samples. Pointers: one per input or output of the graph, to an array whose first axis is that of
// all samples.
template <class T>
struct Batch {
  std::size_t size;
  // Null, or which samples of the arrays below make up the batch.
  const std::int64_t* samples;
  const T* const* inputs;             // (samples x elements of one)
  const T* const* targets;            // the same; null for a loss that takes labels
  const std::int64_t* const* labels;  // (samples x rows of one); null for the others
  const T* const* weights;            // the same for all losses, each null for ones
  T* const* predictions;              // (size x size of the output), overwritten; or null
};

struct StepSettings {
  double learning_rate;
  std::int64_t iteration;
  double* state;  // of the optimizer
  std::size_t dropouts;
  const std::uint64_t* seeds;  // of the dropouts, in the order of the nodes
};

template <class T>
class Training {
 public:
  // The order of parameters is that of the graph's numbers.
  Training(Graph graph, std::vector<TrainedParameter<T>> parameters, std::vector<OutputLoss> losses,
           const OptimizerSettings& optimizer);

  // Forward, backward, and the update of all trainable parameters. Returns the loss before the
  // update: that of each output (in `each`) times its weight, and the penalties. Throws
  // std::invalid_argument for a label that names no class, before a parameter is changed, and
  // std::bad_alloc, which may come before constraints are applied. One thread at a time; others
  // wait.
  double step(const Batch<T>& batch, const StepSettings& settings, double* each);
  // The loss without dropout, and without a step.
  double test(const Batch<T>& batch, double* each);

 private:
  // For some samples of a batch, those before them being done; adds to the sums of the losses.
  // Without settings: no dropout and no gradients.
  void forward(const Batch<T>& batch, Range samples, const StepSettings* settings, double* sums);
  void backward(Range samples, const StepSettings& settings);
  std::size_t rows_per_sample(std::size_t output) const {
    const std::size_t cols = losses_[output].cols;
    return cols == 0 ? 0 : graph_.sizes[graph_.outputs[output]] / cols;
  }
  double row_count(std::size_t output, std::size_t samples) const;
  // The mean losses from their sums, and what they come to.
  double total_loss(std::size_t batch, double* each) const;
  void reserve(std::size_t batch);
  T* place(std::size_t offset) const {
    return offset == GradientPlan::kNone ? nullptr : memory_ + offset * capacity_;
  }
  void take_inputs(const Batch<T>& batch, Range samples);
  double add_loss(const Batch<T>& batch, Range samples, std::size_t output, bool wants_gradient,
                  double sum);
  void update(const StepSettings& settings);

  Graph graph_;
  std::vector<TrainedParameter<T>> parameters_;
  std::vector<OutputLoss> losses_;
  OptimizerSettings optimizer_;
  GradientPlan gradients_;
  TrainingTiles tiles_;

  std::mutex mutex_;
  // Per sample, in elements; kNone for what lies elsewhere or isn't kept.
  std::vector<std::size_t> value_offsets_, pre_activation_offsets_;
  std::size_t sample_size_ = 0;
  std::size_t capacity_ = 0;  // samples there is memory for
  T* memory_ = nullptr;
  Arena arena_, parameter_arena_;
  std::vector<T*> values_, pre_activations_, value_gradients_;
  std::vector<T*> parameter_values_, parameter_gradients_;
  std::vector<Parameter<T>> trainable_;
};

}  // namespace fastdense
