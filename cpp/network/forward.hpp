// A node, forward.
#pragma once

#include <cstddef>
#include <cstdint>

#include "network/graph.hpp"
#include "ops/packed_matrix.hpp"
#include "ops/partition.hpp"

namespace fastdense {

// Makes the node's output from its inputs for `batch` samples. values[v] and parameters[p] are
// where they lie. z is null or gets what a kDense node's activation is applied to.
template <class T>
void run_forward(const Graph& graph, const Node& node, std::size_t batch, T* const* parameters,
                 T* const* values, T* z);

// The same for a kDense node whose weight is packed.
template <class T>
void run_packed(const Graph& graph, const Node& node, std::size_t batch,
                const PackedMatrix<T>& weight, T* const* parameters, T* const* values);

// The output of a kDropout node in training, for `samples` of a batch.
template <class T>
void run_dropout(const Graph& graph, const Node& node, Range samples, std::uint64_t seed,
                 T* const* values);

}  // namespace fastdense
