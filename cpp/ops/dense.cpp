#include "ops/dense.hpp"

#include <optional>

#include "ops/gemm.hpp"
#include "runtime/isa.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {
namespace {

// y = act(z) on each block of z as the product finishes it.
template <class T>
class ActivateBlock final : public BlockEpilogue {
 public:
  ActivateBlock(const Activation& activation, Matrix<const T> z, Matrix<T> y)
      : activation_(activation), z_(z), y_(y) {}
  void operator()(std::size_t row, std::size_t column, std::size_t rows,
                  std::size_t cols) const override {
    // Rows without gaps are one long row, which spares narrow ones a masked vector each.
    if (cols == z_.ld && cols == y_.ld) {
      cols *= rows;
      rows = 1;
    }
    kernels<T>().activation[activation_.id].forward(rows, cols, z_.at(row, column), z_.ld,
                                                    y_.at(row, column), y_.ld, activation_.params);
  }

 private:
  const Activation& activation_;
  Matrix<const T> z_;
  Matrix<T> y_;
};

// dZ, and the gradient of the bias with it.
template <class T>
void activation_gradient(const DenseShape& s, const Activation& activation, const T* saved,
                         const T* grad_y, T* grad_z, T* grad_bias) {
  if (activation.is_elementwise() && grad_bias != nullptr) {
    return activation_backward_with_sum(activation, s.batch, s.out_features, grad_y, saved, grad_z,
                                        grad_bias);
  }
  activation_backward(activation, s.batch, s.out_features, grad_y, saved, grad_z);
  if (grad_bias != nullptr) column_sum(s.batch, s.out_features, grad_z, grad_bias);
}

}  // namespace

template <class T>
void dense_forward(const DenseShape& s, const Activation& activation, const T* x, const T* weight,
                   const T* bias, T* y, T* z) {
  const Matrix<T> out{z == nullptr ? y : z, s.out_features};
  const ActivateBlock<T> activate(activation, {out.data, out.ld}, {y, s.out_features});
  const bool in_blocks = activation.is_elementwise() && !activation.is_linear();
  gemm<T>({s.batch,
           s.out_features,
           s.in_features,
           {x, s.in_features},
           false,
           {weight, s.out_features},
           bias,
           out},
          in_blocks ? &activate : nullptr);
  if (!activation.is_elementwise())
    activation_forward<T>(activation, s.batch, s.out_features, out.data, y);
}

template <class T>
void dense_backward(const DenseShape& s, const Activation& activation, const T* x, const T* weight,
                    const T* saved, const T* grad_y, T* grad_x, T* grad_weight, T* grad_bias) {
  std::optional<Scratch<T>> scratch;
  const T* grad_z = grad_y;
  if (activation.is_linear()) {
    if (grad_bias != nullptr) column_sum(s.batch, s.out_features, grad_y, grad_bias);
  } else {
    scratch.emplace(s.batch * s.out_features);
    activation_gradient(s, activation, saved, grad_y, scratch->data(), grad_bias);
    grad_z = scratch->data();
  }
  const Matrix<const T> dz{grad_z, s.out_features};
  if (grad_weight != nullptr) {
    constexpr bool kTransposed = true;
    gemm<T>({s.in_features,
             s.out_features,
             s.batch,
             {x, s.in_features},
             kTransposed,
             dz,
             nullptr,
             {grad_weight, s.out_features}},
            nullptr);
  }
  if (grad_x != nullptr) {
    gemm_transposed_b<T>(s.batch, s.in_features, s.out_features, dz, {weight, s.out_features},
                         {grad_x, s.in_features});
  }
}

template void dense_forward(const DenseShape&, const Activation&, const float*, const float*,
                            const float*, float*, float*);
template void dense_forward(const DenseShape&, const Activation&, const double*, const double*,
                            const double*, double*, double*);
template void dense_backward(const DenseShape&, const Activation&, const float*, const float*,
                             const float*, const float*, float*, float*, float*);
template void dense_backward(const DenseShape&, const Activation&, const double*, const double*,
                             const double*, const double*, double*, double*, double*);

}  // namespace fastdense
