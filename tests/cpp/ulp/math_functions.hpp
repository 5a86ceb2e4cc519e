// The elementary functions of kernels/math as loops over arrays, one table per ISA: in the kernels
// they only exist inside activations.
#pragma once

#include <stddef.h>

namespace fastdense {

template <class T>
using MathFunction = void (*)(size_t n, const T* x, T* y);

template <class T>
struct MathFunctions {
  MathFunction<T> exp, expm1, log, log1p, tanh, sigmoid;
};

struct MathTable {
  const char* isa;
  MathFunctions<float> f32;
  MathFunctions<double> f64;
};

namespace generic {
extern const MathTable kMathFunctions;
}
namespace avx2 {
extern const MathTable kMathFunctions;
}
namespace avx512 {
extern const MathTable kMathFunctions;
}
namespace neon {
extern const MathTable kMathFunctions;
}

}  // namespace fastdense
