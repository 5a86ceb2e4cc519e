// Networks as Python hands them over.
#pragma once

#include <vector>

#include "bindings/array.hpp"
#include "network/graph.hpp"

namespace fastdense {

// A graph, and the arrays that its nodes know as parameters by number.
struct NetworkGraph {
  DType dtype;
  Graph graph;
  std::vector<Shape> input_shapes, output_shapes;  // of one sample
  std::vector<py::array> parameters;               // writable, C-contiguous, of the dtype

  // sizes: of the values. inputs, outputs: tuples (value, shape of a sample). nodes: tuples (kind,
  // inputs, output, rows, activation code, weight, bias, rate), where weight and bias
  // number the parameters or are None. Throws TypeError or ValueError for anything that isn't a
  // network.
  NetworkGraph(const std::string& dtype, const py::sequence& sizes, const py::sequence& inputs,
               const py::sequence& outputs, const py::sequence& nodes,
               const py::sequence& parameter_arrays);

  template <class T>
  std::vector<T*> parameter_data() {
    std::vector<T*> data;
    for (py::array& parameter : parameters) data.push_back(writable<T>(parameter));
    return data;
  }
};

}  // namespace fastdense
