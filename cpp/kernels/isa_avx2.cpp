// The kernels for x86-64 with AVX2 and FMA.
#include "kernels/simd/vec_avx2.hpp"
#include "kernels/table.inl.hpp"

namespace fastdense::avx2 {

constexpr KernelTable kKernels = kernel_table("avx2");

}  // namespace fastdense::avx2
