// Steps of optimizers over arrays: the loop around the rules of update_rules.inl.hpp.
//
// Clipping, decay and update are one pass, in registers: every array is read once and written once.
#pragma once

#include "kernels/kernel_table.hpp"
#include "kernels/lanes.inl.hpp"
#include "kernels/update_rules.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T, class Rule>
void update(const UpdateStep& step, size_t n, T* weight, const T* gradient, T* const* slots) {
  const StepCoefficients<T> c(step);
  const Vec<T> scale = Set(static_cast<T>(step.gradient_scale));
  const Vec<T> bound = Set(static_cast<T>(step.gradient_bound));
  const Vec<T> decay = Set(static_cast<T>(step.decay));
  const bool decays = step.decay != 0;
  for_aligned_vectors<T>(weight, n, [&](size_t i, const auto& lanes) {
    Vec<T> s[kMostSlots];
    FASTDENSE_UNROLL
    for (int k = 0; k < Rule::kSlots; ++k) s[k] = lanes.load(slots[k] + i);
    // Constants come first, so that NaN stays NaN.
    const Vec<T> g = Max(-bound, Min(bound, scale * lanes.load(gradient + i)));
    Vec<T> w = lanes.load(weight + i);
    if (decays) w = NegMulAdd(decay, w, w);
    lanes.store(Rule::Step(w, g, s, c), weight + i);
    FASTDENSE_UNROLL
    for (int k = 0; k < Rule::kSlots; ++k) lanes.store(s[k], slots[k] + i);
  });
}

static_assert(in_order<UpdateRule>(UpdateRules{}), "the list of rules follows UpdateRule");

template <class T, class Rule>
constexpr UpdateKernel<T> update_kernel() {
  return {Rule::kSlots, update<T, Rule>};
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
