#include "network/inference.hpp"

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

#include "network/forward.hpp"
#include "network/layout.hpp"
#include "network/tiles.hpp"
#include "ops/partition.hpp"
#include "runtime/parallel.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {
namespace {

// Samples go through all layers in tiles: small ones beside small weights (100-256-256-2, 4096
// samples: 171 GFLOP/s in one tile, 201 in tiles of 96), else large ones (1024-1024-1024-1024-10,
// 256 samples: 153 in tiles of 96, 198 from 384 on).
constexpr std::size_t kTileBytes = std::size_t{256} << 10;
constexpr std::size_t kFewestSamples = 96;
constexpr std::size_t kSamplesOfLargeTile = 1024;

}  // namespace

template <class T>
Inference<T>::Inference(Graph graph, std::vector<T*> parameters)
    : graph_(std::move(graph)),
      parameters_(std::move(parameters)),
      weights_(parameters_.size()),
      offsets_(graph_.sizes.size(), kOutside) {
  // A value lives from the node that makes it to the last one that takes it.
  std::vector<std::size_t> last_use(graph_.sizes.size(), 0);
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
    for (const std::size_t input : graph_.nodes[i].inputs) last_use[input] = i;
  std::vector<bool> is_outside(graph_.sizes.size(), false);
  for (const std::size_t value : graph_.inputs) is_outside[value] = true;
  for (const std::size_t value : graph_.outputs) is_outside[value] = true;

  Layout layout;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (!is_outside[node.output]) offsets_[node.output] = layout.take(graph_.sizes[node.output]);
    for (const std::size_t input : node.inputs) {
      if (is_outside[input] || last_use[input] != i) continue;
      layout.give(offsets_[input], graph_.sizes[input]);
      last_use[input] = graph_.nodes.size();  // a node may take a value twice
    }
  }
  scratch_size_ = layout.size();
  const std::size_t sample_bytes = std::max<std::size_t>(1, scratch_size_) * sizeof(T);
  tile_ = has_small_weights<T>(graph_) ? std::max(kFewestSamples, kTileBytes / sample_bytes)
                                       : kSamplesOfLargeTile;
}

template <class T>
void Inference<T>::freeze() {
  for (const Node& node : graph_.nodes) {
    if (node.kind != Node::Kind::kDense) continue;
    const std::size_t out_features = graph_.columns(node, node.output);
    if (weights_[node.weight] == nullptr) {
      weights_[node.weight] = std::make_unique<PackedMatrix<T>>(
          graph_.columns(node, node.inputs[0]), out_features, parameters_[node.weight]);
    }
    if (node.bias == Node::kNone) continue;
    const T* bias = parameters_[node.bias];
    biases_.emplace_back(bias, bias + out_features);
    parameters_[node.bias] = biases_.back().data();
  }
}

template <class T>
void Inference<T>::run(std::size_t batch, const T* const* inputs, T* const* outputs) const {
  if (batch <= tile_) return run_tile(0, batch, inputs, outputs);
  const EvenParts tiles(batch, divide_up(batch, tile_));
  std::atomic<bool> lacks_memory{false};
  parallel_for(tiles.count(), graph_.work() * static_cast<double>(batch), [&](std::size_t i) {
    const SerialScope serial;
    try {
      run_tile(tiles[i].begin, tiles[i].size(), inputs, outputs);
    } catch (const std::bad_alloc&) {
      lacks_memory = true;
    }
  });
  if (lacks_memory) throw std::bad_alloc();
}

template <class T>
void Inference<T>::run_tile(std::size_t first, std::size_t batch, const T* const* inputs,
                            T* const* outputs) const {
  const Scratch<T> scratch(batch * scratch_size_);
  const Scratch<T*> pointers(graph_.sizes.size());
  T** values = pointers.data();
  for (std::size_t v = 0; v < offsets_.size(); ++v) {
    if (offsets_[v] != kOutside) values[v] = scratch.data() + batch * offsets_[v];
  }
  for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
    const std::size_t value = graph_.inputs[i];
    values[value] = const_cast<T*>(inputs[i]) + first * graph_.sizes[value];  // read only
  }
  for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
    const std::size_t value = graph_.outputs[i];
    values[value] = outputs[i] + first * graph_.sizes[value];
  }
  for (const Node& node : graph_.nodes) {
    if (node.kind == Node::Kind::kDense && weights_[node.weight] != nullptr) {
      run_packed(graph_, node, batch, *weights_[node.weight], parameters_.data(), values);
    } else {
      run_forward<T>(graph_, node, batch, parameters_.data(), values, nullptr);
    }
  }
}

template class Inference<float>;
template class Inference<double>;

}  // namespace fastdense
