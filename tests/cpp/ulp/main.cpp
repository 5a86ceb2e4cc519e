// Judges the elementary functions and activations against a reference on every float32, or on every
// n-th one and all those around the points where formulas change; and float64 on random inputs.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include "functions.hpp"
#include "runtime/isa.hpp"
#include "worst.hpp"

namespace fastdense::ulp {
namespace {

constexpr double kBound = 2.0;
constexpr size_t kBlock = 4096;

struct Options {
  std::string isa;
  std::string only;
  uint64_t stride = 97;
  uint64_t samples = 1000000;
  unsigned threads = 2;
};

template <class T>
void judge(const Function<T>& function, size_t n, const T* x, Worst<T>& worst) {
  T got[kBlock];
  typename Reference<T>::Type exact[kBlock];
  function.tested(n, x, got);
  function.reference(n, x, exact);
  for (size_t i = 0; i < n; ++i) {
    if (x[i] < function.lowest) continue;
    worst.take(error_of(x[i], got[i], exact[i]), x[i], got[i]);
  }
}

// Inputs number first, first + 1, ... of the float32 sweep: x(k) has the bits k * stride.
Worst<float> sweep(const Function<float>& function, uint64_t first, uint64_t last,
                   uint64_t stride) {
  Worst<float> worst;
  float x[kBlock];
  for (uint64_t begin = first; begin < last; begin += kBlock) {
    const size_t n = std::min<uint64_t>(kBlock, last - begin);
    for (size_t i = 0; i < n; ++i) {
      const uint32_t bits = static_cast<uint32_t>((begin + i) * stride);
      std::memcpy(&x[i], &bits, sizeof(bits));
    }
    judge(function, n, x, worst);
  }
  return worst;
}

// Where float32 formulas change, overflow, underflow or meet a kink, and both signs: all inputs
// within 8192 ulps of these.
Worst<float> sweep_special(const Function<float>& function) {
  constexpr float kSpecial[] = {
      0.0F,   1e-38F,   1e-4F,    0.25F,  0.3F,   0.34657F, 0.4F,     0.5F,   0.7F,
      1.0F,   1.03972F, 1.41421F, 2.0F,   3.0F,   4.0F,     5.5F,     6.0F,   9.01F,
      9.1F,   11.0F,    14.5F,    15.0F,  16.0F,  18.0F,    36.0F,    87.34F, 88.0F,
      88.72F, 103.97F,  104.0F,   110.0F, 112.0F, 1e9F,     1.15e18F, 3e38F,  HUGE_VALF};
  Worst<float> worst;
  for (const float special : kSpecial) {
    for (const uint32_t sign : {0U, 0x80000000U}) {
      uint32_t bits = 0;
      std::memcpy(&bits, &special, sizeof(bits));
      const uint32_t first = bits < 8192 ? 0 : bits - 8192;
      worst.take(sweep(function, sign + first, sign + std::min(bits + 8192U, 0x7FFFFFFFU), 1));
    }
  }
  return worst;
}

// Exponents and mantissas at random, and every other input between -40 and 40.
Worst<double> sample(const Function<double>& function, uint64_t seed, uint64_t samples) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> near(-40, 40);
  Worst<double> worst;
  double x[kBlock];
  for (uint64_t begin = 0; begin < samples; begin += kBlock) {
    for (size_t i = 0; i < kBlock; ++i) {
      const uint64_t bits = random();
      std::memcpy(&x[i], &bits, sizeof(bits));
      if (i % 2 == 0) x[i] = near(random);
      // Magnitudes between 2^-60 and 2^12, where all the formulas change.
      if (i % 4 == 1) x[i] = std::ldexp(near(random), static_cast<int>(bits % 72) - 65);
    }
    judge(function, kBlock, x, worst);
  }
  return worst;
}

// Splits work into parts: part(index of thread) -> Worst<T>.
template <class T, class Part>
Worst<T> in_parallel(unsigned threads, const Part& part) {
  std::vector<Worst<T>> results(threads);
  std::vector<std::thread> running;
  for (unsigned t = 0; t < threads; ++t) running.emplace_back([&, t] { results[t] = part(t); });
  Worst<T> worst;
  for (unsigned t = 0; t < threads; ++t) {
    running[t].join();
    worst.take(results[t]);
  }
  return worst;
}

Worst<float> worst_of(const Function<float>& function, const Options& options) {
  const uint64_t count = ((uint64_t{1} << 32) + options.stride - 1) / options.stride;
  Worst<float> worst = in_parallel<float>(options.threads, [&](unsigned t) {
    return sweep(function, count * t / options.threads, count * (t + 1) / options.threads,
                 options.stride);
  });
  if (options.stride > 1) worst.take(sweep_special(function));
  return worst;
}

Worst<double> worst_of(const Function<double>& function, const Options& options) {
  return in_parallel<double>(options.threads, [&](unsigned t) {
    return sample(function, t + 1, options.samples / options.threads);
  });
}

template <class T>
int run(const char* type, const Kernels<T>& kernels, const MathFunctions<T>& math,
        const Options& options) {
  int failures = 0;
  for (const Function<T>& function : functions(kernels, math)) {
    if (!options.only.empty() && function.name.find(options.only) == std::string::npos) continue;
    const Worst<T> worst = worst_of(function, options);
    const bool good = worst.error <= kBound;
    failures += good ? 0 : 1;
    std::printf("%-8s %-20s %8.4f ulp at %.17g (%a) -> %.9g%s\n", type, function.name.c_str(),
                worst.error, double(worst.input), double(worst.input), double(worst.output),
                good ? "" : "  FAILED");
    std::fflush(stdout);
  }
  return failures;
}

const MathTable* math_table(const std::string& isa) {
  constexpr const MathTable* kTables[] = {
#if defined(__x86_64__)
      &avx512::kMathFunctions,
      &avx2::kMathFunctions,
#elif defined(__aarch64__)
      &neon::kMathFunctions,
#endif
      &generic::kMathFunctions,
  };
  for (const MathTable* table : kTables) {
    if (isa == table->isa) return table;
  }
  return nullptr;
}

Options parsed(int count, char** arguments) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    const char* value = arguments[i + 1];
    if (name == "--isa") options.isa = value;
    if (name == "--only") options.only = value;
    if (name == "--stride") options.stride = std::strtoull(value, nullptr, 10);
    if (name == "--samples") options.samples = std::strtoull(value, nullptr, 10);
    if (name == "--threads")
      options.threads = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
  }
  return options;
}

}  // namespace
}  // namespace fastdense::ulp

int main(int count, char** arguments) {
  using namespace fastdense;
  const ulp::Options options = ulp::parsed(count, arguments);
  select_isa(options.isa);
  const KernelTable& kernels = active_kernels();
  const MathTable& math = *ulp::math_table(kernels.isa);
  std::printf("isa %s, every %" PRIu64 "th float32, %" PRIu64 " random float64, bound %g ulp\n",
              kernels.isa, options.stride, options.samples, ulp::kBound);
  const int failures = ulp::run("float32", kernels.f32, math.f32, options) +
                       ulp::run("float64", kernels.f64, math.f64, options);
  return failures == 0 ? 0 : 1;
}
