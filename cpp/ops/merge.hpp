// Several arrays into one.
#pragma once

#include <cstddef>

namespace fastdense {

// y = a + b; y may be a.
template <class T>
void add(std::size_t n, const T* a, const T* b, T* y);

}  // namespace fastdense
