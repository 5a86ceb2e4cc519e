// A temporary matrix whose rows don't compete for cache.
#pragma once

#include "ops/gemm.hpp"
#include "ops/partition.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {

// Rows this many bytes apart share the few places that a set of the first and second cache level
// has.
constexpr std::size_t kAliasingBytes = 4096;

template <class T>
class ScratchMatrix {
 public:
  ScratchMatrix(std::size_t rows, std::size_t columns)
      : ld_(odd_lines(columns)), block_(rows * ld_) {}

  Matrix<T> view() const { return {block_.data(), ld_}; }
  Matrix<const T> const_view() const { return {block_.data(), ld_}; }

 private:
  // An odd number of cache lines never repeats a place soon.
  static std::size_t odd_lines(std::size_t columns) {
    constexpr std::size_t kLine = 64 / sizeof(T);
    return (divide_up(columns, kLine) | 1) * kLine;
  }

  std::size_t ld_;
  Scratch<T> block_;
};

}  // namespace fastdense
