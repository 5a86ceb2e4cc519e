#include "network/graph.hpp"

#include "runtime/parallel.hpp"

namespace fastdense {

double Graph::work() const {
  double work = 0;
  for (const Node& node : nodes) {
    work += elementwise_work(sizes[node.output]);
    if (node.kind == Node::Kind::kDense) {
      work += static_cast<double>(sizes[node.output]) *
              static_cast<double>(columns(node, node.inputs[0]));
    }
  }
  return work;
}

std::size_t Graph::weight_size() const {
  std::size_t size = 0;
  for (const Node& node : nodes) {
    if (node.kind == Node::Kind::kDense)
      size += columns(node, node.inputs[0]) * columns(node, node.output);
  }
  return size;
}

}  // namespace fastdense
