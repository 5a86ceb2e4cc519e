// The dense layer: Y = act(X W + b), dX = dZ Wᵀ, dW = Xᵀ dZ, db = sum of dZ over the rows, where dZ
// = dY act'(Z). All matrices are contiguous.
#pragma once

#include <cstddef>

#include "ops/activation.hpp"
#include "ops/packed_matrix.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {

struct DenseShape {
  std::size_t batch, in_features, out_features;

  // Multiply-adds of a product and the activation of its result.
  double work() const {
    const std::size_t outputs = batch * out_features;
    return static_cast<double>(outputs) * static_cast<double>(in_features) +
           elementwise_work(outputs);
  }
};

// x: (batch x in), weight: (in x out), bias: [out] or null, y: (batch x out), overwritten. If z is
// not null it gets X W + b. The activation isn't glu.
template <class T>
void dense_forward(const DenseShape& shape, const Activation& activation, const T* x,
                   const T* weight, const T* bias, T* y, T* z);

// The same for a weight that is packed, without z.
template <class T>
void dense_forward(const DenseShape& shape, const Activation& activation, const T* x,
                   const PackedMatrix<T>& weight, const T* bias, T* y);

// dZ and, unless null, db. saved: what the activation's gradient comes from (z or y; null if
// linear). grad_z may be grad_y. sum: of db.
template <class T>
void dense_backward_activation(const DenseShape& shape, const Activation& activation,
                               const T* saved, const T* grad_y, T* grad_z, Sum sum, T* grad_bias);

// dX and dW from dZ; null where not needed. sum: of dW.
template <class T>
void dense_backward_products(const DenseShape& shape, const T* x, const T* weight, const T* grad_z,
                             T* grad_x, Sum sum, T* grad_weight);

// All of it. saved: what the activation's gradient comes from (z or y; null if linear). All
// gradients are overwritten; one that isn't needed may be null.
template <class T>
void dense_backward(const DenseShape& shape, const Activation& activation, const T* x,
                    const T* weight, const T* saved, const T* grad_y, T* grad_x, T* grad_weight,
                    T* grad_bias);

}  // namespace fastdense
