// Tests of the kernels: kernel_tests [ISA ...], by default every one that this processor can run.
#include <stdio.h>

#include <exception>
#include <string>

#include "kernel_test.hpp"
#include "runtime/isa.hpp"

namespace fastdense {

// vec_math_test.cpp and vec_memory_test.cpp, once per ISA.
namespace generic {
void vec_math_test();
void vec_memory_test();
}  // namespace generic
namespace avx2 {
void vec_math_test();
void vec_memory_test();
}  // namespace avx2
namespace avx512 {
void vec_math_test();
void vec_memory_test();
}  // namespace avx512
namespace neon {
void vec_math_test();
void vec_memory_test();
}  // namespace neon

namespace test {
namespace {

struct VecTests {
  const char* isa;
  void (*math)();
  void (*memory)();
};

constexpr VecTests kVecTests[] = {
#if defined(__x86_64__)
    {"avx512", avx512::vec_math_test, avx512::vec_memory_test},
    {"avx2", avx2::vec_math_test, avx2::vec_memory_test},
#elif defined(__aarch64__)
    {"neon", neon::vec_math_test, neon::vec_memory_test},
#endif
    {"generic", generic::vec_math_test, generic::vec_memory_test},
};

template <class T>
void test_kernels(const char* isa, const char* type, const Kernels<T>& kernels) {
  const Subject<T> subject{isa, type, kernels, std::string(isa) != "generic"};
  gemm_test(subject);
  matrix_test(subject);
  activation_test(subject);
  row_test(subject);
  gated_test(subject);
  dropout_test(subject);
  update_test(subject);
  roofline_test(subject);
  penalty_test(subject);
  loss_test(subject);
}

void test_isa(const std::string& isa) {
  select_isa(isa);
  const KernelTable& table = active_kernels();
  begin_group(isa.c_str(), "-", "is the one that was asked for");
  CHECK(table.isa == isa, "got %s", table.isa);
  for (const VecTests& tests : kVecTests) {
    if (isa != tests.isa) continue;
    tests.math();
    tests.memory();
  }
  test_kernels(table.isa, "f32", table.f32);
  test_kernels(table.isa, "f64", table.f64);
}

}  // namespace
}  // namespace test
}  // namespace fastdense

int main(int argc, char** argv) {
  std::vector<std::string> isas(argv + 1, argv + argc);
  if (isas.empty()) isas = fastdense::available_isas();
  fastdense::test::catch_invalid_accesses();
  try {
    for (const std::string& isa : isas) fastdense::test::test_isa(isa);
  } catch (const std::exception& error) {
    fprintf(stderr, "kernel_tests: %s\n", error.what());
    return 2;
  }
  return fastdense::test::finish();
}
