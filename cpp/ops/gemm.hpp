// Whole matrix products: blocking and threads around the kernels' panels.
#pragma once

#include <algorithm>
#include <cstddef>

#include "ops/sum.hpp"

namespace fastdense {

// A row-major matrix; ld: elements from one row to the next.
template <class T>
struct Matrix {
  T* data;
  std::size_t ld;

  T* at(std::size_t row, std::size_t column) const { return data + row * ld + column; }
};

template <class T>
class PackedMatrix;

// What a product is worth to threads, in multiply-adds: with little to compute per element, what
// reading a and b and writing c takes.
inline double gemm_work(std::size_t m, std::size_t n, std::size_t k) {
  constexpr double kWorkPerElement = 4;
  const double rows = static_cast<double>(m);
  const double columns = static_cast<double>(n);
  const double inner = static_cast<double>(k);
  return std::max(rows * columns * inner,
                  kWorkPerElement * (rows * inner + inner * columns + rows * columns));
}

// c (m x n) = bias + a b, every element summed in one order: bias first, then the inner index
// ascending, whatever m, the blocking and the threads are. A single long column of b makes dot
// products, in an order that depends on k alone.
template <class T>
struct GemmArgs {
  std::size_t m, n, k;
  Matrix<const T> a;  // (m x k), or (k x m) if a_is_transposed
  bool a_is_transposed;
  Matrix<const T> b;  // (k x n)
  const T* bias;      // [n], or null for zero
  Matrix<T> c;
  const PackedMatrix<T>* packed_b = nullptr;  // the same as b, which is then not read
  Sum sum = Sum::kStarts;                     // kGoesOn: with c instead of the bias
};

// What is to be done with a block of c while it is still in cache.
class BlockEpilogue {
 public:
  virtual void operator()(std::size_t row, std::size_t column, std::size_t rows,
                          std::size_t cols) const = 0;
  // Whether it does no more than c = max(c, 0) to this product's c, NaN staying NaN: panels may do
  // that on the way and not call it.
  virtual bool is_rectifier() const { return false; }

 protected:
  ~BlockEpilogue() = default;
};

// Computes c, then calls the epilogue (may be null) once for every block, on the thread that
// finished it, or does what that would.
template <class T>
void gemm(const GemmArgs<T>& args, const BlockEpilogue* epilogue);

// c (m x n) = a bᵀ with b (n x k); overwrites. The way is chosen by shape.
template <class T>
void gemm_transposed_b(std::size_t m, std::size_t n, std::size_t k, Matrix<const T> a,
                       Matrix<const T> b, Matrix<T> c);

}  // namespace fastdense
