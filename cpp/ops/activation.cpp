#include "ops/activation.hpp"

#include "ops/partition.hpp"
#include "ops/row_tasks.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {
namespace {

constexpr ActivationName named(const char* name, ActivationId id) {
  return {name, static_cast<int>(id)};
}

template <class T>
const ActivationKernel<T>& kernel_of(const Activation& activation) {
  return kernels<T>().activation[activation.id];
}

template <class T>
const RowKernels<T>& row_kernels(const Activation& activation) {
  switch (activation.id) {
    case kSoftmax:
      return kernels<T>().softmax;
    case kLogSoftmax:
      return kernels<T>().log_softmax;
    default:
      return kernels<T>().sparsemax;
  }
}

}  // namespace

const ActivationName kActivationNames[kActivationCount] = {
    named("linear", ActivationId::kLinear),
    named("relu", ActivationId::kRelu),
    named("clipped_relu", ActivationId::kClippedRelu),
    named("leaky_relu", ActivationId::kLeakyRelu),
    named("relu6", ActivationId::kRelu6),
    named("elu", ActivationId::kElu),
    named("selu", ActivationId::kSelu),
    named("celu", ActivationId::kCelu),
    named("gelu", ActivationId::kGelu),
    named("gelu_tanh", ActivationId::kGeluTanh),
    named("silu", ActivationId::kSilu),
    named("sigmoid", ActivationId::kSigmoid),
    named("hard_sigmoid", ActivationId::kHardSigmoid),
    named("hard_silu", ActivationId::kHardSilu),
    named("tanh", ActivationId::kTanh),
    named("hard_tanh", ActivationId::kHardTanh),
    named("tanh_shrink", ActivationId::kTanhShrink),
    named("softplus", ActivationId::kSoftplus),
    named("softsign", ActivationId::kSoftsign),
    named("log_sigmoid", ActivationId::kLogSigmoid),
    named("exponential", ActivationId::kExponential),
    named("mish", ActivationId::kMish),
    named("squareplus", ActivationId::kSquareplus),
    named("hard_shrink", ActivationId::kHardShrink),
    named("soft_shrink", ActivationId::kSoftShrink),
    named("threshold", ActivationId::kThreshold),
    named("sparse_plus", ActivationId::kSparsePlus),
    named("sparse_sigmoid", ActivationId::kSparseSigmoid),
    {"softmax", kSoftmax},
    {"log_softmax", kLogSoftmax},
    {"sparsemax", kSparsemax},
    {"glu", kGlu},
};

GradientFrom Activation::gradient_from() const {
  if (is_glu()) return GradientFrom::kInput;
  return is_elementwise() ? kernel_of<float>(*this).gradient_from : GradientFrom::kOutput;
}

template <class T>
void activation_forward(const Activation& activation, std::size_t rows, std::size_t cols,
                        const T* x, T* y) {
  if (activation.is_elementwise()) {
    const EqualParts parts(rows * cols, kTaskElements);
    parallel_for(parts.count(), elementwise_work(rows * cols), [&](std::size_t i) {
      const Range part = parts[i];
      kernel_of<T>(activation)
          .forward(1, part.size(), x + part.begin, 0, y + part.begin, 0, activation.params);
    });
    return;
  }
  if (cols == 0) return;
  const EqualParts parts = row_parts(rows, cols);
  parallel_for(parts.count(), elementwise_work(rows * cols), [&](std::size_t i) {
    const Range part = parts[i];
    if (activation.is_glu()) {
      kernels<T>().glu(part.size(), cols, x + part.begin * cols, y + part.begin * (cols / 2));
    } else {
      row_kernels<T>(activation)
          .forward(part.size(), cols, x + part.begin * cols, y + part.begin * cols);
    }
  });
}

template <class T>
void activation_backward(const Activation& activation, std::size_t rows, std::size_t cols,
                         const T* dy, const T* saved, T* dx) {
  if (activation.is_elementwise()) {
    const EqualParts parts(rows * cols, kTaskElements);
    parallel_for(parts.count(), elementwise_work(rows * cols), [&](std::size_t i) {
      const Range part = parts[i];
      const T* part_saved = saved + part.begin;
      kernel_of<T>(activation)
          .backward(1, part.size(), dy + part.begin, 0, part_saved, 0, dx + part.begin, 0, nullptr,
                    activation.params);
    });
    return;
  }
  if (cols == 0) return;
  const EqualParts parts = row_parts(rows, cols);
  parallel_for(parts.count(), elementwise_work(rows * cols), [&](std::size_t i) {
    const Range part = parts[i];
    const T* part_saved = saved + part.begin * cols;
    if (activation.is_glu()) {
      kernels<T>().glu_backward(part.size(), cols, dy + part.begin * (cols / 2), part_saved,
                                dx + part.begin * cols);
    } else {
      row_kernels<T>(activation)
          .backward(part.size(), cols, dy + part.begin * cols, part_saved, dx + part.begin * cols);
    }
  });
}

template <class T>
void activation_backward_with_sum(const Activation& activation, std::size_t rows, std::size_t cols,
                                  const T* dy, const T* saved, T* dx, Sum sum, T* db) {
  sum_columns(rows, cols, sum, db, [&](Range part, T* part_sum) {
    const std::size_t first = part.begin * cols;
    kernel_of<T>(activation)
        .backward(part.size(), cols, dy + first, cols, saved + first, cols, dx + first, cols,
                  part_sum, activation.params);
  });
}

template <class T>
void column_sum(std::size_t rows, std::size_t cols, const T* dy, Sum sum, T* db) {
  sum_columns(rows, cols, sum, db, [=](Range part, T* part_sum) {
    kernels<T>().col_sum(part.size(), cols, dy + part.begin * cols, cols, part_sum);
  });
}

template <class T>
void prelu_forward(std::size_t rows, std::size_t cols, const T* x, const T* alpha, T* y) {
  if (cols == 0) return;
  const EqualParts parts = row_parts(rows, cols);
  parallel_for(parts.count(), elementwise_work(rows * cols), [=](std::size_t i) {
    const std::size_t first = parts[i].begin * cols;
    kernels<T>().prelu(parts[i].size(), cols, x + first, alpha, y + first);
  });
}

template <class T>
void prelu_backward(std::size_t rows, std::size_t cols, const T* dy, const T* x, const T* alpha,
                    T* dx, T* dalpha) {
  sum_columns(rows, cols, Sum::kStarts, dalpha, [=](Range part, T* sum) {
    const std::size_t first = part.begin * cols;
    kernels<T>().prelu_backward(part.size(), cols, dy + first, x + first, alpha, dx + first, sum);
  });
}

#define FASTDENSE_INSTANTIATE(T)                                                               \
  template void activation_forward(const Activation&, std::size_t, std::size_t, const T*, T*); \
  template void activation_backward(const Activation&, std::size_t, std::size_t, const T*,     \
                                    const T*, T*);                                             \
  template void activation_backward_with_sum(const Activation&, std::size_t, std::size_t,      \
                                             const T*, const T*, T*, Sum, T*);                 \
  template void column_sum(std::size_t, std::size_t, const T*, Sum, T*);                       \
  template void prelu_forward(std::size_t, std::size_t, const T*, const T*, T*);               \
  template void prelu_backward(std::size_t, std::size_t, const T*, const T*, const T*, T*, T*)
FASTDENSE_INSTANTIATE(float);
FASTDENSE_INSTANTIATE(double);
#undef FASTDENSE_INSTANTIATE

}  // namespace fastdense
