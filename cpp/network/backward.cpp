#include "network/backward.hpp"

#include <algorithm>
#include <optional>

#include "ops/dense.hpp"
#include "ops/dropout.hpp"
#include "ops/merge.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {
namespace {

// Where to write a share of a gradient: to where the sum belongs if it is the first one, else
// aside, to be added by finish.
template <class T>
class Destination {
 public:
  Destination(GradientPlan::Share share, T* total, std::size_t size)
      : total_(share.is_needed ? total : nullptr), size_(size) {
    if (share.is_needed && !share.is_first) aside_.emplace(size);
  }
  // Null if the gradient isn't needed.
  T* data() const { return aside_ ? aside_->data() : total_; }
  void finish() const {
    if (aside_) add<T>(size_, total_, aside_->data(), total_);
  }

 private:
  T* total_;
  std::size_t size_;
  std::optional<Scratch<T>> aside_;
};

template <class T>
class NodeBackward {
 public:
  NodeBackward(const Graph& graph, const GradientPlan& plan, std::size_t index, Range samples,
               const TrainingMemory<T>& memory)
      : graph_(graph),
        node_(graph.nodes[index]),
        step_(plan.steps[index]),
        samples_(samples),
        batch_(samples.size()),
        memory_(memory),
        pre_activation_(memory.pre_activations[index]),
        dy_(memory.gradients[node_.output]) {}

  void dense() const {
    const std::size_t input = node_.inputs[0];
    const std::size_t in_features = graph_.columns(node_, input);
    const DenseShape shape{batch_ * node_.rows, in_features, graph_.columns(node_, node_.output)};
    const T* weight = memory_.parameters[node_.weight];
    const Destination<T> dx(step_.inputs[0], memory_.gradients[input], size_of(input));
    const Destination<T> dw(step_.weight, memory_.parameter_gradients[node_.weight],
                            in_features * shape.out_features);
    const Destination<T> db(
        step_.bias, step_.bias.is_needed ? memory_.parameter_gradients[node_.bias] : nullptr,
        shape.out_features);
    const Sum sum = samples_.begin == 0 ? Sum::kStarts : Sum::kGoesOn;
    dense_backward_activation<T>(shape, node_.activation, saved(), dy_, dy_, sum, db.data());
    dense_backward_products<T>(shape, memory_.values[input], weight, dy_, dx.data(), sum,
                               dw.data());
    for (const auto* destination : {&dx, &dw, &db}) destination->finish();
  }

  void activation() const {
    const std::size_t input = node_.inputs[0];
    const Destination<T> dx(step_.inputs[0], memory_.gradients[input], size_of(input));
    if (dx.data() == nullptr) return;
    const T* from = node_.activation.gradient_from() == GradientFrom::kOutput
                        ? memory_.values[node_.output]
                        : memory_.values[input];
    activation_backward<T>(node_.activation, batch_ * node_.rows, graph_.columns(node_, input), dy_,
                           from, dx.data());
    dx.finish();
  }

  void dropout(std::uint64_t seed) const {
    const Destination<T> dx(step_.inputs[0], memory_.gradients[node_.inputs[0]],
                            size_of(node_.output));
    if (dx.data() == nullptr) return;
    const std::size_t first = samples_.begin * graph_.sizes[node_.output];
    fastdense::dropout<T>({node_.rate, seed, first}, size_of(node_.output), dy_, dx.data());
    dx.finish();
  }

  void add_up() const {
    for (std::size_t j = 0; j < node_.inputs.size(); ++j) {
      const GradientPlan::Share share = step_.inputs[j];
      T* total = memory_.gradients[node_.inputs[j]];
      if (!share.is_needed) continue;
      if (share.is_first) {
        std::copy_n(dy_, size_of(node_.output), total);
      } else {
        add<T>(size_of(node_.output), total, dy_, total);
      }
    }
  }

  void concatenate() const {
    const std::size_t width = graph_.columns(node_, node_.output);
    std::size_t first = 0;
    for (std::size_t j = 0; j < node_.inputs.size(); ++j) {
      const std::size_t input = node_.inputs[j];
      const std::size_t part = graph_.columns(node_, input);
      const Destination<T> dx(step_.inputs[j], memory_.gradients[input], size_of(input));
      if (dx.data() != nullptr) {
        for (std::size_t row = 0; row < batch_ * node_.rows; ++row)
          std::copy_n(dy_ + row * width + first, part, dx.data() + row * part);
        dx.finish();
      }
      first += part;
    }
  }

 private:
  std::size_t size_of(std::size_t value) const { return batch_ * graph_.sizes[value]; }

  // Where the gradient needs neither, it isn't read.
  const T* saved() const {
    return node_.activation.gradient_from() == GradientFrom::kInput ? pre_activation_
                                                                    : memory_.values[node_.output];
  }

  const Graph& graph_;
  const Node& node_;
  const GradientPlan::Step& step_;
  Range samples_;
  std::size_t batch_;
  const TrainingMemory<T>& memory_;
  const T* pre_activation_;
  T* dy_;
};

}  // namespace

template <class T>
void run_backward(const Graph& graph, const GradientPlan& plan, std::size_t index, Range samples,
                  std::uint64_t seed, const TrainingMemory<T>& memory) {
  if (!plan.steps[index].is_needed) return;
  const NodeBackward<T> node(graph, plan, index, samples, memory);
  switch (graph.nodes[index].kind) {
    case Node::Kind::kDense:
      return node.dense();
    case Node::Kind::kActivation:
      return node.activation();
    case Node::Kind::kDropout:
      return node.dropout(seed);
    case Node::Kind::kAdd:
      return node.add_up();
    case Node::Kind::kConcatenate:
      return node.concatenate();
  }
}

template void run_backward(const Graph&, const GradientPlan&, std::size_t, Range, std::uint64_t,
                           const TrainingMemory<float>&);
template void run_backward(const Graph&, const GradientPlan&, std::size_t, Range, std::uint64_t,
                           const TrainingMemory<double>&);

}  // namespace fastdense
