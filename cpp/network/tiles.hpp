// How many samples go through a network together: batches are cut into tiles.
#pragma once

#include <algorithm>
#include <cstddef>

#include "network/graph.hpp"
#include "ops/partition.hpp"
#include "ops/sum.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {

// Where all weights stay in L2, so should the values of a tile; where they don't, they are read
// once per tile, which then had better be large.
template <class T>
bool has_small_weights(const Graph& graph) {
  return graph.weight_size() * sizeof(T) <= std::size_t{512} << 10;
}

// The tiles of training, whose gradients of parameters are sums over all of them.
class TrainingTiles {
 public:
  // The whole batch at once.
  TrainingTiles() = default;
  // What is kept of so many bytes per sample between forward and backward stays in L2
  // (32-64-64-64-64-16, 16384 samples: 151 GFLOP/s at once, 197 in tiles).
  explicit TrainingTiles(std::size_t sample_bytes) {
    const std::size_t blocks = kBytes / kRowsOfSum / std::max<std::size_t>(1, sample_bytes);
    length_ = std::max<std::size_t>(1, blocks) * kRowsOfSum;
  }

  // tile(samples) for consecutive parts of a batch; once if it is empty.
  template <class Tile>
  void for_each(std::size_t batch, const Tile& tile) const {
    const std::size_t length = num_threads() > 1 ? kTilesOfThreads * length_ : length_;
    Range samples{0, 0};
    do {
      // The last tile takes the rest, too: products of a few rows are summed in another order.
      const std::size_t left = batch - samples.begin;
      samples.end = length == 0 || left < length + kRowsOfSum ? batch : samples.begin + length;
      tile(samples);
      samples.begin = samples.end;
    } while (samples.begin < batch);
  }

 private:
  static constexpr std::size_t kBytes = std::size_t{768} << 10;
  // Threads share each operation on a tile, which must be worth it: they get so many at once
  // (32-64-64-64-64-16, 16384 samples, 2 threads: 174 GFLOP/s in single tiles, 266).
  static constexpr std::size_t kTilesOfThreads = 8;

  std::size_t length_ = 0;  // a multiple of kRowsOfSum, or 0
};

}  // namespace fastdense
