// What is measured against does the work it is timed for.
#include "kernel_test.hpp"

namespace fastdense::test {
namespace {

// Every chain goes from its own start towards 2; after the first step it is start / 2 + 1.
template <class T>
void test_multiply_add_peak(const Subject<T>& subject) {
  const RooflineKernels<T>& roofline = subject.kernels.roofline;
  const double lanes = static_cast<double>(subject.kernels.gemm_geometry.lanes);
  const double chains = static_cast<double>(roofline.flops_per_step) / (2 * lanes);
  CHECK(chains >= 8 && chains == std::floor(chains), "%g chains", chains);
  const double offset = 3 + (chains - 1) / 2 - 2;  // mean distance from 2
  for (const size_t steps : {0, 1, 2, 3, 60}) {
    const double expected = chains * lanes * (2 + std::ldexp(offset, -static_cast<int>(steps)));
    const double got = static_cast<double>(roofline.multiply_add_peak(steps, T{3}));
    CHECK(std::abs(got - expected) <= 1e-5 * expected, "%zu steps: %g, not %g", steps, got,
          expected);
  }
}

template <class T>
void test_streams(const Subject<T>& subject) {
  const RooflineKernels<T>& roofline = subject.kernels.roofline;
  const size_t max = 17 * subject.kernels.gemm_geometry.lanes + 1;
  GuardedMatrix<T> x(max), y(max);
  for (size_t n = 0; n <= max; ++n) {
    for (const size_t passes : {0, 1, 3}) {
      for (const Side side : kSides) {
        x.place(n, side);
        y.place(n, side);
        for (size_t i = 0; i < n; ++i) x(0, i) = static_cast<T>(i + 1);
        // Integers that are exact in either type.
        const T sum = static_cast<T>(passes * (n * (n + 1) / 2));
        CHECK(roofline.read(n, passes, x.data()) == sum, "read %zu, %zu passes", n, passes);
        roofline.write(n, passes, y.data());
        bool equal = y.intact();
        for (size_t i = 0; passes > 0 && i < n; ++i)
          equal = equal && y(0, i) == static_cast<T>(passes);
        CHECK(equal, "write %zu, %zu passes", n, passes);
        roofline.copy(n, passes, T{2}, x.data(), y.data());
        equal = x.intact() && y.intact();
        for (size_t i = 0; passes > 0 && i < n; ++i)
          equal = equal && y(0, i) == static_cast<T>(2 * (i + 1));
        CHECK(equal, "copy %zu, %zu passes", n, passes);
      }
    }
  }
}

}  // namespace

template <class T>
void roofline_test(const Subject<T>& subject) {
  subject.begin("multiply_add_peak");
  test_multiply_add_peak(subject);
  subject.begin("streams");
  test_streams(subject);
}

template void roofline_test(const Subject<float>&);
template void roofline_test(const Subject<double>&);

}  // namespace fastdense::test
