// Which gradients a backward pass computes, in which order, and where they lie.
#pragma once

#include <cstddef>
#include <vector>

#include "network/graph.hpp"

namespace fastdense {

// Nodes are gone through from the last to the first.
struct GradientPlan {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // A gradient that a node contributes to.
  struct Share {
    bool is_needed = false;  // by something trainable
    bool is_first = false;   // nothing is there yet to add to
  };
  struct Step {
    bool is_needed = false;
    std::vector<Share> inputs;
    Share weight, bias;
  };

  // is_trainable: of every parameter.
  GradientPlan(const Graph& graph, const std::vector<bool>& is_trainable);

  std::vector<Step> steps;           // of every node
  std::vector<bool> reached;         // of every parameter: whether it has a gradient
  bool adds_parameters = false;      // whether a parameter's gradient is a sum over nodes
  std::vector<std::size_t> offsets;  // of every value's gradient, in elements per sample, or kNone
  std::size_t size = 0;              // of all of them
};

}  // namespace fastdense
