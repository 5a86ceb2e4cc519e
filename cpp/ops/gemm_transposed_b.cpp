// c = a bᵀ, in the way that suits its shape.
#include "ops/gemm.hpp"
#include "ops/partition.hpp"
#include "ops/scratch_matrix.hpp"
#include "ops/transpose.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {
namespace {

// The ways to c = a bᵀ.
enum class TransposedB {
  kDotProducts,     // rows of a times rows of b, read where they lie
  kTransposeB,      // bᵀ into scratch, then an ordinary product
  kTransposeAAndC,  // cᵀ = b aᵀ, which needs two small transpositions instead of a large one
};

template <class T>
TransposedB choose_transposed_b(std::size_t m, std::size_t n, std::size_t k) {
  // So few columns leave too many lanes of the product cᵀ = b aᵀ idle.
  if (m <= kernels<T>().gemm_geometry.lanes * 3 / 4) return TransposedB::kDotProducts;
  return m * (n + k) < n * k ? TransposedB::kTransposeAAndC : TransposedB::kTransposeB;
}

template <class T>
class TransposeBlock final : public BlockEpilogue {
 public:
  TransposeBlock(Matrix<const T> src, Matrix<T> dst) : src_(src), dst_(dst) {}
  void operator()(std::size_t row, std::size_t column, std::size_t rows,
                  std::size_t cols) const override {
    kernels<T>().transpose(rows, cols, src_.at(row, column), src_.ld, dst_.at(column, row),
                           dst_.ld);
  }

 private:
  Matrix<const T> src_;
  Matrix<T> dst_;
};

template <class T>
void gemm_dot(std::size_t m, std::size_t n, std::size_t k, Matrix<const T> a, Matrix<const T> b,
              Matrix<T> c) {
  const EqualParts columns(n, 64);
  parallel_for(columns.count(), gemm_work(m, n, k), [=](std::size_t i) {
    const Range part = columns[i];
    kernels<T>().gemm_dot(m, part.size(), k, a.data, a.ld, b.at(part.begin, 0), b.ld,
                          c.at(0, part.begin), c.ld);
  });
}

}  // namespace

template <class T>
void gemm_transposed_b(std::size_t m, std::size_t n, std::size_t k, Matrix<const T> a,
                       Matrix<const T> b, Matrix<T> c) {
  switch (choose_transposed_b<T>(m, n, k)) {
    case TransposedB::kDotProducts:
      return gemm_dot(m, n, k, a, b, c);
    case TransposedB::kTransposeB: {
      const ScratchMatrix<T> bt(k, n);
      transpose(n, k, b, bt.view());
      return gemm<T>({m, n, k, a, false, bt.const_view(), nullptr, c}, nullptr);
    }
    case TransposedB::kTransposeAAndC: {
      const ScratchMatrix<T> at(k, m);
      const ScratchMatrix<T> ct(n, m);
      transpose(m, k, a, at.view());
      const TransposeBlock<T> into_c(ct.const_view(), c);
      return gemm<T>({n, m, k, b, false, at.const_view(), nullptr, ct.view()}, &into_c);
    }
  }
}

template void gemm_transposed_b(std::size_t, std::size_t, std::size_t, Matrix<const float>,
                                Matrix<const float>, Matrix<float>);
template void gemm_transposed_b(std::size_t, std::size_t, std::size_t, Matrix<const double>,
                                Matrix<const double>, Matrix<double>);

}  // namespace fastdense
