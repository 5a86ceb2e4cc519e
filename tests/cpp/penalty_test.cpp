// Sums and gradients of penalties, rescaled columns, sums of arrays.
#include "kernel_test.hpp"

namespace fastdense::test {
namespace {

// Around the vectors and the turns of every loop: a turn sums 8 vectors of doubles.
template <class T>
size_t most_elements(const Subject<T>& subject) {
  return 17 * subject.kernels.gemm_geometry.lanes + 1;
}

template <class T>
void fill(GuardedMatrix<T>& x, size_t n, Random& random) {
  for (size_t i = 0; i < n; ++i) x.data()[i] = static_cast<T>(random.uniform(-1, 1));
}

// Squares of floats are exact in double, sums are not: n + 1 roundings at most, all terms positive.
template <class T>
void test_sums(const Subject<T>& subject) {
  const size_t most = most_elements(subject);
  constexpr double kUnit = std::numeric_limits<double>::epsilon() / 2;
  Random random;
  GuardedMatrix<T> x(most);
  for (size_t n = 0; n <= most; ++n) {
    x.place(n, random.side());
    fill(x, n, random);
    long double magnitudes = 0, squares = 0;
    for (size_t i = 0; i < n; ++i) {
      const long double v = x.data()[i];
      magnitudes += std::fabs(v);
      squares += v * v;
    }
    const double sum_abs = subject.kernels.sum_of_magnitudes(n, x.data());
    const double sum_squares = subject.kernels.sum_of_squares(n, x.data());
    const double bound = static_cast<double>(n + 1) * kUnit;
    CHECK(std::fabs(sum_abs - magnitudes) <= bound * magnitudes, "n %zu: %.17g", n, sum_abs);
    CHECK(std::fabs(sum_squares - squares) <= bound * squares, "n %zu: %.17g", n, sum_squares);
    CHECK(x.intact(), "n %zu", n);
  }
}

// One special element among ones: infinities and NaN show, nothing else is lost.
template <class T>
void test_special_sums(const Subject<T>& subject) {
  const size_t n = most_elements(subject);
  GuardedMatrix<T> x(n);
  for (const T special : special_values<T>()) {
    for (size_t position = 0; position < n; ++position) {
      x.place(n, Side::kEnd);
      for (size_t i = 0; i < n; ++i) x.data()[i] = i == position ? special : T(0);
      const double v = special;
      const double sum_abs = subject.kernels.sum_of_magnitudes(n, x.data());
      const double sum_squares = subject.kernels.sum_of_squares(n, x.data());
      CHECK(same(sum_abs, std::fabs(v)), "%g at %zu: %g", v, position, sum_abs);
      CHECK(same(sum_squares, v * v), "%g at %zu: %g", v, position, sum_squares);
    }
  }
}

template <class T>
T sign_of(T v) {
  return std::isnan(v) ? v : static_cast<T>((v > 0) - (v < 0));
}

// By definition, one element at a time: the same bits, but for the rounding of the product that a
// multiply-add doesn't have.
template <class T>
void test_gradient(const Subject<T>& subject) {
  const size_t most = most_elements(subject);
  const std::vector<T> special = special_values<T>();
  const PenaltyGradientArgs cases[] = {
      {0.25, 0, 1}, {0, 0.1, 1}, {0.3, 0.7, 1}, {0.3, 0.7, 1. / 3}};
  Random random;
  GuardedMatrix<T> w(most), grad(most);
  for (const PenaltyGradientArgs& args : cases) {
    const T l1 = static_cast<T>(args.l1), slope = static_cast<T>(2 * args.l2);
    const T scale = static_cast<T>(args.scale);
    for (size_t n = 0; n <= most; ++n) {
      w.place(n, random.side());
      grad.place(n, random.side());
      fill(grad, n, random);
      for (size_t i = 0; i < n; ++i) w.data()[i] = special[random.below(special.size())];
      std::vector<T> expected(n);
      for (size_t i = 0; i < n; ++i) {
        const T v = w.data()[i], kink = l1 * sign_of(v);
        const T both = subject.fused ? std::fma(slope, v, kink) : slope * v + kink;
        expected[i] = grad.data()[i] + scale * (args.l2 == 0 ? kink : both);
      }
      subject.kernels.add_penalty_gradient(n, w.data(), grad.data(), args);
      bool equal = w.intact() && grad.intact();
      for (size_t i = 0; i < n; ++i) equal = equal && same(grad.data()[i], expected[i]);
      CHECK(equal, "l1 %g, l2 %g, scale %g, n %zu", args.l1, args.l2, args.scale, n);
    }
  }
}

// A penalty of -0 or of what underflows adds +0, so that a gradient of -0 becomes +0.
template <class T>
void test_gradient_at_zero(const Subject<T>& subject) {
  for (const T zero : {T(0), T(-0.0)}) {
    for (const double l2 : {0.0, 0.5}) {
      const T w = zero;
      T grad = T(-0.0);
      subject.kernels.add_penalty_gradient(1, &w, &grad, {0.5, l2, 1});
      CHECK(same(grad, T(0)), "w %g, l2 %g: %g", static_cast<double>(w), l2,
            static_cast<double>(grad));
    }
  }
}

template <class T>
void test_columns(const Subject<T>& subject) {
  constexpr size_t kMostRows = 9;
  const size_t most_cols = 5 * subject.kernels.gemm_geometry.lanes + 1;
  Random random;
  GuardedMatrix<T> x(kMostRows * most_cols), sum(most_cols);
  for (const size_t rows : {0, 1, 2, 9}) {
    for (size_t cols = 0; cols <= most_cols; ++cols) {
      x.place(rows, cols, cols, random.side());
      fill(x, rows * cols, random);
      sum.place(cols, random.side());
      subject.kernels.col_sum_squares(rows, cols, x.data(), sum.data());
      std::vector<T> expected(cols), scaled(rows * cols);
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < cols; ++j) expected[j] += x(i, j) * x(i, j);
      }
      bool equal = x.intact() && sum.intact();
      for (size_t j = 0; j < cols; ++j) equal = equal && same(sum(0, j), expected[j]);
      CHECK(equal, "col_sum_squares %zu x %zu", rows, cols);

      for (size_t i = 0; i < rows * cols; ++i) scaled[i] = x.data()[i] * sum(0, i % cols);
      subject.kernels.scale_columns(rows, cols, sum.data(), x.data());
      equal = x.intact() && sum.intact();
      for (size_t i = 0; i < rows * cols; ++i) equal = equal && same(x.data()[i], scaled[i]);
      CHECK(equal, "scale_columns %zu x %zu", rows, cols);
    }
  }
}

template <class T>
void test_scale_and_add(const Subject<T>& subject) {
  const size_t most = most_elements(subject);
  Random random;
  GuardedMatrix<T> a(most), b(most), y(most);
  for (size_t n = 0; n <= most; ++n) {
    for (GuardedMatrix<T>* x : {&a, &b, &y}) {
      x->place(n, random.side());
      fill(*x, n, random);
    }
    std::vector<T> sums(n), scaled(n);
    for (size_t i = 0; i < n; ++i) {
      sums[i] = a.data()[i] + b.data()[i];
      scaled[i] = sums[i] * T(0.3);
    }
    subject.kernels.add(n, a.data(), b.data(), y.data());
    subject.kernels.add(n, a.data(), b.data(), a.data());
    subject.kernels.scale(n, T(0.3), y.data());
    bool equal = a.intact() && b.intact() && y.intact();
    for (size_t i = 0; i < n; ++i)
      equal = equal && same(a.data()[i], sums[i]) && same(y.data()[i], scaled[i]);
    CHECK(equal, "n %zu", n);
  }
}

}  // namespace

template <class T>
void penalty_test(const Subject<T>& subject) {
  subject.begin("sums of magnitudes, squares");
  test_sums(subject);
  test_special_sums(subject);
  subject.begin("penalty gradient");
  test_gradient(subject);
  test_gradient_at_zero(subject);
  subject.begin("rescaled columns");
  test_columns(subject);
  subject.begin("scale, add");
  test_scale_and_add(subject);
}

template void penalty_test(const Subject<float>&);
template void penalty_test(const Subject<double>&);

}  // namespace fastdense::test
