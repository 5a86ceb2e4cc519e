// The matrix product kernels. gemm_panel's contract is its bits: every element is start + a[0] b[0]
// + a[1] b[1] + ..., in this order, whatever the shape.
#include <algorithm>

#include "kernel_test.hpp"

namespace fastdense::test {
namespace {

constexpr size_t kMaxRows = 25;  // two of the tallest tiles and one more
constexpr size_t kMaxInner = 65;

enum class Numbers { kIntegers, kRandom, kSpecial };
constexpr Numbers kNumbers[] = {Numbers::kIntegers, Numbers::kRandom, Numbers::kSpecial};

// Where the kernel's sums start: zero, a bias, a matrix, the result itself.
enum class Start { kNull, kBias, kMatrix, kResult, kCount };

template <class T>
std::vector<T> numbers(Numbers kind, size_t n, Random& random) {
  const std::vector<T> special = special_values<T>();
  std::vector<T> values(n);
  for (T& value : values) {
    if (kind == Numbers::kIntegers) {
      value = static_cast<T>(random.below(17)) - T(8);
    } else if (kind == Numbers::kSpecial && random.below(40) == 0) {
      value = special[random.below(special.size())];
    } else {
      value = static_cast<T>(random.uniform(-2, 2));
    }
  }
  return values;
}

// Operands of the largest product, and what the kernel has to make of them; those of smaller ones
// are their upper left parts.
template <class T>
struct Problem {
  size_t columns, k;
  std::vector<T> a, b,
      start;  // (kMaxRows x k), (k x columns), (kMaxRows x columns), whose first row is the bias
  std::vector<T> expected[4];  // for each Start

  Problem(const Subject<T>& subject, Numbers kind, size_t columns, size_t k, Random& random)
      : columns(columns),
        k(k),
        a(numbers<T>(kind, kMaxRows * k, random)),
        b(numbers<T>(kind, k * columns, random)),
        start(numbers<T>(kind, kMaxRows * columns, random)) {
    for (int s = 0; s < static_cast<int>(Start::kCount); ++s) {
      expected[s].resize(kMaxRows * columns);
      for (size_t i = 0; i < kMaxRows; ++i) {
        for (size_t j = 0; j < columns; ++j) {
          T sum = first(static_cast<Start>(s), i, j);
          for (size_t p = 0; p < k; ++p) {
            const T x = a[i * k + p];
            const T y = b[p * columns + j];
            sum = subject.fused ? std::fma(x, y, sum) : sum + x * y;
          }
          expected[s][i * columns + j] = sum;
        }
      }
    }
  }

  T first(Start s, size_t i, size_t j) const {
    if (s == Start::kNull) return T(0);
    return start[(s == Start::kBias ? 0 : i) * columns + j];
  }
};

template <class T>
struct Operands {
  GuardedMatrix<T> a{kMaxRows * (kMaxInner + kMaxRows + 8)};
  GuardedMatrix<T> b{kMaxInner * 160};
  GuardedMatrix<T> start{kMaxRows * 160};
  GuardedMatrix<T> c{kMaxRows * 160};
  GuardedMatrix<T> b_copy{kMaxInner * 160};
};

// Whether a sum is stored as it should be. The larger one of two zeros may have either sign.
template <class T>
bool is_result(T sum, bool is_rectified, T stored) {
  if (is_rectified && sum == 0) return stored == 0;
  return same(stored, is_rectified && sum < 0 ? T(0) : sum);
}

// Whether a kernel copies b, asks for the next one and rectifies: panels do, streams don't.
enum class Extras { kNever, kSometimes };

template <class T>
void check_panel(const Subject<T>& subject, GemmPanel<T> kernel, bool transposed, Extras extras,
                 const Problem<T>& problem, size_t m, size_t n, Operands<T>& operands,
                 Random& random) {
  const size_t k = problem.k;
  const Start s = static_cast<Start>(random.below(static_cast<size_t>(Start::kCount)));
  auto& [a, b, start, c, b_copy] = operands;
  const size_t a_cols = transposed ? m : k;
  a.place(transposed ? k : m, a_cols, a_cols + random.below(4), random.side());
  for (size_t i = 0; i < m; ++i) {
    for (size_t p = 0; p < k; ++p) (transposed ? a(p, i) : a(i, p)) = problem.a[i * k + p];
  }
  b.place(k, n, n + random.below(4), random.side());
  for (size_t p = 0; p < k; ++p)
    std::copy_n(&problem.b[p * problem.columns], n, b.data() + p * b.ld());
  start.place(s == Start::kBias ? 1 : m, n, n + 1 + random.below(3), random.side());
  c.place(m, n, n + 1 + random.below(3), random.side());
  const GuardedMatrix<T>& begin = s == Start::kResult ? c : start;
  for (size_t i = 0; i < (s == Start::kBias ? 1 : m); ++i) {
    for (size_t j = 0; j < n; ++j) begin(i, j) = problem.start[i * problem.columns + j];
  }
  GemmPanelArgs<T> args{m, n, k, a.data(), a.ld(), b.data(), b.ld(), nullptr, 0, c.data(), c.ld()};
  if (s != Start::kNull) {
    args.start = begin.data();
    args.start_ld = s == Start::kBias ? 0 : begin.ld();
  }
  const auto sometimes = [&] { return extras == Extras::kSometimes && random.below(2) == 0; };
  const GemmGeometry& geometry = subject.kernels.gemm_geometry;
  const size_t copy_columns = geometry.panel_vectors * geometry.lanes;
  const bool copy = m > 0 && n > 0 && n <= copy_columns && sometimes();
  if (copy) {
    b_copy.place(k, copy_columns, copy_columns, random.side());
    args.b_copy = b_copy.data();
  }
  if (sometimes()) {
    args.next_b = b.data();
    args.next_ldb = b.ld();
  }
  args.is_rectified = !transposed && sometimes();
  kernel(args);

  const std::vector<T>& expected = problem.expected[static_cast<size_t>(s)];
  bool equal = true;
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j)
      equal = equal && is_result(expected[i * problem.columns + j], args.is_rectified, c(i, j));
  }
  CHECK(equal, "m %zu, n %zu, k %zu, start %d", m, n, k, static_cast<int>(s));
  CHECK(c.intact() && start.intact(), "m %zu, n %zu, k %zu, start %d", m, n, k,
        static_cast<int>(s));
  if (copy) {
    bool copied = b_copy.intact();
    for (size_t p = 0; p < k; ++p)
      copied = copied && std::equal(b.data() + p * b.ld(), b.data() + p * b.ld() + n,
                                    b_copy.data() + p * copy_columns, same<T>);
    CHECK(copied, "copy of b: m %zu, n %zu, k %zu", m, n, k);
  }
}

template <class T>
void test_panel(const Subject<T>& subject, GemmPanel<T> kernel, bool transposed) {
  const size_t widest = GemmGeometry::kWidestPanel * subject.kernels.gemm_geometry.lanes;
  Random random;
  Operands<T> operands;
  for (const Numbers kind : kNumbers) {
    for (const size_t k : {0, 1, 2, 7, 64, 65}) {
      const Problem<T> problem(subject, kind, widest, k, random);
      for (size_t m = 0; m <= kMaxRows; ++m) {
        for (size_t n = 0; n <= widest; ++n)
          check_panel(subject, kernel, transposed, Extras::kSometimes, problem, m, n, operands,
                      random);
      }
    }
  }
}

template <class T>
void test_stream(const Subject<T>& subject, GemmPanel<T> kernel, bool transposed) {
  constexpr size_t kMaxColumns = 150;
  Random random;
  Operands<T> operands;
  for (const Numbers kind : kNumbers) {
    for (const size_t k : {1, 2, 7, 8, 15, 64, 65}) {
      const Problem<T> problem(subject, kind, kMaxColumns, k, random);
      for (size_t m = 0; m <= subject.kernels.gemm_geometry.stream_rows; ++m) {
        for (size_t n = 0; n <= kMaxColumns; ++n)
          check_panel(subject, kernel, transposed, Extras::kNever, problem, m, n, operands, random);
      }
    }
  }
}

// c = a bᵀ in any order of summation: exact for integers, else |error| <= k eps |a| |b|.
template <class T>
void test_dot(const Subject<T>& subject) {
  constexpr size_t kMax = 9;
  constexpr size_t kInner = 100;
  Random random;
  GuardedMatrix<T> a(kMax * (kInner + 8)), b(kMax * (kInner + 8)), c(kMax * (kMax + 8));
  for (const Numbers kind : {Numbers::kIntegers, Numbers::kRandom}) {
    const std::vector<T> x = numbers<T>(kind, kMax * kInner, random);
    const std::vector<T> y = numbers<T>(kind, kMax * kInner, random);
    for (size_t m = 0; m <= kMax; ++m) {
      for (size_t n = 0; n <= kMax; ++n) {
        for (size_t k = 0; k <= kInner;
             k += k < 2 * subject.kernels.gemm_geometry.lanes + 2 ? 1 : 13) {
          a.place(m, k, k + random.below(4), random.side());
          b.place(n, k, k + random.below(4), random.side());
          c.place(m, n, n + 1 + random.below(4), random.side());
          for (size_t i = 0; i < m; ++i) std::copy_n(&x[i * kInner], k, a.data() + i * a.ld());
          for (size_t j = 0; j < n; ++j) std::copy_n(&y[j * kInner], k, b.data() + j * b.ld());
          subject.kernels.gemm_dot(m, n, k, a.data(), a.ld(), b.data(), b.ld(), c.data(), c.ld());
          bool close = c.intact();
          for (size_t i = 0; i < m; ++i) {
            for (size_t j = 0; j < n; ++j) {
              long double sum = 0, size = 0;
              for (size_t p = 0; p < k; ++p) {
                const long double product =
                    static_cast<long double>(x[i * kInner + p]) * y[j * kInner + p];
                sum += product;
                size += std::fabs(product);
              }
              const long double bound =
                  kind == Numbers::kIntegers
                      ? 0
                      : static_cast<long double>(k) * std::numeric_limits<T>::epsilon() * size;
              close = close && std::fabs(c(i, j) - sum) <= bound;
            }
          }
          CHECK(close, "m %zu, n %zu, k %zu", m, n, k);
        }
      }
    }
  }
}

}  // namespace

template <class T>
void gemm_test(const Subject<T>& subject) {
  subject.begin("gemm_panel");
  test_panel(subject, subject.kernels.gemm_panel, false);
  subject.begin("gemm_panel_transposed");
  test_panel(subject, subject.kernels.gemm_panel_transposed, true);
  subject.begin("gemm_stream");
  test_stream(subject, subject.kernels.gemm_stream, false);
  subject.begin("gemm_stream_transposed");
  test_stream(subject, subject.kernels.gemm_stream_transposed, true);
  subject.begin("gemm_dot");
  test_dot(subject);
}

template void gemm_test(const Subject<float>&);
template void gemm_test(const Subject<double>&);

}  // namespace fastdense::test
