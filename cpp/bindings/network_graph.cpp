#include "bindings/network_graph.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <string>

#include "bindings/activation_code.hpp"

namespace fastdense {
namespace {

[[noreturn]] void refuse(const std::string& what) { throw py::value_error("network: " + what); }

Node::Kind kind_of(const std::string& name) {
  static constexpr std::pair<const char*, Node::Kind> kKinds[] = {
      {"dense", Node::Kind::kDense},
      {"activation", Node::Kind::kActivation},
      {"dropout", Node::Kind::kDropout},
      {"add", Node::Kind::kAdd},
      {"concatenate", Node::Kind::kConcatenate},
  };
  for (const auto& [kind_name, kind] : kKinds)
    if (name == kind_name) return kind;
  refuse("no node is called " + name);
}

Shape shape_of(const py::handle& extents) {
  Shape shape;
  for (const py::handle extent : py::cast<py::tuple>(extents))
    shape.push_back(py::cast<py::ssize_t>(extent));
  return shape;
}

std::size_t parameter_of(const py::handle& number) {
  return number.is_none() ? Node::kNone : py::cast<std::size_t>(number);
}

Node node_of(const py::tuple& fields) {
  if (fields.size() != 8) refuse("a node has 8 fields, got " + std::to_string(fields.size()));
  return {kind_of(py::cast<std::string>(fields[0])),
          py::cast<std::vector<std::size_t>>(fields[1]),
          py::cast<std::size_t>(fields[2]),
          py::cast<std::size_t>(fields[3]),
          activation_from(fields[4]),
          parameter_of(fields[5]),
          parameter_of(fields[6]),
          py::cast<double>(fields[7])};
}

// What run_forward relies on, so that no call reads or writes outside its arrays.
class Checker {
 public:
  explicit Checker(const NetworkGraph& network)
      : graph_(network.graph),
        parameters_(network.parameters),
        is_made_(graph_.sizes.size(), false) {}

  void check() {
    for (const std::size_t input : graph_.inputs) make(input);
    for (const Node& node : graph_.nodes) {
      require(node.rows > 0 && !node.inputs.empty(), "a node has rows and inputs");
      for (const std::size_t input : node.inputs)
        require(input < is_made_.size() && is_made_[input],
                "inputs come before those who take them");
      make(node.output);
      check_sizes(node);
    }
    std::vector<bool> is_output(graph_.sizes.size(), false);
    for (const std::size_t output : graph_.outputs) {
      require(
          output < is_made_.size() && is_made_[output] && !is_output[output] &&
              std::find(graph_.inputs.begin(), graph_.inputs.end(), output) == graph_.inputs.end(),
          "an output is made by a node and named once");
      is_output[output] = true;
    }
  }

 private:
  static void require(bool condition, const char* what) {
    if (!condition) refuse(what);
  }

  void make(std::size_t value) {
    require(value < is_made_.size() && !is_made_[value], "a value is made once");
    is_made_[value] = true;
  }

  void check_sizes(const Node& node) const {
    const std::size_t size = graph_.sizes[node.output];
    require(size % node.rows == 0, "rows divide a value");
    std::size_t total = 0;
    for (const std::size_t input : node.inputs) {
      require(graph_.sizes[input] % node.rows == 0, "rows divide a value");
      total += graph_.sizes[input];
    }
    const bool has_parts = node.kind == Node::Kind::kAdd || node.kind == Node::Kind::kConcatenate;
    require(has_parts || node.inputs.size() == 1, "only sums and concatenations take several");
    switch (node.kind) {
      case Node::Kind::kDense:
        require(!node.activation.is_glu(), "glu halves its input and can't be fused");
        require(
            has_shape(node.weight, {static_cast<py::ssize_t>(graph_.columns(node, node.inputs[0])),
                                    static_cast<py::ssize_t>(graph_.columns(node, node.output))}),
            "a weight is (in_features, units)");
        require(
            node.bias == Node::kNone ||
                has_shape(node.bias, {static_cast<py::ssize_t>(graph_.columns(node, node.output))}),
            "a bias is (units,)");
        return;
      case Node::Kind::kActivation:
        return require(total == (node.activation.is_glu() ? 2 * size : size),
                       "an activation keeps its input's size");
      case Node::Kind::kDropout:
        return require(total == size && node.rate >= 0 && node.rate <= 1,
                       "a dropout keeps its input's size and has a rate in [0, 1]");
      case Node::Kind::kAdd:
        require(node.inputs.size() >= 2, "two or more are added");
        for (const std::size_t input : node.inputs)
          require(graph_.sizes[input] == size, "what is added has one size");
        return;
      case Node::Kind::kConcatenate:
        return require(total == size, "a concatenation is as long as its parts");
    }
  }

  bool has_shape(std::size_t parameter, const Shape& shape) const {
    if (parameter >= parameters_.size()) return false;
    const py::array& array = parameters_[parameter];
    return Shape(array.shape(), array.shape() + array.ndim()) == shape;
  }

  const Graph& graph_;
  const std::vector<py::array>& parameters_;
  std::vector<bool> is_made_;
};

// The values of inputs or outputs, and in `shapes` the shapes that they have for the user.
std::vector<std::size_t> ends_of(const py::sequence& ends, const std::vector<std::size_t>& sizes,
                                 std::vector<Shape>& shapes) {
  std::vector<std::size_t> values;
  for (const py::handle end : ends) {
    const auto fields = py::cast<py::tuple>(end);
    if (fields.size() != 2) refuse("an input or output is (value, shape)");
    values.push_back(py::cast<std::size_t>(fields[0]));
    shapes.push_back(shape_of(fields[1]));
    if (values.back() >= sizes.size() || element_count(shapes.back()) != sizes[values.back()])
      refuse("the shape of an input or output has as many elements as its value");
  }
  return values;
}

}  // namespace

NetworkGraph::NetworkGraph(const std::string& dtype_name, const py::sequence& sizes,
                           const py::sequence& inputs, const py::sequence& outputs,
                           const py::sequence& nodes, const py::sequence& parameter_arrays)
    : dtype(dtype_named(dtype_name, "network")) {
  for (const py::handle size : sizes) graph.sizes.push_back(py::cast<std::size_t>(size));
  graph.inputs = ends_of(inputs, graph.sizes, input_shapes);
  graph.outputs = ends_of(outputs, graph.sizes, output_shapes);
  for (const py::handle node : nodes) graph.nodes.push_back(node_of(py::cast<py::tuple>(node)));
  for (const py::handle array : parameter_arrays) {
    const Operand like("network: parameter", array);
    parameters.push_back(changeable(array, "network: parameter", dtype, like.shape()));
  }
  Checker(*this).check();
}

}  // namespace fastdense
