// Activations over matrices: the loops around the functors of activation/.
#pragma once

#include "kernels/activation/all.inl.hpp"
#include "kernels/columns.inl.hpp"
#include "kernels/kernel_table.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T>
Params<T> params_of(const ActivationParams& params) {
  return {{static_cast<T>(params.p[0]), static_cast<T>(params.p[1]), static_cast<T>(params.p[2])}};
}

template <class T, class Activation>
void activation_forward(size_t rows, size_t cols, const T* x, size_t ldx, T* y, size_t ldy,
                        const ActivationParams& params) {
  const Params<T> p = params_of<T>(params);
  for (size_t row = 0; row < rows; ++row) {
    for_vectors<T>(0, cols, [&](size_t j, const auto& lanes) {
      lanes.store(Activation::Forward(lanes.load(x + row * ldx + j), p), y + row * ldy + j);
    });
  }
}

template <class T, class Activation>
void activation_backward(size_t rows, size_t cols, const T* dy, size_t lddy, const T* saved,
                         size_t lds, T* dz, size_t lddz, T* col_sum,
                         const ActivationParams& params) {
  const Params<T> p = params_of<T>(params);
  map_columns<T>(rows, cols, col_sum, [&](size_t i, size_t j, const auto& lanes) {
    const Vec<T> gradient =
        lanes.load(dy + i * lddy + j) * Activation::Gradient(lanes.load(saved + i * lds + j), p);
    lanes.store(gradient, dz + i * lddz + j);
    // Lanes that are not there may hold anything, but are never stored.
    return gradient;
  });
}

template <class T, class Activation>
constexpr ActivationKernel<T> activation_kernel() {
  return {Activation::kGradientFrom, activation_forward<T, Activation>,
          activation_backward<T, Activation>};
}

static_assert(in_order<ActivationId>(Activations{}),
              "the list of activations follows ActivationId");

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
