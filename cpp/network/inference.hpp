// A network's forward pass as one call.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "network/graph.hpp"
#include "ops/packed_matrix.hpp"

namespace fastdense {

// Many threads may run one Inference at once.
template <class T>
class Inference {
 public:
  // parameters: as nodes number them; they stay where they are, and are read anew in every run.
  Inference(Graph graph, std::vector<T*> parameters);

  // From now on uses copies of the parameters as they are now, laid out for speed. Throws
  // std::bad_alloc. To be called before the first run.
  void freeze();

  const Graph& graph() const { return graph_; }
  // inputs[i]: (batch x size of the graph's i-th input), outputs likewise; overwritten. A sample's
  // result doesn't depend on the others. Throws std::bad_alloc.
  void run(std::size_t batch, const T* const* inputs, T* const* outputs) const;

 private:
  void run_tile(std::size_t first, std::size_t batch, const T* const* inputs,
                T* const* outputs) const;

  static constexpr std::size_t kOutside = static_cast<std::size_t>(-1);

  Graph graph_;
  std::vector<T*> parameters_;
  std::vector<std::unique_ptr<PackedMatrix<T>>> weights_;  // by parameter; null if not packed
  std::vector<std::vector<T>> biases_;
  std::vector<std::size_t> offsets_;  // of values in scratch, per sample, or kOutside
  std::size_t scratch_size_;          // per sample
  std::size_t tile_;                  // samples
};

}  // namespace fastdense
