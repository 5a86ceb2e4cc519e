#include "network/forward.hpp"

#include <algorithm>

#include "ops/dense.hpp"
#include "ops/dropout.hpp"
#include "ops/merge.hpp"

namespace fastdense {
namespace {

DenseShape shape_of(const Graph& graph, const Node& node, std::size_t batch) {
  return {batch * node.rows, graph.columns(node, node.inputs[0]), graph.columns(node, node.output)};
}

template <class T>
const T* bias_of(const Node& node, T* const* parameters) {
  return node.bias == Node::kNone ? nullptr : parameters[node.bias];
}

template <class T>
void concatenate(const Graph& graph, const Node& node, std::size_t rows, T* const* values) {
  const std::size_t width = graph.columns(node, node.output);
  std::size_t first = 0;
  for (const std::size_t input : node.inputs) {
    const std::size_t part = graph.columns(node, input);
    for (std::size_t row = 0; row < rows; ++row)
      std::copy_n(values[input] + row * part, part, values[node.output] + row * width + first);
    first += part;
  }
}

}  // namespace

template <class T>
void run_forward(const Graph& graph, const Node& node, std::size_t batch, T* const* parameters,
                 T* const* values, T* z) {
  const std::size_t rows = batch * node.rows;
  const std::size_t size = batch * graph.sizes[node.output];
  const T* x = values[node.inputs[0]];
  T* y = values[node.output];
  switch (node.kind) {
    case Node::Kind::kDense:
      return dense_forward<T>(shape_of(graph, node, batch), node.activation, x,
                              parameters[node.weight], bias_of(node, parameters), y, z);
    case Node::Kind::kActivation:
      return activation_forward<T>(node.activation, rows, graph.columns(node, node.inputs[0]), x,
                                   y);
    case Node::Kind::kDropout:
      std::copy_n(x, size, y);
      return;
    case Node::Kind::kAdd:
      for (std::size_t i = 1; i < node.inputs.size(); ++i)
        add<T>(size, i == 1 ? x : y, values[node.inputs[i]], y);
      return;
    case Node::Kind::kConcatenate:
      return concatenate(graph, node, rows, values);
  }
}

template <class T>
void run_packed(const Graph& graph, const Node& node, std::size_t batch,
                const PackedMatrix<T>& weight, T* const* parameters, T* const* values) {
  dense_forward<T>(shape_of(graph, node, batch), node.activation, values[node.inputs[0]], weight,
                   bias_of(node, parameters), values[node.output]);
}

template <class T>
void run_dropout(const Graph& graph, const Node& node, Range samples, std::uint64_t seed,
                 T* const* values) {
  const std::size_t size = graph.sizes[node.output];
  dropout<T>({node.rate, seed, samples.begin * size}, samples.size() * size, values[node.inputs[0]],
             values[node.output]);
}

template void run_forward(const Graph&, const Node&, std::size_t, float* const*, float* const*,
                          float*);
template void run_forward(const Graph&, const Node&, std::size_t, double* const*, double* const*,
                          double*);
template void run_packed(const Graph&, const Node&, std::size_t, const PackedMatrix<float>&,
                         float* const*, float* const*);
template void run_packed(const Graph&, const Node&, std::size_t, const PackedMatrix<double>&,
                         double* const*, double* const*);
template void run_dropout(const Graph&, const Node&, Range, std::uint64_t, float* const*);
template void run_dropout(const Graph&, const Node&, Range, std::uint64_t, double* const*);

}  // namespace fastdense
