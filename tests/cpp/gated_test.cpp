// The gated linear unit and the parametric ReLU.
#include "kernel_test.hpp"

namespace fastdense::test {
namespace {

using Real = long double;

constexpr size_t kMaxCols = 140;
constexpr size_t kMaxRows = 5;

Real sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }

template <class T>
bool is_close(T got, Real expected, Real size) {
  return std::fabs(got - expected) <= 8 * std::numeric_limits<T>::epsilon() * std::fabs(size) +
                                          std::numeric_limits<T>::denorm_min();
}

template <class T>
void fill(const GuardedMatrix<T>& matrix, size_t n, Random& random) {
  for (size_t i = 0; i < n; ++i) matrix.data()[i] = static_cast<T>(random.uniform(-9, 9));
}

template <class T>
void check_glu(const Subject<T>& subject, size_t rows, size_t half, Random& random) {
  static GuardedMatrix<T> x(kMaxRows * kMaxCols), y(kMaxRows * kMaxCols), dy(kMaxRows * kMaxCols),
      dx(kMaxRows * kMaxCols);
  x.place(rows * 2 * half, random.side());
  dx.place(rows * 2 * half, random.side());
  y.place(rows * half, random.side());
  dy.place(rows * half, random.side());
  fill(x, rows * 2 * half, random);
  fill(dy, rows * half, random);
  subject.kernels.glu(rows, 2 * half, x.data(), y.data());
  subject.kernels.glu_backward(rows, 2 * half, dy.data(), x.data(), dx.data());
  bool close = true;
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < half; ++j) {
      const Real a = x.data()[i * 2 * half + j];
      const Real s = sigmoid(x.data()[i * 2 * half + half + j]);
      const Real g = dy.data()[i * half + j];
      close = close && is_close(y.data()[i * half + j], a * s, a * s);
      close = close && is_close(dx.data()[i * 2 * half + j], g * s, g * s);
      close = close && is_close(dx.data()[i * 2 * half + half + j], g * a * s * (1 - s), g * a * s);
    }
  }
  CHECK(close && x.intact() && y.intact() && dx.intact(), "%zu x %zu", rows, 2 * half);
}

// A NaN stays where it is.
template <class T>
void check_glu_nan(const Subject<T>& subject, size_t half, size_t position) {
  std::vector<T> x(2 * half, T(1)), y(half);
  x[position] = std::numeric_limits<T>::quiet_NaN();
  subject.kernels.glu(1, 2 * half, x.data(), y.data());
  bool right = true;
  for (size_t j = 0; j < half; ++j) right = right && std::isnan(y[j]) == (j == position % half);
  CHECK(right, "NaN at %zu of 2 x %zu", position, half);
}

// Products are rounded once and sums made in ascending order, so nothing is left open.
template <class T>
void check_prelu(const Subject<T>& subject, size_t rows, size_t cols, Random& random) {
  static GuardedMatrix<T> x(kMaxRows * kMaxCols), y(kMaxRows * kMaxCols), dy(kMaxRows * kMaxCols),
      dx(kMaxRows * kMaxCols), alpha(kMaxCols), dalpha(kMaxCols);
  for (GuardedMatrix<T>* matrix : {&x, &y, &dy, &dx}) matrix->place(rows * cols, random.side());
  alpha.place(cols, random.side());
  dalpha.place(cols, random.side());
  fill(x, rows * cols, random);
  fill(dy, rows * cols, random);
  fill(alpha, cols, random);
  const std::vector<T> special = special_values<T>();
  for (size_t i = 0; i < rows * cols; ++i) {
    if (random.below(8) == 0) x.data()[i] = special[random.below(special.size())];
  }
  subject.kernels.prelu(rows, cols, x.data(), alpha.data(), y.data());
  subject.kernels.prelu_backward(rows, cols, dy.data(), x.data(), alpha.data(), dx.data(),
                                 dalpha.data());
  bool equal = true;
  for (size_t j = 0; j < cols; ++j) {
    const T a = alpha.data()[j];
    T sum = 0;
    for (size_t i = 0; i < rows; ++i) {
      const T v = x.data()[i * cols + j];
      const T g = dy.data()[i * cols + j];
      equal = equal && same(y.data()[i * cols + j], v > 0 ? v : a * v) &&
              same(dx.data()[i * cols + j], v > 0 ? g : a * g);
      sum += v > 0 ? T(0) : g * v;
    }
    equal = equal && same(dalpha.data()[j], sum);
  }
  CHECK(equal && y.intact() && dx.intact() && dalpha.intact(), "%zu x %zu", rows, cols);
}

}  // namespace

template <class T>
void gated_test(const Subject<T>& subject) {
  Random random;
  subject.begin("glu");
  for (const size_t rows : {0, 1, 2, 5}) {
    for (size_t half = 0; half <= kMaxCols / 2; ++half) check_glu(subject, rows, half, random);
  }
  for (size_t half = 1; half <= kMaxCols / 2; half += 3) {
    for (size_t position = 0; position < 2 * half; ++position)
      check_glu_nan(subject, half, position);
  }
  subject.begin("prelu");
  for (const size_t rows : {0, 1, 2, 5}) {
    for (size_t cols = 0; cols <= kMaxCols; ++cols) check_prelu(subject, rows, cols, random);
  }
}

template void gated_test(const Subject<float>&);
template void gated_test(const Subject<double>&);

}  // namespace fastdense::test
