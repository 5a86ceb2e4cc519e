// The kernels for any processor of the architecture.
#include "kernels/simd/vec_generic.hpp"
#include "kernels/table.inl.hpp"

namespace fastdense::generic {

constexpr KernelTable kKernels = kernel_table("generic");

}  // namespace fastdense::generic
