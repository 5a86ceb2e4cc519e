// A node, backward.
#pragma once

#include <cstddef>
#include <cstdint>

#include "network/gradients.hpp"
#include "ops/partition.hpp"

namespace fastdense {

// Where a step's arrays lie, by value, node and parameter.
template <class T>
struct TrainingMemory {
  T* const* values;
  T* const* pre_activations;  // by node: what an activation is applied to, where it was kept
  T* const* gradients;        // by value
  T* const* parameters;
  T* const* parameter_gradients;
};

// Adds the node's share to the gradients of its inputs and parameters, for `samples` of a batch.
// Gradients of parameters go on from those of the samples before. Overwrites its output's gradient.
// seed: of a kDropout node.
template <class T>
void run_backward(const Graph& graph, const GradientPlan& plan, std::size_t node, Range samples,
                  std::uint64_t seed, const TrainingMemory<T>& memory);

}  // namespace fastdense
