// Transposition and column sums.
#include "kernel_test.hpp"

namespace fastdense::test {
namespace {

template <class T>
void test_transpose(const Subject<T>& subject) {
  const size_t max = 2 * subject.kernels.gemm_geometry.lanes + 2;
  Random random;
  GuardedMatrix<T> src(max * (max + 4)), dst(max * (max + 4));
  for (size_t rows = 0; rows <= max; ++rows) {
    for (size_t cols = 0; cols <= max; ++cols) {
      src.place(rows, cols, cols + random.below(4), random.side());
      dst.place(cols, rows, rows + random.below(4), random.side());
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < cols; ++j) src(i, j) = static_cast<T>(i * max + j);
      }
      subject.kernels.transpose(rows, cols, src.data(), src.ld(), dst.data(), dst.ld());
      bool equal = true;
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < cols; ++j) equal = equal && dst(j, i) == static_cast<T>(i * max + j);
      }
      CHECK(equal && dst.intact(), "%zu x %zu", rows, cols);
    }
  }
}

// The order of the additions is part of the contract.
template <class T>
void test_col_sum(const Subject<T>& subject) {
  const size_t max_cols = 9 * subject.kernels.gemm_geometry.lanes + 1;
  constexpr size_t kMaxRows = 37;
  Random random;
  GuardedMatrix<T> x(kMaxRows * (max_cols + 4)), sum(max_cols);
  const std::vector<T> special = special_values<T>();
  for (const size_t rows : {0, 1, 2, 3, 8, 37}) {
    for (size_t cols = 0; cols <= max_cols; ++cols) {
      x.place(rows, cols, cols + random.below(4), random.side());
      sum.place(cols, random.side());
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < cols; ++j)
          x(i, j) = random.below(50) == 0 ? special[random.below(special.size())]
                                          : static_cast<T>(random.uniform(-1, 1));
      }
      subject.kernels.col_sum(rows, cols, x.data(), x.ld(), sum.data());
      bool equal = sum.intact();
      for (size_t j = 0; j < cols; ++j) {
        T expected = 0;
        for (size_t i = 0; i < rows; ++i) expected += x(i, j);
        equal = equal && same(sum(0, j), expected);
      }
      CHECK(equal, "%zu x %zu", rows, cols);
    }
  }
}

}  // namespace

template <class T>
void matrix_test(const Subject<T>& subject) {
  subject.begin("transpose");
  test_transpose(subject);
  subject.begin("col_sum");
  test_col_sum(subject);
}

template void matrix_test(const Subject<float>&);
template void matrix_test(const Subject<double>&);

}  // namespace fastdense::test
