// A matrix laid out once for the products it will be the right operand of.
#pragma once

#include <algorithm>
#include <cstddef>

#include "ops/gemm.hpp"
#include "ops/partition.hpp"
#include "runtime/isa.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {

// Panels of columns, as wide as kernels take them at once, each contiguous: they are read in one
// stream, and their rows don't compete for cache. A single column is a panel by itself.
template <class T>
class PackedMatrix {
 public:
  // A copy of a contiguous matrix. Throws std::bad_alloc.
  PackedMatrix(std::size_t rows, std::size_t columns, const T* data)
      : rows_(rows),
        lanes_(kernels<T>().gemm_geometry.lanes),
        width_(columns == 1 ? 1 : kernels<T>().gemm_geometry.panel_vectors * lanes_),
        panels_(divide_up(columns, lanes_), divide_up(columns, width_)) {
    T* packed = static_cast<T*>(memory_.reserve(panels_.count() * rows_ * width_ * sizeof(T)));
    data_ = packed;
    for (std::size_t i = 0; i < panels_.count(); ++i) {
      const std::size_t first = panels_[i].begin * lanes_;
      const std::size_t count = std::min(columns, panels_[i].end * lanes_) - first;
      for (std::size_t row = 0; row < rows_; ++row, packed += width_) {
        std::copy_n(data + row * columns + first, count, packed);
        std::fill(packed + count, packed + width_, T{0});
      }
    }
  }

  // In vectors of columns.
  const EvenParts& panels() const { return panels_; }
  Matrix<const T> panel(std::size_t i) const { return {data_ + i * rows_ * width_, width_}; }

 private:
  std::size_t rows_, lanes_, width_;
  EvenParts panels_;
  Arena memory_;
  const T* data_;
};

}  // namespace fastdense
