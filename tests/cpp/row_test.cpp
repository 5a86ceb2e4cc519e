// Softmax, log-softmax and sparsemax along rows, against plain loops in a wider type.
#include <algorithm>
#include <numeric>

#include "kernel_test.hpp"

namespace fastdense::test {
namespace {

using Real = long double;
using Row = std::vector<Real>;

constexpr size_t kMaxCols = 70;

// A row's result and its gradient; `bound` is in units of eps, and absolute.
struct RowOperation {
  const char* name;
  Row (*forward)(const Row& x);
  Row (*backward)(const Row& dy, const Row& y);
  // Of one element's forward result: z = x - max(x) carries a rounding error of its own into exp.
  Real (*bound)(Real z, Real y, size_t cols);
};

Row shifted(const Row& x) {
  const Real max = x.empty() ? 0 : *std::max_element(x.begin(), x.end());
  Row z;
  for (const Real value : x) z.push_back(value - max);
  return z;
}

Row softmax(const Row& x) {
  Row y = shifted(x);
  Real sum = 0;
  for (Real& value : y) sum += value = std::exp(value);
  for (Real& value : y) value /= sum;
  return y;
}
Row softmax_backward(const Row& dy, const Row& y) {
  const Real dot = std::inner_product(dy.begin(), dy.end(), y.begin(), Real(0));
  Row dx;
  for (size_t j = 0; j < y.size(); ++j) dx.push_back(y[j] * (dy[j] - dot));
  return dx;
}

Row log_softmax(const Row& x) {
  Row y = shifted(x);
  Real sum = 0;
  for (const Real value : y) sum += std::exp(value);
  for (Real& value : y) value -= std::log(sum);
  return y;
}
Row log_softmax_backward(const Row& dy, const Row& y) {
  const Real sum = std::accumulate(dy.begin(), dy.end(), Real(0));
  Row dx;
  for (size_t j = 0; j < y.size(); ++j) dx.push_back(dy[j] - std::exp(y[j]) * sum);
  return dx;
}

// By sorting, as in Martins and Astudillo, algorithm 1.
Row sparsemax(const Row& x) {
  Row y = shifted(x);
  Row sorted = y;
  std::sort(sorted.rbegin(), sorted.rend());
  Real sum = 0, tau = 0;
  for (size_t k = 0; k < sorted.size(); ++k) {
    sum += sorted[k];
    if (1 + static_cast<Real>(k + 1) * sorted[k] > sum) tau = (sum - 1) / static_cast<Real>(k + 1);
  }
  for (Real& value : y) value = std::max(value - tau, Real(0));
  return y;
}
Row sparsemax_backward(const Row& dy, const Row& y) {
  Real sum = 0, count = 0;
  for (size_t j = 0; j < y.size(); ++j) {
    if (y[j] > 0) {
      sum += dy[j];
      ++count;
    }
  }
  Row dx;
  for (size_t j = 0; j < y.size(); ++j) dx.push_back(y[j] > 0 ? dy[j] - sum / count : 0);
  return dx;
}

const RowOperation kSoftmax = {
    "softmax", softmax, softmax_backward,
    [](Real z, Real y, size_t cols) { return (8 + static_cast<Real>(cols) - z) * y; }};
const RowOperation kLogSoftmax = {
    "log_softmax", log_softmax, log_softmax_backward,
    [](Real z, Real, size_t cols) { return 8 + static_cast<Real>(cols) - 2 * z; }};
const RowOperation kSparsemax = {
    "sparsemax", sparsemax, sparsemax_backward,
    [](Real z, Real, size_t cols) { return 8 + static_cast<Real>(cols) - z; }};

// Rows of many kinds: ordinary, with ties, wide apart, all equal, close together, and twelfths,
// where a sparsemax threshold often meets an element.
constexpr size_t kKinds = 6;
template <class T>
T element(size_t kind, Random& random) {
  switch (kind) {
    case 0:
      return static_cast<T>(random.uniform(-2, 2));
    case 1:
      return static_cast<T>(random.below(5)) / T(4);
    case 2:
      return static_cast<T>(random.uniform(-300, 300));
    case 3:
      return T(1.7);
    case 4:
      return static_cast<T>(random.uniform(-0.1, 0.1));
    default:
      return static_cast<T>(random.below(13)) / T(12);
  }
}

template <class T>
Row row_of(const GuardedMatrix<T>& matrix, size_t i, size_t cols) {
  return Row(matrix.data() + i * cols, matrix.data() + (i + 1) * cols);
}

template <class T>
void check_rows(const RowOperation& operation, const RowKernels<T>& kernels, size_t rows,
                size_t cols, size_t kind, Random& random) {
  static GuardedMatrix<T> x(3 * kMaxCols), y(3 * kMaxCols), dy(3 * kMaxCols), dx(3 * kMaxCols),
      single(kMaxCols);
  for (GuardedMatrix<T>* matrix : {&x, &y, &dy, &dx})
    matrix->place(rows, cols, cols, random.side());
  for (size_t i = 0; i < rows * cols; ++i) {
    x.data()[i] = element<T>(kind, random);
    dy.data()[i] = static_cast<T>(random.uniform(-1, 1));
  }
  kernels.forward(rows, cols, x.data(), y.data());
  kernels.backward(rows, cols, dy.data(), y.data(), dx.data());
  const Real eps = std::numeric_limits<T>::epsilon();
  for (size_t i = 0; i < rows; ++i) {
    const Row z = shifted(row_of(x, i, cols));
    const Row expected = operation.forward(row_of(x, i, cols));
    const Row gradient = operation.backward(row_of(dy, i, cols), row_of(y, i, cols));
    single.place(cols, random.side());
    std::copy_n(x.data() + i * cols, cols, single.data());
    kernels.forward(1, cols, single.data(), single.data());
    bool close = true, alike = single.intact();
    for (size_t j = 0; j < cols; ++j) {
      close = close &&
              std::fabs(y(i, j) - expected[j]) <= operation.bound(z[j], expected[j], cols) * eps +
                                                      4 * std::numeric_limits<T>::denorm_min();
      close = close && std::fabs(dx(i, j) - gradient[j]) <= 4 * static_cast<Real>(cols + 8) * eps;
      alike = alike && same(y(i, j), single(0, j));
    }
    CHECK(close, "%s: row %zu of %zu x %zu, kind %zu", operation.name, i, rows, cols, kind);
    CHECK(alike, "%s: alone and in place, row %zu of %zu x %zu, kind %zu", operation.name, i, rows,
          cols, kind);
  }
  CHECK(x.intact() && y.intact() && dx.intact(), "%s: %zu x %zu", operation.name, rows, cols);
}

// One NaN, anywhere, makes its row NaN and no other; so does +inf under the subtraction of the
// maximum. -inf is a probability of zero.
template <class T>
void check_special(const RowOperation& operation, const RowKernels<T>& kernels, size_t cols,
                   size_t position) {
  const T infinity = std::numeric_limits<T>::infinity();
  std::vector<T> x(3 * cols), y(3 * cols);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(i % 7) / T(4);
  x[cols + position] = std::numeric_limits<T>::quiet_NaN();
  kernels.forward(3, cols, x.data(), y.data());
  bool right = true;
  for (size_t j = 0; j < cols; ++j)
    right =
        right && std::isfinite(y[j]) && std::isnan(y[cols + j]) && std::isfinite(y[2 * cols + j]);
  CHECK(right, "%s: NaN at %zu of %zu", operation.name, position, cols);
  if (cols == 1) return;

  x[cols + position] = -infinity;
  kernels.forward(3, cols, x.data(), y.data());
  const T nothing = operation.forward == log_softmax ? -infinity : T(0);
  right = y[cols + position] == nothing;
  for (size_t j = 0; j < cols; ++j) right = right && (j == position || std::isfinite(y[cols + j]));
  CHECK(right, "%s: -inf at %zu of %zu", operation.name, position, cols);
}

template <class T>
void test_operation(const Subject<T>& subject, const RowOperation& operation,
                    const RowKernels<T>& kernels) {
  subject.begin(operation.name);
  Random random;
  for (size_t cols = 0; cols <= kMaxCols; ++cols) {
    for (size_t rows = 0; rows <= 3; ++rows) {
      for (size_t kind = 0; kind < kKinds; ++kind)
        check_rows(operation, kernels, rows, cols, kind, random);
    }
    for (size_t position = 0; position < cols; ++position)
      check_special(operation, kernels, cols, position);
  }
}

}  // namespace

template <class T>
void row_test(const Subject<T>& subject) {
  test_operation(subject, kSoftmax, subject.kernels.softmax);
  test_operation(subject, kLogSoftmax, subject.kernels.log_softmax);
  test_operation(subject, kSparsemax, subject.kernels.sparsemax);
}

template void row_test(const Subject<float>&);
template void row_test(const Subject<double>&);

}  // namespace fastdense::test
