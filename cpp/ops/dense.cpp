#include "ops/dense.hpp"

#include <algorithm>

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
  bool is_rectifier() const override { return activation_.is_relu() && z_.data == y_.data; }

 private:
  const Activation& activation_;
  Matrix<const T> z_;
  Matrix<T> y_;
};

// out = X W + b, which is z or y; then y.
template <class T>
void forward(const GemmArgs<T>& product, const Activation& activation, T* y) {
  const Matrix<T> out = product.c;
  const ActivateBlock<T> activate(activation, {out.data, out.ld}, {y, product.n});
  const bool in_blocks = activation.is_elementwise() && !activation.is_linear();
  gemm<T>(product, in_blocks ? &activate : nullptr);
  if (!activation.is_elementwise())
    activation_forward<T>(activation, product.m, product.n, out.data, y);
}

}  // namespace

template <class T>
void dense_forward(const DenseShape& s, const Activation& activation, const T* x, const T* weight,
                   const T* bias, T* y, T* z) {
  const Matrix<T> out{z == nullptr ? y : z, s.out_features};
  const Matrix<const T> input{x, s.in_features};
  forward<T>(
      {s.batch, s.out_features, s.in_features, input, false, {weight, s.out_features}, bias, out},
      activation, y);
}

template <class T>
void dense_forward(const DenseShape& s, const Activation& activation, const T* x,
                   const PackedMatrix<T>& weight, const T* bias, T* y) {
  const Matrix<const T> input{x, s.in_features};
  forward<T>({s.batch,
              s.out_features,
              s.in_features,
              input,
              false,
              {},
              bias,
              {y, s.out_features},
              &weight},
             activation, y);
}

template <class T>
void dense_backward_activation(const DenseShape& s, const Activation& activation, const T* saved,
                               const T* grad_y, T* grad_z, Sum sum, T* grad_bias) {
  if (activation.is_elementwise() && !activation.is_linear() && grad_bias != nullptr) {
    return activation_backward_with_sum(activation, s.batch, s.out_features, grad_y, saved, grad_z,
                                        sum, grad_bias);
  }
  if (!activation.is_linear()) {
    activation_backward(activation, s.batch, s.out_features, grad_y, saved, grad_z);
  } else if (grad_z != grad_y) {
    std::copy_n(grad_y, s.batch * s.out_features, grad_z);
  }
  if (grad_bias != nullptr) column_sum(s.batch, s.out_features, grad_z, sum, grad_bias);
}

template <class T>
void dense_backward_products(const DenseShape& s, const T* x, const T* weight, const T* grad_z,
                             T* grad_x, Sum sum, T* grad_weight) {
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
             {grad_weight, s.out_features},
             nullptr,
             sum},
            nullptr);
  }
  if (grad_x != nullptr) {
    gemm_transposed_b<T>(s.batch, s.in_features, s.out_features, dz, {weight, s.out_features},
                         {grad_x, s.in_features});
  }
}

template <class T>
void dense_backward(const DenseShape& s, const Activation& activation, const T* x, const T* weight,
                    const T* saved, const T* grad_y, T* grad_x, T* grad_weight, T* grad_bias) {
  if (activation.is_linear()) {
    if (grad_bias != nullptr) column_sum(s.batch, s.out_features, grad_y, Sum::kStarts, grad_bias);
    return dense_backward_products(s, x, weight, grad_y, grad_x, Sum::kStarts, grad_weight);
  }
  const Scratch<T> grad_z(s.batch * s.out_features);
  dense_backward_activation(s, activation, saved, grad_y, grad_z.data(), Sum::kStarts, grad_bias);
  dense_backward_products(s, x, weight, static_cast<const T*>(grad_z.data()), grad_x, Sum::kStarts,
                          grad_weight);
}

#define FASTDENSE_INSTANTIATE(T)                                                                   \
  template void dense_forward(const DenseShape&, const Activation&, const T*, const T*, const T*,  \
                              T*, T*);                                                             \
  template void dense_forward(const DenseShape&, const Activation&, const T*,                      \
                              const PackedMatrix<T>&, const T*, T*);                               \
  template void dense_backward_activation(const DenseShape&, const Activation&, const T*,          \
                                          const T*, T*, Sum, T*);                                  \
  template void dense_backward_products(const DenseShape&, const T*, const T*, const T*, T*, Sum,  \
                                        T*);                                                       \
  template void dense_backward(const DenseShape&, const Activation&, const T*, const T*, const T*, \
                               const T*, T*, T*, T*)
FASTDENSE_INSTANTIATE(float);
FASTDENSE_INSTANTIATE(double);
#undef FASTDENSE_INSTANTIATE

}  // namespace fastdense
