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

void check_labels(std::size_t rows, std::size_t classes, const std::int64_t* labels) {
  const std::size_t bad = first_bad_label(rows, classes, labels);
  if (bad == rows) return;
  throw std::invalid_argument("label " + std::to_string(labels[bad]) + " is outside [0, " +
                              std::to_string(classes) + "), the range of the classes");
}

// Sums over tiles have to be the same bits as sums over the batch.
template <class T>
TrainingTiles tiles_of(const Graph& graph, const GradientPlan& plan,
                       const std::vector<OutputLoss>& losses, std::size_t sample_size) {
  const auto is_hinge = [](const OutputLoss& loss) { return loss.function.is_hinge(); };
  const bool may = !plan.adds_parameters && std::none_of(losses.begin(), losses.end(), is_hinge);
  return may && has_small_weights<T>(graph) ? TrainingTiles(sample_size * sizeof(T))
                                            : TrainingTiles();
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

  tiles_ = tiles_of<T>(graph_, gradients_, losses_, sample_size_);

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
  std::fill_n(each, losses_.size(), 0.0);
  tiles_.for_each(batch.size, [&](Range samples) {
    forward(batch, samples, &settings, each);
    backward(samples, settings);
  });
  const double loss = total_loss(batch.size, each);
  update(settings);
  return loss;
}

template <class T>
double Training<T>::test(const Batch<T>& batch, double* each) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::fill_n(each, losses_.size(), 0.0);
  tiles_.for_each(batch.size, [&](Range samples) { forward(batch, samples, nullptr, each); });
  return total_loss(batch.size, each);
}

template <class T>
void Training<T>::forward(const Batch<T>& batch, Range samples, const StepSettings* settings,
                          double* sums) {
  reserve(samples.size());
  take_inputs(batch, samples);
  std::size_t dropout = 0;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.kind == Node::Kind::kDropout && settings != nullptr) {
      run_dropout<T>(graph_, node, samples, settings->seeds[dropout++], values_.data());
    } else {
      run_forward<T>(graph_, node, samples.size(), parameter_values_.data(), values_.data(),
                     pre_activations_[i]);
    }
  }
  for (std::size_t i = 0; i < losses_.size(); ++i)
    sums[i] = add_loss(batch, samples, i, settings != nullptr, sums[i]);
}

template <class T>
void Training<T>::backward(Range samples, const StepSettings& settings) {
  const TrainingMemory<T> memory{values_.data(), pre_activations_.data(), value_gradients_.data(),
                                 parameter_values_.data(), parameter_gradients_.data()};
  std::size_t dropout = settings.dropouts;
  for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
    const bool is_dropout = graph_.nodes[i].kind == Node::Kind::kDropout;
    const std::uint64_t seed = is_dropout ? settings.seeds[--dropout] : 0;
    run_backward<T>(graph_, gradients_, i, samples, seed, memory);
  }
}

template <class T>
double Training<T>::total_loss(std::size_t batch, double* each) const {
  double total = 0;
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    each[i] /= row_count(i, batch);
    total += losses_[i].weight * each[i];
  }
  for (const TrainedParameter<T>& parameter : parameters_) {
    if (parameter.is_trainable && !parameter.penalty.is_none())
      total += penalty<T>(parameter.penalty, parameter.size(), parameter.value);
  }
  return total;
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
void Training<T>::take_inputs(const Batch<T>& batch, Range samples) {
  for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
    const std::size_t value = graph_.inputs[i];
    T* const room = place(value_offsets_[value]);
    const T* const rows =
        sample_rows(batch.samples, samples, graph_.sizes[value], batch.inputs[i], room);
    values_[value] = const_cast<T*>(rows);  // nothing writes to inputs
  }
}

// Rows of so many samples that have a loss each; 1 if there are none.
template <class T>
double Training<T>::row_count(std::size_t output, std::size_t samples) const {
  return static_cast<double>(std::max<std::size_t>(1, samples * rows_per_sample(output)));
}

// The sum of one output's losses, `sum` being that of the samples before, and their gradient where
// a step needs that.
template <class T>
double Training<T>::add_loss(const Batch<T>& batch, Range samples, std::size_t output,
                             bool wants_gradient, double sum) {
  const OutputLoss& loss = losses_[output];
  const std::size_t value = graph_.outputs[output];
  const std::size_t width = graph_.sizes[value];
  const std::size_t rows_each = rows_per_sample(output);
  const std::size_t rows = samples.size() * rows_each;
  if (batch.predictions != nullptr) {
    T* const prediction = batch.predictions[output] + samples.begin * width;
    if (loss.final_activation) {
      activation_forward<T>(*loss.final_activation, rows, loss.cols, values_[value], prediction);
    } else {
      std::copy_n(values_[value], rows * loss.cols, prediction);
    }
  }
  const SampleRows<T> targets(batch.samples, samples, width, batch.targets[output]);
  const SampleRows<std::int64_t> labels(batch.samples, samples, rows_each, batch.labels[output]);
  const SampleRows<T> weights(batch.samples, samples, rows_each, batch.weights[output]);
  if (labels.data() != nullptr) check_labels(rows, loss.cols, labels.data());
  T* const gradient = wants_gradient ? value_gradients_[value] : nullptr;
  return fastdense::loss<T>(
      loss.function,
      {rows, loss.cols, values_[value], targets.data(), labels.data(), weights.data(),
       loss.weight / row_count(output, batch.size), gradient, nullptr},
      sum);
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
