// Activations as operations on whole arrays, seen as contiguous matrices (rows x cols).
#pragma once

#include <cstddef>

#include "kernels/activation_id.hpp"
#include "ops/sum.hpp"

namespace fastdense {

// Names of all activations, in the order of their ids: the elementwise ones (ActivationId), then
// those that work along rows.
struct ActivationName {
  const char* name;
  int id;
};
constexpr int kSoftmax = static_cast<int>(ActivationId::kCount);
constexpr int kLogSoftmax = kSoftmax + 1;
constexpr int kSparsemax = kSoftmax + 2;
constexpr int kGlu = kSoftmax + 3;  // halves the row
constexpr int kActivationCount = kSoftmax + 4;
extern const ActivationName kActivationNames[kActivationCount];

// A configured activation. id < kActivationCount.
struct Activation {
  int id;
  ActivationParams params;

  bool is_linear() const { return id == static_cast<int>(ActivationId::kLinear); }
  bool is_relu() const { return id == static_cast<int>(ActivationId::kRelu); }
  bool is_elementwise() const { return id < static_cast<int>(ActivationId::kCount); }
  bool is_glu() const { return id == kGlu; }
  GradientFrom gradient_from() const;
};

// y = act(x). x: (rows x cols), y: the same, for glu (rows x cols/2). y may be x, but for glu.
template <class T>
void activation_forward(const Activation& activation, std::size_t rows, std::size_t cols,
                        const T* x, T* y);

// dx = the gradient for x; overwrites. (rows x cols) is x's shape; `saved` is x or y, as
// gradient_from says. dx may be dy, but for glu.
template <class T>
void activation_backward(const Activation& activation, std::size_t rows, std::size_t cols,
                         const T* dy, const T* saved, T* dx);

// The same for elementwise activations and, in the same pass, db[j] = sum over the rows of dx[:,
// j].
template <class T>
void activation_backward_with_sum(const Activation& activation, std::size_t rows, std::size_t cols,
                                  const T* dy, const T* saved, T* dx, Sum sum, T* db);

// db[j] = sum over the rows of dy[:, j].
template <class T>
void column_sum(std::size_t rows, std::size_t cols, const T* dy, Sum sum, T* db);

// y = x > 0 ? x : alpha x, alpha: [cols]; backward: dx, and dalpha summed over the rows;
// overwrites.
template <class T>
void prelu_forward(std::size_t rows, std::size_t cols, const T* x, const T* alpha, T* y);
template <class T>
void prelu_backward(std::size_t rows, std::size_t cols, const T* dy, const T* x, const T* alpha,
                    T* dx, T* dalpha);

}  // namespace fastdense
