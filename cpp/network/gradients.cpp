#include "network/gradients.hpp"

#include "network/layout.hpp"

namespace fastdense {
namespace {

// Whether each value depends on a trainable parameter.
std::vector<bool> depends_on_trainable(const Graph& graph, const std::vector<bool>& is_trainable) {
  std::vector<bool> depends(graph.sizes.size(), false);
  const auto trains = [&](std::size_t parameter) {
    return parameter != Node::kNone && is_trainable[parameter];
  };
  for (const Node& node : graph.nodes) {
    bool own = trains(node.weight) || trains(node.bias);
    for (const std::size_t input : node.inputs) own = own || depends[input];
    depends[node.output] = own;
  }
  return depends;
}

}  // namespace

GradientPlan::GradientPlan(const Graph& graph, const std::vector<bool>& is_trainable)
    : steps(graph.nodes.size()),
      reached(is_trainable.size(), false),
      offsets(graph.sizes.size(), kNone) {
  const std::vector<bool> depends = depends_on_trainable(graph, is_trainable);
  Layout layout;
  const auto place = [&](std::size_t value) {
    const bool is_first = offsets[value] == kNone;
    if (is_first) offsets[value] = layout.take(graph.sizes[value]);
    return is_first;
  };
  const auto share_of_parameter = [&](std::size_t parameter) {
    Share share;
    if (parameter == Node::kNone || !is_trainable[parameter]) return share;
    share.is_needed = true;
    share.is_first = !reached[parameter];
    adds_parameters = adds_parameters || reached[parameter];
    reached[parameter] = true;
    return share;
  };

  for (const std::size_t output : graph.outputs) {
    if (depends[output]) place(output);
  }
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    Step& step = steps[i];
    step.inputs.resize(node.inputs.size());
    // A value that leads to no output has no gradient.
    step.is_needed = offsets[node.output] != kNone;
    if (!step.is_needed) continue;
    step.weight = share_of_parameter(node.weight);
    step.bias = share_of_parameter(node.bias);
    for (std::size_t j = 0; j < node.inputs.size(); ++j) {
      Share& share = step.inputs[j];
      share.is_needed = depends[node.inputs[j]];
      if (share.is_needed) share.is_first = place(node.inputs[j]);
    }
    layout.give(offsets[node.output], graph.sizes[node.output]);
  }
  size = layout.size();
}

}  // namespace fastdense
