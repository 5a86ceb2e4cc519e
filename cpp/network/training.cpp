#include "network/training.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "network/backward.hpp"
#include "network/forward.hpp"
#include "network/gather.hpp"
#include "network/layout.hpp"
#include "ops/partition.hpp"

namespace fastdense {
namespace {

constexpr std::size_t kNone = GradientPlan::kNone;
constexpr std::size_t kLine = 16;  // elements; arrays begin at multiples of so many

template <class T>
std::vector<bool> trainable_of(const std::vector<TrainedParameter<T>>& parameters) {
  std::vector<bool> is_trainable;
  for (const TrainedParameter<T>& parameter : parameters)
    is_trainable.push_back(parameter.is_trainable);
  return is_trainable;
}

// Rows of an argument that belong to a batch: those of its samples, or the argument itself.
template <class V>
class BatchRows {
 public:
  // width: elements per sample. src may be null.
  template <class T>
  BatchRows(const Batch<T>& batch, std::size_t width, const V* src) : data_(src) {
    if (batch.samples == nullptr || src == nullptr) return;
    gathered_.emplace(batch.size * width);
    gather(batch.size, batch.samples, width, src, gathered_->data());
    data_ = gathered_->data();
  }

  const V* data() const { return data_; }

 private:
  const V* data_;
  std::optional<Scratch<V>> gathered_;
};

void check_labels(std::size_t rows, std::size_t classes, const std::int64_t* labels) {
  const std::size_t bad = first_bad_label(rows, classes, labels);
  if (bad == rows) return;
  throw std::invalid_argument("label " + std::to_string(labels[bad]) + " is outside [0, " +
                              std::to_string(classes) + "), the range of the classes");
}

std::size_t checked_product(std::size_t a, std::size_t b) {
  if (b != 0 && a > static_cast<std::size_t>(-1) / b) throw std::bad_alloc();
  return a * b;
}

}  // namespace

template <class T>
Training<T>::Training(Graph graph, std::vector<TrainedParameter<T>> parameters,
                      std::vector<OutputLoss> losses, const OptimizerSettings& optimizer)
    : graph_(std::move(graph)),
      parameters_(std::move(parameters)),
      losses_(std::move(losses)),
      optimizer_(optimizer),
      gradients_(graph_, trainable_of(parameters_)),
      value_offsets_(graph_.sizes.size(), kNone),
      pre_activation_offsets_(graph_.nodes.size(), kNone),
      values_(graph_.sizes.size()),
      pre_activations_(graph_.nodes.size()),
      value_gradients_(graph_.sizes.size()) {
  // Gradients come first. All values are kept for the backward pass, and so are pre-activations
  // that gradients come from.
  sample_size_ = gradients_.size;
  const auto take = [&](std::size_t size) {
    return std::exchange(sample_size_, sample_size_ + size);
  };
  for (std::size_t v = 0; v < graph_.sizes.size(); ++v) value_offsets_[v] = take(graph_.sizes[v]);
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.kind == Node::Kind::kDense && gradients_.steps[i].is_needed &&
        node.activation.gradient_from() == GradientFrom::kInput)
      pre_activation_offsets_[i] = take(graph_.sizes[node.output]);
  }

  std::size_t parameter_size = 0;
  std::vector<std::size_t> offsets;
  for (const TrainedParameter<T>& parameter : parameters_) {
    offsets.push_back(parameter_size);
    if (parameter.is_trainable) parameter_size += divide_up(parameter.size(), kLine) * kLine;
  }
  T* const gradient = static_cast<T*>(parameter_arena_.reserve(parameter_size * sizeof(T)));
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    const TrainedParameter<T>& parameter = parameters_[p];
    parameter_values_.push_back(parameter.value);
    parameter_gradients_.push_back(gradient + offsets[p]);
    if (!parameter.is_trainable) continue;
    Parameter<T> updated{
        parameter.size(), parameter.value, gradient + offsets[p], {}, parameter.decays};
    std::copy_n(parameter.slots, kMostSlots, updated.slots);
    trainable_.push_back(updated);
  }
}

template <class T>
double Training<T>::step(const Batch<T>& batch, const StepSettings& settings, double* each) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const double loss = forward(batch, &settings, each);
  const TrainingMemory<T> memory{values_.data(), pre_activations_.data(), value_gradients_.data(),
                                 parameter_values_.data(), parameter_gradients_.data()};
  std::size_t dropout = settings.dropouts;
  for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
    const bool is_dropout = graph_.nodes[i].kind == Node::Kind::kDropout;
    const std::uint64_t seed = is_dropout ? settings.seeds[--dropout] : 0;
    run_backward<T>(graph_, gradients_, i, batch.size, seed, memory);
  }
  update(settings);
  return loss;
}

template <class T>
double Training<T>::test(const Batch<T>& batch, double* each) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return forward(batch, nullptr, each);
}

template <class T>
double Training<T>::forward(const Batch<T>& batch, const StepSettings* settings, double* each) {
  reserve(batch.size);
  take_inputs(batch);
  std::size_t dropout = 0;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.kind == Node::Kind::kDropout && settings != nullptr) {
      run_dropout<T>(graph_, node, batch.size, settings->seeds[dropout++], values_.data());
    } else {
      run_forward<T>(graph_, node, batch.size, parameter_values_.data(), values_.data(),
                     pre_activations_[i]);
    }
  }
  double loss = 0;
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    each[i] = take_loss(batch, i, settings != nullptr);
    loss += losses_[i].weight * each[i];
  }
  return with_penalties(loss);
}

// Memory for so many samples, and where everything lies in it.
template <class T>
void Training<T>::reserve(std::size_t batch) {
  if (batch <= capacity_) return;
  // An odd number of cache lines: arrays with a power of two of samples would compete for cache.
  const std::size_t capacity = (divide_up(batch, kLine) | 1) * kLine;
  const std::size_t bytes = checked_product(checked_product(capacity, sample_size_), sizeof(T));
  capacity_ = 0;
  memory_ = static_cast<T*>(arena_.reserve(bytes));
  capacity_ = capacity;
  for (std::size_t v = 0; v < values_.size(); ++v) {
    values_[v] = place(value_offsets_[v]);
    value_gradients_[v] = place(gradients_.offsets[v]);
  }
  for (std::size_t i = 0; i < pre_activations_.size(); ++i)
    pre_activations_[i] = place(pre_activation_offsets_[i]);
}

template <class T>
void Training<T>::take_inputs(const Batch<T>& batch) {
  for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
    const std::size_t value = graph_.inputs[i];
    if (batch.samples == nullptr) {
      values_[value] = const_cast<T*>(batch.inputs[i]);  // read only
    } else {
      values_[value] = place(value_offsets_[value]);
      gather(batch.size, batch.samples, graph_.sizes[value], batch.inputs[i], values_[value]);
    }
  }
}

// The mean loss of one output, and its gradient where a step needs that.
template <class T>
double Training<T>::take_loss(const Batch<T>& batch, std::size_t output, bool wants_gradient) {
  const OutputLoss& loss = losses_[output];
  const std::size_t value = graph_.outputs[output];
  const std::size_t width = graph_.sizes[value];
  const std::size_t sample_rows = loss.cols == 0 ? 0 : width / loss.cols;
  const std::size_t rows = batch.size * sample_rows;
  if (batch.predictions != nullptr) {
    T* const prediction = batch.predictions[output];
    if (loss.final_activation) {
      activation_forward<T>(*loss.final_activation, rows, loss.cols, values_[value], prediction);
    } else {
      std::copy_n(values_[value], rows * loss.cols, prediction);
    }
  }
  const BatchRows<T> targets(batch, width, batch.targets[output]);
  const BatchRows<std::int64_t> labels(batch, sample_rows, batch.labels[output]);
  const BatchRows<T> weights(batch, sample_rows, batch.weights[output]);
  if (labels.data() != nullptr) check_labels(rows, loss.cols, labels.data());
  const double count = static_cast<double>(std::max<std::size_t>(1, rows));
  T* const gradient = wants_gradient ? value_gradients_[value] : nullptr;
  const double total = fastdense::loss<T>(
      loss.function, {rows, loss.cols, values_[value], targets.data(), labels.data(),
                      weights.data(), loss.weight / count, gradient, nullptr});
  return total / count;
}

template <class T>
double Training<T>::with_penalties(double sum) const {
  for (const TrainedParameter<T>& parameter : parameters_) {
    if (parameter.is_trainable && !parameter.penalty.is_none())
      sum += penalty<T>(parameter.penalty, parameter.size(), parameter.value);
  }
  return sum;
}

template <class T>
void Training<T>::update(const StepSettings& settings) {
  if (trainable_.empty()) return;  // no step: the optimizer's state stays as it is
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    const TrainedParameter<T>& parameter = parameters_[p];
    if (!parameter.is_trainable) continue;
    if (!gradients_.reached[p]) std::fill_n(parameter_gradients_[p], parameter.size(), T{0});
    if (parameter.penalty.is_none()) continue;
    add_penalty_gradient<T>(parameter.penalty, 1.0, parameter.size(), parameter.value,
                            parameter_gradients_[p]);
  }
  fastdense::update<T>(optimizer_, settings.learning_rate, settings.iteration, settings.state,
                       trainable_.data(), trainable_.size());
  for (const TrainedParameter<T>& parameter : parameters_) {
    if (parameter.is_trainable && parameter.constraint)
      constrain<T>(*parameter.constraint, parameter.rows, parameter.cols, parameter.value);
  }
}

template class Training<float>;
template class Training<double>;

}  // namespace fastdense
