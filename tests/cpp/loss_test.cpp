// Losses of rows, against plain loops in a wider type.
#include <algorithm>

#include "kernel_test.hpp"
#include "loss_reference.hpp"

namespace fastdense::test {
namespace {

// Rows are short up to 64 columns; the sizes straddle that and vectors of 2 to 16 lanes.
constexpr size_t kColumns[] = {1,  2,  3,  4,  5,  7,  8,  9,  10, 15,
                               16, 17, 31, 32, 33, 47, 63, 64, 65, 100};
constexpr size_t kRows[] = {0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 33};
constexpr size_t kMostElements = 33 * 100;
constexpr double kScale = 0.3;

template <class T>
Limits limits() {
  return {static_cast<Real>(T(1e-7)), static_cast<Real>(T(1 - 1e-7))};
}

Expected sum_of(Element element, const Row& p, const Row& t, Limits limit) {
  Expected expected = {0, {}};
  for (size_t j = 0; j < p.size(); ++j) {
    const auto [loss, slope] = element(p[j], t[j], limit);
    expected.loss += loss;
    expected.gradient.push_back(slope);
  }
  return expected;
}

bool takes_labels(const LossCase& one) { return one.id >= LossId::kSparseCategoricalCrossentropy; }

template <class T>
T element(Domain domain, Random& random) {
  if (domain == Domain::kReal) return static_cast<T>(random.uniform(-4, 4));
  if (domain == Domain::kPositive) return static_cast<T>(random.uniform(0, 4));
  // Now and then exactly 0 or 1, which losses clip.
  const size_t kind = random.below(12);
  return kind < 2 ? static_cast<T>(kind) : static_cast<T>(random.uniform(0.01, 0.99));
}

// A batch, and what is expected of it.
template <class T>
struct Batch {
  GuardedMatrix<T> y_pred{kMostElements}, y_true{kMostElements}, grad{kMostElements};
  GuardedMatrix<T> weight{kMostElements}, row_loss{kMostElements};
  GuardedMatrix<int64_t> labels{kMostElements};

  void place(size_t rows, size_t cols, Random& random) {
    for (GuardedMatrix<T>* matrix : {&y_pred, &y_true, &grad})
      matrix->place(rows, cols, cols, random.side());
    weight.place(rows, random.side());
    row_loss.place(rows, random.side());
    labels.place(rows, random.side());
  }
  void fill(const LossCase& one, size_t rows, size_t cols, Random& random) {
    for (size_t i = 0; i < rows; ++i) {
      labels(0, i) = static_cast<int64_t>(random.below(cols));
      weight(0, i) = static_cast<T>(random.uniform(0, 2));
      for (size_t j = 0; j < cols; ++j) {
        y_pred(i, j) = element<T>(one.predictions, random);
        const T hot = static_cast<int64_t>(j) == labels(0, i) ? T(1) : T(0);
        y_true(i, j) = one.targets == Domain::kDistribution ? hot : element<T>(one.targets, random);
      }
      // A row that sums to zero is no distribution.
      y_pred(i, random.below(cols)) = T(0.625);
    }
  }
  LossKernelArgs<T> args(const LossCase& one, size_t rows, size_t cols) {
    const double divisor = one.element == nullptr ? 1 : static_cast<double>(cols);
    LossKernelArgs<T> args = {};
    args.rows = rows;
    args.cols = cols;
    args.y_pred = y_pred.data();
    (takes_labels(one) ? args.y_true = nullptr : args.y_true = y_true.data());
    args.labels = takes_labels(one) ? labels.data() : nullptr;
    args.weight = weight.data();
    args.target_factor = 1;
    args.delta = kDelta;
    args.divisor = divisor;
    args.scale = kScale;
    args.grad = grad.data();
    args.row_loss = row_loss.data();
    return args;
  }
  bool intact() const {
    return y_pred.intact() && y_true.intact() && grad.intact() && weight.intact() &&
           row_loss.intact() && labels.intact();
  }
};

template <class T>
Row row_of(const GuardedMatrix<T>& matrix, size_t i, size_t cols) {
  return Row(matrix.data() + i * cols, matrix.data() + (i + 1) * cols);
}

// Terms and quotients are within a few ulp; sums of `cols` of them add as many roundings.
template <class T>
bool close(T actual, Real expected, size_t cols, Real size) {
  const Real eps = std::numeric_limits<T>::epsilon();
  return std::fabs(actual - expected) <= static_cast<Real>(cols + 24) * eps * (1 + size);
}

template <class T>
void check_batch(const Subject<T>& subject, const LossCase& one, size_t rows, size_t cols,
                 Random& random) {
  static Batch<T> batch;
  batch.place(rows, cols, random);
  batch.fill(one, rows, cols, random);
  const LossKernelArgs<T> args = batch.args(one, rows, cols);
  const auto kernel = subject.kernels.loss[static_cast<int>(one.id)];
  kernel(args);
  CHECK(batch.intact(), "%s: %zu x %zu", one.name, rows, cols);
  for (size_t i = 0; i < rows; ++i) {
    const Row p = row_of(batch.y_pred, i, cols), t = row_of(batch.y_true, i, cols);
    const Expected expected = one.element != nullptr ? sum_of(one.element, p, t, limits<T>())
                                                     : one.row(p, t, limits<T>());
    const Real weight = batch.weight(0, i);
    const Real loss = weight * expected.loss / static_cast<Real>(args.divisor);
    // The sizes of what is added up, which may cancel.
    Real size = std::fabs(loss), slope_size = 0;
    for (const Real slope : expected.gradient) slope_size = std::max(slope_size, std::fabs(slope));
    bool right = close(batch.row_loss(0, i), loss, cols, 8 + size);
    CHECK(right, "%s: loss of row %zu of %zu x %zu: %.9g, expected %.9Lg", one.name, i, rows, cols,
          static_cast<double>(batch.row_loss(0, i)), loss);
    right = true;
    for (size_t j = 0; j < cols; ++j) {
      const Real slope =
          Real(kScale) / static_cast<Real>(args.divisor) * weight * expected.gradient[j];
      right = right && close(batch.grad(i, j), slope, cols, slope_size);
    }
    CHECK(right, "%s: gradient of row %zu of %zu x %zu", one.name, i, rows, cols);
  }
}

// Without weights, which count as ones, and without a gradient; row by row. The bits stay.
template <class T>
void check_alone(const Subject<T>& subject, const LossCase& one, size_t rows, size_t cols,
                 Random& random) {
  static Batch<T> batch;
  batch.place(rows, cols, random);
  batch.fill(one, rows, cols, random);
  for (size_t i = 0; i < rows; ++i) batch.weight(0, i) = T(1);
  const LossKernelArgs<T> args = batch.args(one, rows, cols);
  const auto kernel = subject.kernels.loss[static_cast<int>(one.id)];
  kernel(args);
  for (size_t i = 0; i < rows; ++i) {
    T loss = 0;
    LossKernelArgs<T> single = args;
    single.rows = 1;
    single.y_pred += i * cols;
    if (args.y_true != nullptr) single.y_true += i * cols;
    if (args.labels != nullptr) single.labels += i;
    single.weight = nullptr;
    single.grad = nullptr;
    single.row_loss = &loss;
    kernel(single);
    CHECK(same(loss, batch.row_loss(0, i)), "%s: row %zu of %zu x %zu alone", one.name, i, rows,
          cols);
  }
}

// A NaN is in its own row's loss and in the gradient beside it, and nowhere else.
template <class T>
void check_nan(const Subject<T>& subject, const LossCase& one, size_t cols, Random& random) {
  static Batch<T> batch;
  constexpr size_t kCount = 5;
  const size_t column = random.below(cols);
  batch.place(kCount, cols, random);
  batch.fill(one, kCount, cols, random);
  batch.y_pred(2, column) = std::numeric_limits<T>::quiet_NaN();
  subject.kernels.loss[static_cast<int>(one.id)](batch.args(one, kCount, cols));
  const bool has_slope = one.id != LossId::kHinge && one.id != LossId::kCategoricalHinge;
  CHECK(std::isnan(batch.row_loss(0, 2)), "%s: %zu columns", one.name, cols);
  CHECK(!has_slope || std::isnan(batch.grad(2, column)), "%s: gradient, %zu columns", one.name,
        cols);
  for (const size_t i : {0, 1, 3, 4}) {
    bool finite = std::isfinite(batch.row_loss(0, i));
    for (size_t j = 0; j < cols; ++j) finite = finite && std::isfinite(batch.grad(i, j));
    CHECK(finite, "%s: row %zu, %zu columns", one.name, i, cols);
  }
}

// Far apart logits: the loss is their distance and the gradient doesn't vanish; classes that are
// impossible leave no trace.
template <class T>
void check_saturated(const Subject<T>& subject, size_t cols) {
  std::vector<T> x(cols, -std::numeric_limits<T>::infinity()), grad(cols);
  x[0] = T(1000);
  x[1] = T(0);
  const int64_t label = 1;
  T loss = 0;
  subject.kernels.loss[static_cast<int>(LossId::kSparseCategoricalCrossentropyFromLogits)](
      {1, cols, x.data(), nullptr, &label, nullptr, 1, 0, 0, 1, 1, grad.data(), &loss});
  CHECK(loss == T(1000) && grad[0] == T(1) && grad[1] == T(-1), "%zu columns: %g, %g, %g", cols,
        static_cast<double>(loss), static_cast<double>(grad[0]), static_cast<double>(grad[1]));
  CHECK(std::all_of(grad.begin() + 2, grad.end(), [](T g) { return g == 0; }), "%zu columns", cols);
}

}  // namespace

template <class T>
void loss_test(const Subject<T>& subject) {
  Random random;
  for (const LossCase& one : kLosses) {
    subject.begin(one.name);
    for (const size_t cols : kColumns) {
      for (const size_t rows : kRows) check_batch(subject, one, rows, cols, random);
      check_alone(subject, one, 19, cols, random);
      check_nan(subject, one, cols, random);
    }
  }
  subject.begin("saturated softmax");
  for (const size_t cols : {2, 3, 10, 64, 65, 200}) check_saturated(subject, cols);
}

template void loss_test(const Subject<float>&);
template void loss_test(const Subject<double>&);

}  // namespace fastdense::test
