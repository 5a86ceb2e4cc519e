// The elementwise activations and their gradients.
//
// How exact they are on every number there is, tests/cpp/ulp finds out. Here: the right function,
// the same value wherever a number stands, nothing touched but what is given.
#include <algorithm>

#include "activation_reference.hpp"
#include "kernel_test.hpp"

namespace fastdense::test {
namespace {

constexpr size_t kMaxLength = 70;

template <class T>
struct Tested {
  const char* name;
  const ActivationKernel<T>& kernel;
  const ActivationParams& params;
  size_t lanes;

  T forward(T x) const {
    T y = 0;
    kernel.forward(1, 1, &x, 1, &y, 1, params);
    return y;
  }
  T backward(T dy, T saved) const {
    T dz = 0;
    kernel.backward(1, 1, &dy, 1, &saved, 1, &dz, 1, nullptr, params);
    return dz;
  }
};

// The special numbers and as many ordinary ones between them.
template <class T>
std::vector<T> inputs() {
  std::vector<T> values;
  Random random;
  for (const T value : special_values<T>()) {
    values.push_back(value);
    values.push_back(static_cast<T>(random.uniform(-8, 8)));
  }
  return values;
}

// Every number at every position of rows of every length.
template <class T>
void test_positions(const Tested<T>& tested, ActivationId) {
  const std::vector<T> values = inputs<T>();
  std::vector<T> expected;
  for (const T value : values) expected.push_back(tested.forward(value));
  Random random;
  GuardedMatrix<T> x(kMaxLength), y(kMaxLength);
  for (size_t n = 0; n <= kMaxLength; ++n) {
    for (size_t start = 0; start < values.size(); ++start) {
      const bool in_place = random.below(2) == 0;
      x.place(n, random.side());
      y.place(n, random.side());
      const GuardedMatrix<T>& source = in_place ? y : x;
      for (size_t i = 0; i < n; ++i) source(0, i) = values[(start + i) % values.size()];
      tested.kernel.forward(1, n, source.data(), n, y.data(), n, tested.params);
      size_t wrong = n;
      for (size_t i = n; i-- > 0;) {
        const size_t v = (start + i) % values.size();
        if (!same(y(0, i), expected[v]) || (!in_place && !same(x(0, i), values[v]))) wrong = i;
      }
      CHECK(wrong == n && x.intact() && y.intact(), "%s: n %zu, element %zu of %g", tested.name, n,
            wrong, static_cast<double>(values[(start + wrong) % values.size()]));
    }
  }
}

// NaN stays NaN; ordinary numbers give what the definition says.
template <class T>
void test_values(const Tested<T>& tested, ActivationId id) {
  const T nan = tested.forward(std::numeric_limits<T>::quiet_NaN());
  CHECK(std::isnan(nan), "%s(NaN) = %g", tested.name, static_cast<double>(nan));
  for (int i = -4000; i <= 4000; ++i) {
    const T x = static_cast<T>(i) / T(211);
    const Real want = activation_reference(id, tested.params, x);
    const Real got = tested.forward(x);
    const Real bound = 4 * std::numeric_limits<T>::epsilon() * std::fabs(want) +
                       std::numeric_limits<T>::denorm_min();
    CHECK(std::fabs(got - want) <= bound, "%s(%.9g) = %.17g, expected %.17g", tested.name,
          static_cast<double>(x), static_cast<double>(got), static_cast<double>(want));
  }
}

// dy times the slope, by central differences of the definition; the points keep away from the
// kinks, which are multiples of 1/8.
template <class T>
void test_slopes(const Tested<T>& tested, ActivationId id) {
  constexpr Real kStep = 1e-5L;
  const Real bound = 1e-8L + 32 * std::numeric_limits<T>::epsilon();
  for (int i = -160; i <= 160; ++i) {
    const T x = static_cast<T>(i) / T(16) + T(0.03);
    const Real slope = (activation_reference(id, tested.params, x + kStep) -
                        activation_reference(id, tested.params, x - kStep)) /
                       (2 * kStep);
    const T saved = tested.kernel.gradient_from == GradientFrom::kOutput ? tested.forward(x) : x;
    const Real got = tested.backward(T(-2), saved);
    CHECK(std::fabs(got + 2 * slope) <= bound * std::fmax(Real(1), std::fabs(slope)),
          "%s at %g: slope %.9g, expected %.9g", tested.name, static_cast<double>(x),
          static_cast<double>(got / -2), static_cast<double>(slope));
  }
}

// Matrices with gaps between their rows: forward, then backward with the column sums and without.
template <class T>
void check_matrix(const Tested<T>& tested, size_t rows, size_t cols, Random& random) {
  static GuardedMatrix<T> x(5 * 160), y(5 * 160), dy(5 * 160), dz(5 * 160), dz_alone(5 * 160),
      sum(160);
  for (GuardedMatrix<T>* matrix : {&x, &y, &dy, &dz, &dz_alone})
    matrix->place(rows, cols, cols + random.below(4), random.side());
  sum.place(cols, random.side());
  const std::vector<T> values = inputs<T>();
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < cols; ++j) {
      x(i, j) = values[random.below(values.size())];
      dy(i, j) = static_cast<T>(random.uniform(-1, 1));
    }
  }
  tested.kernel.forward(rows, cols, x.data(), x.ld(), y.data(), y.ld(), tested.params);
  const GuardedMatrix<T>& saved = tested.kernel.gradient_from == GradientFrom::kOutput ? y : x;
  tested.kernel.backward(rows, cols, dy.data(), dy.ld(), saved.data(), saved.ld(), dz.data(),
                         dz.ld(), sum.data(), tested.params);
  tested.kernel.backward(rows, cols, dy.data(), dy.ld(), saved.data(), saved.ld(), dz_alone.data(),
                         dz_alone.ld(), nullptr, tested.params);
  bool equal = true;
  for (size_t j = 0; j < cols; ++j) {
    T expected_sum = 0;
    for (size_t i = 0; i < rows; ++i) {
      equal = equal && same(y(i, j), tested.forward(x(i, j))) &&
              same(dz(i, j), tested.backward(dy(i, j), saved(i, j))) &&
              same(dz(i, j), dz_alone(i, j));
      expected_sum += dz(i, j);
    }
    equal = equal && same(sum(0, j), expected_sum);
  }
  CHECK(equal, "%s: %zu x %zu", tested.name, rows, cols);
  CHECK(y.intact() && dz.intact() && dz_alone.intact() && sum.intact(), "%s: %zu x %zu",
        tested.name, rows, cols);

  tested.kernel.backward(rows, cols, dy.data(), dy.ld(), saved.data(), saved.ld(), dy.data(),
                         dy.ld(), nullptr, tested.params);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < cols; ++j) equal = equal && same(dy(i, j), dz(i, j));
  }
  CHECK(equal && dy.intact(), "%s in place: %zu x %zu", tested.name, rows, cols);
}

template <class T>
void test_matrices(const Tested<T>& tested, ActivationId) {
  Random random;
  for (const size_t rows : {0, 1, 2, 5}) {
    for (size_t cols = 0; cols <= 9 * tested.lanes + 1; ++cols)
      check_matrix(tested, rows, cols, random);
  }
}

}  // namespace

template <class T>
void activation_test(const Subject<T>& subject) {
  const struct {
    const char* name;
    void (*run)(const Tested<T>&, ActivationId);
  } groups[] = {
      {"activation: any position", test_positions<T>},
      {"activation: values", test_values<T>},
      {"activation: slopes", test_slopes<T>},
      {"activation: matrices, column sums", test_matrices<T>},
  };
  for (const auto& group : groups) {
    subject.begin(group.name);
    for (int i = 0; i < kConfigurationCount; ++i) {
      const Configuration& one = kConfigurations[i];
      group.run({one.name, subject.kernels.activation[static_cast<int>(one.id)], one.params,
                 subject.kernels.gemm_geometry.lanes},
                one.id);
    }
  }
}

template void activation_test(const Subject<float>&);
template void activation_test(const Subject<double>&);

}  // namespace fastdense::test
