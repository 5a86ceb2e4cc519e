// What a network is made of: values, and the nodes that make one from others.
#pragma once

#include <cstddef>
#include <vector>

#include "ops/activation.hpp"

namespace fastdense {

// One operation. For b samples it sees its output as a matrix of b rows x cols, with as many rows a
// sample as the node says.
struct Node {
  enum class Kind {
    kDense,        // act(x W + b)
    kActivation,   // act(x)
    kDropout,      // in training; else a copy
    kAdd,          // x + x' + ...
    kConcatenate,  // the inputs' rows, one after the other
  };
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Kind kind;
  std::vector<std::size_t> inputs;  // values
  std::size_t output;               // a value that no other node makes
  std::size_t rows;                 // per sample
  Activation activation;            // of kDense and kActivation
  std::size_t weight = kNone;       // parameters of kDense
  std::size_t bias = kNone;         // or kNone
  double rate = 0;                  // of kDropout
};

// Nodes follow those whose values they take. Values hold contiguous elements and no shape, so that
// a reshaped value is the same value.
struct Graph {
  std::vector<std::size_t> sizes;  // of each value: elements per sample
  std::vector<Node> nodes;
  std::vector<std::size_t> inputs;   // values, which no node makes
  std::vector<std::size_t> outputs;  // values that nodes make, each named once

  std::size_t columns(const Node& node, std::size_t value) const {
    return sizes[value] / node.rows;
  }
  // Multiply-adds, or what takes as long, of a forward pass over one sample.
  double work() const;
  // Elements of the weights that the nodes read.
  std::size_t weight_size() const;
};

}  // namespace fastdense
