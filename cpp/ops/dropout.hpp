// Inverted dropout, forward and backward: the same map, made from the seed again each time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fastdense {

struct DropoutConfig {
  double rate;  // in [0, 1]
  std::uint64_t seed;
  std::size_t first = 0;  // number of the first element, a multiple of kDropoutBlock
};

// y[i] = keep[i] ? x[i] / (1 - rate) : 0, where keep depends on seed and first + i only. Rate 1
// drops everything.
template <class T>
void dropout(const DropoutConfig& config, std::size_t n, const T* x, T* y);

// The same with one decision per element of an array of shape `noise_shape`, broadcast to x's
// shape. Both shapes have the same rank.
template <class T>
void dropout_broadcast(const DropoutConfig& config, const std::vector<std::size_t>& shape,
                       const std::vector<std::size_t>& noise_shape, const T* x, T* y);

}  // namespace fastdense
