// Which kernels this process uses.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernel_table.hpp"

namespace fastdense {

// Picks the best ISA that this processor and operating system support, or the one `requested` names
// if it is not empty. Called once, before any kernel. Throws std::runtime_error, with the valid
// names, when that is not possible.
void select_isa(const std::string& requested);

// Best first.
std::vector<std::string> available_isas();

const KernelTable& active_kernels();

template <class T>
const Kernels<T>& kernels();
template <>
inline const Kernels<float>& kernels<float>() {
  return active_kernels().f32;
}
template <>
inline const Kernels<double>& kernels<double>() {
  return active_kernels().f64;
}

}  // namespace fastdense
