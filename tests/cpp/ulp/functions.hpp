// Everything that is swept: a name, the vectorised function under test and its reference.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/kernel_table.hpp"
#include "math_functions.hpp"

namespace fastdense::ulp {

// R of reference.hpp for T.
template <class T>
struct Reference;
template <>
struct Reference<float> {
  using Type = double;
};
template <>
struct Reference<double> {
  using Type = long double;
};

template <class T>
struct Function {
  std::string name;
  std::function<void(size_t n, const T* x, T* y)> tested;
  std::function<void(size_t n, const T* x, typename Reference<T>::Type* y)> reference;
  // Inputs below it are outside the function's domain.
  double lowest;
};

// All activations with default parameters, the parametric ones with unusual ones too, and the
// elementary functions.
template <class T>
std::vector<Function<T>> functions(const Kernels<T>& kernels, const MathFunctions<T>& math);

extern template std::vector<Function<float>> functions(const Kernels<float>&,
                                                       const MathFunctions<float>&);
extern template std::vector<Function<double>> functions(const Kernels<double>&,
                                                        const MathFunctions<double>&);

}  // namespace fastdense::ulp
