// The sum of two arrays.
#pragma once

#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T>
void add(size_t n, const T* a, const T* b, T* y) {
  for_vectors<T>(0, n, [=](size_t i, const auto& lanes) {
    lanes.store(lanes.load(a + i) + lanes.load(b + i), y + i);
  });
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
