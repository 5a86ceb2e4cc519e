// Compiled once per ISA, with the flags of its kernels.
#include "math_functions.hpp"

#include FASTDENSE_VEC_HEADER
#include "kernels/lanes.inl.hpp"
#include "kernels/math/log.inl.hpp"
#include "kernels/math/sigmoid.inl.hpp"

#define FASTDENSE_QUOTED_AGAIN(name) #name
#define FASTDENSE_QUOTED(name) FASTDENSE_QUOTED_AGAIN(name)

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T, Vec<T> (*kFunction)(Vec<T>)>
void map(size_t n, const T* x, T* y) {
  for_vectors<T>(
      0, n, [=](size_t i, const auto& lanes) { lanes.store(kFunction(lanes.load(x + i)), y + i); });
}

template <class T>
constexpr MathFunctions<T> functions() {
  return {map<T, Exp<T>>,   map<T, Expm1<T>>, map<T, Log<T>>,
          map<T, Log1p<T>>, map<T, Tanh<T>>,  map<T, Sigmoid<T>>};
}

}  // namespace

extern constexpr MathTable kMathFunctions = {FASTDENSE_QUOTED(FASTDENSE_TARGET), functions<float>(),
                                             functions<double>()};

}  // namespace fastdense::FASTDENSE_TARGET
