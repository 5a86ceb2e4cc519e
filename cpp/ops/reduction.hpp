// Sums over whole arrays, in double.
#pragma once

#include <cstddef>

namespace fastdense {

// x[0]^2 + x[1]^2 + ... + x[n - 1]^2, the same bits whatever the number of threads.
template <class T>
double sum_of_squares(std::size_t n, const T* x);

// The same of |x[i]|.
template <class T>
double sum_of_magnitudes(std::size_t n, const T* x);

}  // namespace fastdense
