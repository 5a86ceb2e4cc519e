// Steps of optimizers against their definitions in long double, and sums of squares.
#include <algorithm>

#include "kernel_test.hpp"

namespace fastdense::test {
namespace {

using Real = long double;

constexpr size_t kMost = 150;
constexpr int kRules = static_cast<int>(UpdateRule::kCount);

// One weight with its gradient and slots.
struct Cell {
  Real w, g;
  Real s[kMostSlots];
};

Real moved(Real average, Real x, Real weight) { return average + weight * (x - average); }

void rmsprop(const UpdateStep& c, Cell& cell, bool is_centered, bool has_momentum) {
  Real* s = cell.s;
  s[0] = c.square_kept * s[0] + c.square * cell.g * cell.g;
  Real variance = s[0];
  if (is_centered) {
    Real& average = s[has_momentum ? 2 : 1];
    average = c.square_kept * average + c.square * cell.g;
    variance = std::max(Real{0}, variance - average * average);
  }
  const Real update = c.rate * cell.g / std::sqrt(variance + c.epsilon);
  if (has_momentum) s[1] = c.momentum * s[1] + update;
  cell.w -= has_momentum ? s[1] : update;
}

void apply_rule(UpdateRule rule, const UpdateStep& c, Cell& cell) {
  Real* s = cell.s;
  const Real g = cell.g;
  switch (rule) {
    case UpdateRule::kSgd:
      cell.w -= c.rate * g;
      return;
    case UpdateRule::kMomentum:
    case UpdateRule::kNesterov:
      s[0] = c.momentum * s[0] - c.rate * g;
      cell.w += rule == UpdateRule::kNesterov ? c.momentum * s[0] - c.rate * g : s[0];
      return;
    case UpdateRule::kRmsprop:
    case UpdateRule::kRmspropMomentum:
      return rmsprop(c, cell, false, rule == UpdateRule::kRmspropMomentum);
    case UpdateRule::kCenteredRmsprop:
    case UpdateRule::kCenteredRmspropMomentum:
      return rmsprop(c, cell, true, rule == UpdateRule::kCenteredRmspropMomentum);
    case UpdateRule::kAdagrad:
      s[0] += g * g;
      cell.w -= c.rate * g / std::sqrt(s[0] + c.epsilon);
      return;
    default:
      break;
  }
  s[0] = moved(s[0], g, c.mean);
  if (rule == UpdateRule::kAdamax) {
    s[1] = std::max(c.square_kept * s[1], std::fabs(g));
    cell.w -= c.rate * s[0] / (s[1] + c.epsilon);
    return;
  }
  s[1] = moved(s[1], g * g, c.square);
  if (rule == UpdateRule::kAmsgrad) s[2] = std::max(s[2], s[1]);
  if (rule == UpdateRule::kNadam) {
    cell.w -=
        (c.rate * s[0] + c.gradient_rate * g) / (std::sqrt(c.square_scale * s[1]) + c.epsilon);
    return;
  }
  cell.w -= c.rate * s[0] / (std::sqrt(s[rule == UpdateRule::kAmsgrad ? 2 : 1]) + c.epsilon);
}

void apply(UpdateRule rule, const UpdateStep& c, Cell& cell) {
  cell.g = std::max(-Real{c.gradient_bound},
                    std::min(Real{c.gradient_bound}, c.gradient_scale * cell.g));
  cell.w -= c.decay * cell.w;
  apply_rule(rule, c, cell);
}

// Powers of two and their kin, so that no rounding of a coefficient to T matters.
UpdateStep some_step(bool clips, bool decays) {
  UpdateStep step{};
  step.gradient_scale = clips ? 0.5 : 1;
  step.gradient_bound = clips ? 0.75 : std::numeric_limits<double>::infinity();
  step.decay = decays ? 0.125 : 0;
  step.rate = 0.375;
  step.gradient_rate = 0.25;
  step.momentum = 0.875;
  step.mean = 0.125;
  step.square = 0.0625;
  step.square_kept = 0.9375;
  step.square_scale = 1.5;
  step.epsilon = 0.03125;
  return step;
}

template <class T>
struct Arrays {
  GuardedMatrix<T> weight{kMost}, gradient{kMost};
  GuardedMatrix<T> slot[kMostSlots] = {GuardedMatrix<T>(kMost), GuardedMatrix<T>(kMost),
                                       GuardedMatrix<T>(kMost)};

  void place(size_t n, Random& random) {
    weight.place(n, random.side());
    gradient.place(n, random.side());
    for (GuardedMatrix<T>& one : slot) one.place(n, random.side());
    for (size_t i = 0; i < n; ++i) {
      weight(0, i) = static_cast<T>(random.uniform(-2, 2));
      gradient(0, i) = static_cast<T>(random.uniform(-3, 3));
      // Of one sign, as averages of squares are; the centered variance is then of either.
      for (GuardedMatrix<T>& one : slot) one(0, i) = static_cast<T>(random.uniform(0, 1.5));
    }
  }
  Cell cell(size_t i) const {
    return {weight(0, i), gradient(0, i), {slot[0](0, i), slot[1](0, i), slot[2](0, i)}};
  }
  void run(const UpdateKernel<T>& kernel, const UpdateStep& step, size_t n) const {
    T* slots[kMostSlots] = {};
    for (int s = 0; s < kernel.slots; ++s) slots[s] = slot[s].data();
    kernel.run(step, n, weight.data(), gradient.data(), slots);
  }
  bool intact() const {
    return weight.intact() && gradient.intact() && slot[0].intact() && slot[1].intact() &&
           slot[2].intact();
  }
};

// Terms are of size 10 at most, and divided by the root of epsilon, 0.18, at least.
template <class T>
bool is_close(Real got, Real expected) {
  return std::fabs(got - expected) <= 400 * std::numeric_limits<T>::epsilon();
}

template <class T>
void check_step(const Subject<T>& subject, Arrays<T>& arrays, int rule, const UpdateStep& step,
                size_t n, Random& random) {
  const UpdateKernel<T>& kernel = subject.kernels.update[rule];
  arrays.place(n, random);
  std::vector<Cell> expected(n);
  for (size_t i = 0; i < n; ++i) expected[i] = arrays.cell(i);
  const std::vector<Cell> before = expected;
  for (Cell& cell : expected) apply(static_cast<UpdateRule>(rule), step, cell);
  arrays.run(kernel, step, n);
  size_t wrong = n;
  for (size_t i = n; i-- > 0;) {
    const Cell got = arrays.cell(i);
    bool right = is_close<T>(got.w, expected[i].w) && got.g == before[i].g;
    for (int s = 0; s < kMostSlots; ++s)
      right = right && (s < kernel.slots ? is_close<T>(got.s[s], expected[i].s[s])
                                         : got.s[s] == before[i].s[s]);
    if (!right) wrong = i;
  }
  CHECK(wrong == n && arrays.intact(), "rule %d, n %zu: element %zu", rule, n, wrong);
}

// An element's result doesn't depend on where in the array it is, nor on its neighbours.
template <class T>
void check_position(const Subject<T>& subject, Arrays<T>& arrays, int rule, Random& random) {
  const UpdateKernel<T>& kernel = subject.kernels.update[rule];
  const UpdateStep step = some_step(true, true);
  constexpr size_t kCount = 37;
  arrays.place(kCount, random);
  std::vector<Cell> single(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    const Cell cell = arrays.cell(i);
    T w = static_cast<T>(cell.w);
    const T g = static_cast<T>(cell.g);
    T s[kMostSlots] = {static_cast<T>(cell.s[0]), static_cast<T>(cell.s[1]),
                       static_cast<T>(cell.s[2])};
    T* slots[kMostSlots] = {s, s + 1, s + 2};
    kernel.run(step, 1, &w, &g, slots);
    single[i] = {w, g, {s[0], s[1], s[2]}};
  }
  arrays.run(kernel, step, kCount);
  for (size_t i = 0; i < kCount; ++i) {
    const Cell got = arrays.cell(i);
    CHECK(got.w == single[i].w && std::equal(got.s, got.s + kMostSlots, single[i].s),
          "rule %d: element %zu", rule, i);
  }
}

// NaN in a gradient or a weight stays NaN, clipped or not; an infinite weight that doesn't decay
// stays infinite.
template <class T>
void check_special(const Subject<T>& subject, Arrays<T>& arrays, int rule, Random& random) {
  const UpdateKernel<T>& kernel = subject.kernels.update[rule];
  for (const bool clips : {false, true}) {
    arrays.place(3, random);
    arrays.gradient(0, 0) = std::numeric_limits<T>::quiet_NaN();
    arrays.weight(0, 1) = std::numeric_limits<T>::quiet_NaN();
    arrays.weight(0, 2) = -std::numeric_limits<T>::infinity();
    arrays.run(kernel, some_step(clips, false), 3);
    CHECK(std::isnan(arrays.weight(0, 0)) && std::isnan(arrays.weight(0, 1)) &&
              arrays.weight(0, 2) == -std::numeric_limits<T>::infinity(),
          "rule %d: %g %g %g", rule, static_cast<double>(arrays.weight(0, 0)),
          static_cast<double>(arrays.weight(0, 1)), static_cast<double>(arrays.weight(0, 2)));
  }
}

// What decays ends as zero, not as a denormal number. The sum of squares and the largest one so far
// don't decay.
template <class T>
void check_fading(const Subject<T>& subject, Arrays<T>& arrays, int rule, Random& random) {
  if (rule == static_cast<int>(UpdateRule::kAdagrad)) return;
  const UpdateKernel<T>& kernel = subject.kernels.update[rule];
  const bool keeps_largest = rule == static_cast<int>(UpdateRule::kAmsgrad);
  constexpr size_t kCount = 21;
  arrays.place(kCount, random);
  for (size_t i = 0; i < kCount; ++i) {
    arrays.gradient(0, i) = 0;
    for (GuardedMatrix<T>& slot : arrays.slot)
      slot(0, i) = std::numeric_limits<T>::min() * (i % 2 == 0 ? T(1.01) : T(-0.5));
  }
  arrays.run(kernel, some_step(false, false), kCount);
  for (int s = 0; s < kernel.slots - keeps_largest; ++s) {
    for (size_t i = 0; i < kCount; ++i)
      CHECK(arrays.slot[s](0, i) == 0, "rule %d, slot %d: %g", rule, s,
            static_cast<double>(arrays.slot[s](0, i)));
  }
}

// Integers, whose squares add up exactly in double and soon not in float.
template <class T>
void test_sums(const Subject<T>& subject) {
  Random random;
  GuardedMatrix<T> x(1000);
  for (size_t n = 0; n <= 1000; n += n < 150 ? 1 : 50) {
    x.place(n, random.side());
    double expected = 0;
    for (size_t i = 0; i < n; ++i) {
      x(0, i) = static_cast<T>(random.below(1 << 20)) - (1 << 19);
      expected += static_cast<double>(x(0, i)) * static_cast<double>(x(0, i));
    }
    const double got = subject.kernels.sum_of_squares(n, x.data());
    CHECK(got == expected && x.intact(), "n %zu: %.17g, expected %.17g", n, got, expected);
  }
  std::vector<T> wide(100, static_cast<T>(1e30));
  const double square = static_cast<double>(wide[0]) * static_cast<double>(wide[0]);
  const double got = subject.kernels.sum_of_squares(100, wide.data());
  CHECK(std::fabs(got / (100 * square) - 1) < 1e-14, "squares beyond float: %g", got);
  for (size_t i = 0; i < 100; i += 7) {
    std::vector<T> x_nan(100, T(1));
    x_nan[i] = std::numeric_limits<T>::quiet_NaN();
    CHECK(std::isnan(subject.kernels.sum_of_squares(100, x_nan.data())), "NaN at %zu", i);
  }
}

}  // namespace

template <class T>
void update_test(const Subject<T>& subject) {
  Random random;
  Arrays<T> arrays;
  subject.begin("updates");
  for (int rule = 0; rule < kRules; ++rule) {
    for (size_t n = 0; n <= kMost; n += n < 40 ? 1 : 11) {
      for (const int bits : {0, 1, 2, 3})
        check_step(subject, arrays, rule, some_step(bits % 2 == 1, bits / 2 == 1), n, random);
    }
  }
  subject.begin("updates at any position");
  for (int rule = 0; rule < kRules; ++rule) check_position(subject, arrays, rule, random);
  subject.begin("updates of special values");
  for (int rule = 0; rule < kRules; ++rule) check_special(subject, arrays, rule, random);
  subject.begin("updates of what fades");
  for (int rule = 0; rule < kRules; ++rule) check_fading(subject, arrays, rule, random);
  subject.begin("sum_of_squares");
  test_sums(subject);
}

template void update_test(const Subject<float>&);
template void update_test(const Subject<double>&);

}  // namespace fastdense::test
