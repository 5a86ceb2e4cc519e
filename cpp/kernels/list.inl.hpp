// Lists of functors, such as the activations, that a table has an entry for each of.
#pragma once

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class... F>
struct List {};

// Whether the functors are those that Id numbers, all of them and in its order.
template <class Id, class... F>
constexpr bool in_order(List<F...>) {
  int next = 0;
  return ((F::kId == static_cast<Id>(next++)) && ...) && next == static_cast<int>(Id::kCount);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
