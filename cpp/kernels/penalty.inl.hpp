// The gradient of L1 and L2 penalties.
#pragma once

#include "kernels/kernel_table.hpp"
#include "kernels/lanes.inl.hpp"
#include "kernels/math/clamp.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T>
void add_penalty_gradient(size_t n, const T* w, T* grad, const PenaltyGradientArgs& args) {
  const Vec<T> zero = Set(T{0});
  const Vec<T> l1 = Set(static_cast<T>(args.l1));
  const Vec<T> slope = Set(static_cast<T>(2 * args.l2));
  const Vec<T> scale = Set(static_cast<T>(args.scale));
  const auto for_all = [=](const auto& gradient) {
    for_vectors<T>(0, n, [&](size_t i, const auto& lanes) {
      // Plus zero, so that a penalty's gradient is never -0.
      const Vec<T> g = gradient(lanes.load(w + i)) + zero;
      lanes.store(lanes.load(grad + i) + scale * g, grad + i);
    });
  };
  if (args.l2 == 0) {  // then infinite weights have a gradient
    for_all([=](Vec<T> v) { return l1 * Sign(v); });
  } else {
    for_all([=](Vec<T> v) { return MulAdd(slope, v, l1 * Sign(v)); });
  }
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
