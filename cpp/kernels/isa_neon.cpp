// The kernels for aarch64.
#include "kernels/simd/vec_neon.hpp"
#include "kernels/table.inl.hpp"

namespace fastdense::neon {

constexpr KernelTable kKernels = kernel_table("neon");

}  // namespace fastdense::neon
