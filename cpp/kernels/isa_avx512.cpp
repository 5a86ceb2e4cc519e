// The kernels for x86-64 with AVX-512 F, BW, DQ and VL.
#include "kernels/simd/vec_avx512.hpp"
#include "kernels/table.inl.hpp"

namespace fastdense::avx512 {

constexpr KernelTable kKernels = kernel_table("avx512");

}  // namespace fastdense::avx512
