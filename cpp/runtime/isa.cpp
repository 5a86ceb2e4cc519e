#include "runtime/isa.hpp"

#include <stdexcept>

#include "runtime/names.hpp"

namespace fastdense {
namespace {

struct Isa {
  const KernelTable* kernels;
  bool (*is_supported)();
};

// The compiler's detection also asks the operating system (XGETBV) whether it saves the registers.
// Every flag that the ISA's objects are compiled with is listed.
#if defined(__x86_64__)
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_baseline() { return __builtin_cpu_supports("sse2"); }
#else
bool has_baseline() { return true; }
#endif

// The one list of ISAs, best first.
constexpr Isa kIsas[] = {
#if defined(__x86_64__)
    {&avx512::kKernels, has_avx512},
    {&avx2::kKernels, has_avx2},
#elif defined(__aarch64__)
    {&neon::kKernels, has_baseline},
#endif
    {&generic::kKernels, has_baseline},
};

const KernelTable* g_active = nullptr;

}  // namespace

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Isa& isa : kIsas) {
    if (isa.is_supported()) names.emplace_back(isa.kernels->isa);
  }
  return names;
}

void select_isa(const std::string& requested) {
  for (const Isa& isa : kIsas) {
    if (!isa.is_supported() || (!requested.empty() && requested != isa.kernels->isa)) continue;
    g_active = isa.kernels;
    return;
  }
  const std::vector<std::string> valid = available_isas();
  if (valid.empty()) throw std::runtime_error("fastdense needs a processor with SSE2");
  throw std::runtime_error(
      "FASTDENSE_ISA='" + requested +
      "' is not an instruction set this processor supports; valid: " + joined(valid));
}

const KernelTable& active_kernels() { return *g_active; }

}  // namespace fastdense
