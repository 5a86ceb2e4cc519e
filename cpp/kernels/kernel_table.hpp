// The kernels' only door: what the arithmetic of one instruction set (ISA) offers to the rooms
// above.
//
// Everything is a plain pointer or number, so that no code compiled for one ISA is ever shared with
// another. Matrices are row-major; `ld*` counts elements from one row to the next. Kernels know
// nothing of threads, allocation or errors, and allow any size, zero included.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/activation_id.hpp"
#include "kernels/loss_id.hpp"
#include "kernels/update_rule.hpp"

namespace fastdense {

// c (m x n) = start + a b, each element summed in ascending order of the inner index, start first.
// `start` has one value per column (start_ld 0: a bias), one per element (start_ld > 0; c itself to
// go on with an earlier block of the inner dimension) or is null for zero.
template <class T>
struct GemmPanelArgs {
  size_t m, n, k;
  const T* a;  // (m x k), or (k x m) for the transposed kernel
  size_t lda;
  const T* b;  // (k x n)
  size_t ldb;
  const T* start;
  size_t start_ld;
  T* c;
  size_t ldc;
  // The rest is for panels; streams ignore it.
  //
  // Null, or where to copy b to, if it is no wider than panel_vectors vectors: k rows of so many
  // vectors, of which those beyond n get any value. Later rows then read the copy.
  T* b_copy = nullptr;
  // Null, or where the next panel of b begins, as many rows and columns as this one: the last rows
  // prefetch it, because its rows are too far apart for the processor to see what follows what.
  const T* next_b = nullptr;
  size_t next_ldb = 0;
  // Whether to store max(sum, 0), NaN staying NaN. Not for the transposed kernel.
  bool is_rectified = false;
};

template <class T>
using GemmPanel = void (*)(const GemmPanelArgs<T>&);

// Blocking of the matrix product, with the reasons beside the values in gemm.inl.hpp.
struct GemmGeometry {
  static constexpr size_t kWidestPanel = 4;

  size_t lanes;
  size_t stream_rows;                  // so few rows can be streamed
  size_t panel_vectors;                // the width of a panel of columns when there are many rows
  size_t tile_rows[kWidestPanel + 1];  // rows of the tallest tile so many vectors wide
  size_t rows_worth_a_copy;            // from so many on, b is better copied panel by panel
  size_t rows_worth_a_copy_if_competing;  // the same when the rows of b compete for cache
};

template <class T>
struct ActivationKernel {
  GradientFrom gradient_from;
  // y = act(x), rows x cols. y may be x.
  void (*forward)(size_t rows, size_t cols, const T* x, size_t ldx, T* y, size_t ldy,
                  const ActivationParams& params);
  // dz = dy * act'(saved), rows x cols (saved: any readable matrix for kNothing), and, unless null,
  // col_sum[j] = sum over the rows of dz[:, j], in ascending order; overwrites. dz may be dy.
  void (*backward)(size_t rows, size_t cols, const T* dy, size_t lddy, const T* saved, size_t lds,
                   T* dz, size_t lddz, T* col_sum, const ActivationParams& params);
};

// Inverted dropout of elements first .. first + n of a tensor; first is a multiple of
// kDropoutBlock. An element is kept when its 32 random bits, read as an integer, are at least
// `threshold`; kept ones are multiplied by `scale`, the others become 0.
struct DropoutArgs {
  uint64_t seed;
  uint64_t first;
  uint32_t threshold;
  double scale;
};
constexpr size_t kDropoutBlock = 128;

// Operations on whole rows of contiguous matrices (rows x cols).
template <class T>
struct RowKernels {
  void (*forward)(size_t rows, size_t cols, const T* x, T* y);  // y may be x
  void (*backward)(size_t rows, size_t cols, const T* dy, const T* y, T* dx);
};

// One step of an optimizer on n weights and on what it keeps beside them, in `slots` arrays. The
// gradient is another array that may not overlap these.
template <class T>
struct UpdateKernel {
  int slots;
  void (*run)(const UpdateStep& step, size_t n, T* weight, const T* gradient, T* const* slots);
};

// The gradient of l1 sum|w| + l2 sum w^2, times scale.
struct PenaltyGradientArgs {
  double l1, l2, scale;
};

// What the machine can do at most, for measuring against.
template <class T>
struct RooflineKernels {
  size_t flops_per_step;  // of multiply_add_peak; a multiply-add is two
  // Multiply-adds in registers; the result depends on all of them.
  T (*multiply_add_peak)(size_t steps, T start);
  // Memory is walked through `passes` times: sum of x over all passes; y = number of the pass;
  // y = factor x. y may not overlap x.
  T (*read)(size_t n, size_t passes, const T* x);
  void (*write)(size_t n, size_t passes, T* y);
  void (*copy)(size_t n, size_t passes, T factor, const T* x, T* y);
};

template <class T>
struct Kernels {
  GemmGeometry gemm_geometry;
  // At most kWidestPanel vectors of columns. Transposed: a is (k x m), read as its transpose.
  GemmPanel<T> gemm_panel;
  GemmPanel<T> gemm_panel_transposed;
  // At most stream_rows rows, any number of columns, k at least 1; makes no copy of b.
  GemmPanel<T> gemm_stream;
  GemmPanel<T> gemm_stream_transposed;
  // c (m x n) = a bᵀ with a (m x k), b (n x k): dot products, for m too small to fill a panel's
  // rows, or for a single column.
  void (*gemm_dot)(size_t m, size_t n, size_t k, const T* a, size_t lda, const T* b, size_t ldb,
                   T* c, size_t ldc);
  // dst (cols x rows) = transpose of src (rows x cols).
  void (*transpose)(size_t rows, size_t cols, const T* src, size_t lds, T* dst, size_t ldd);
  // sum[j] = x[0, j] + x[1, j] + ... in this order; overwrites.
  void (*col_sum)(size_t rows, size_t cols, const T* x, size_t ldx, T* sum);

  ActivationKernel<T> activation[static_cast<int>(ActivationId::kCount)];
  RowKernels<T> softmax;
  RowKernels<T> log_softmax;
  RowKernels<T> sparsemax;
  // y (rows x cols/2) = a sigmoid(b), where a and b are the halves of a row of x (rows x cols).
  void (*glu)(size_t rows, size_t cols, const T* x, T* y);
  void (*glu_backward)(size_t rows, size_t cols, const T* dy, const T* x, T* dx);
  // y = x > 0 ? x : alpha x with one alpha per column; the gradient for alpha is summed over the
  // rows in ascending order; overwrites.
  void (*prelu)(size_t rows, size_t cols, const T* x, const T* alpha, T* y);
  void (*prelu_backward)(size_t rows, size_t cols, const T* dy, const T* x, const T* alpha, T* dx,
                         T* dalpha);
  // y may be x.
  void (*dropout)(size_t n, const T* x, T* y, const DropoutArgs& args);
  // y = noise == 0 ? 0 : x noise, with one noise value per element (noise_step 1) or one for all
  // (0).
  void (*apply_noise)(size_t n, const T* x, const T* noise, size_t noise_step, T* y);
  UpdateKernel<T> update[static_cast<int>(UpdateRule::kCount)];
  // x[0]^2 + x[1]^2 + ... and |x[0]| + |x[1]| + ..., in double.
  double (*sum_of_squares)(size_t n, const T* x);
  double (*sum_of_magnitudes)(size_t n, const T* x);
  RooflineKernels<T> roofline;
  // grad += scale (l1 sign(w) + 2 l2 w), where sign(0) is 0 and a zero l2 leaves out its term.
  void (*add_penalty_gradient)(size_t n, const T* w, T* grad, const PenaltyGradientArgs& args);
  // sum[j] = x[0, j]^2 + x[1, j]^2 + ... in this order; overwrites. x is contiguous.
  void (*col_sum_squares)(size_t rows, size_t cols, const T* x, T* sum);
  // x[i, j] *= factor[j], x contiguous; and with one factor for all.
  void (*scale_columns)(size_t rows, size_t cols, const T* factor, T* x);
  void (*scale)(size_t n, T factor, T* x);
  // y = a + b; y may be a or b.
  void (*add)(size_t n, const T* a, const T* b, T* y);
  void (*loss[static_cast<int>(LossId::kCount)])(const LossKernelArgs<T>& args);
};

struct KernelTable {
  const char* isa;
  Kernels<float> f32;
  Kernels<double> f64;
};

// One per ISA compiled in; the list of those is in runtime/isa.cpp.
namespace generic {
extern const KernelTable kKernels;
}
namespace avx2 {
extern const KernelTable kKernels;
}
namespace avx512 {
extern const KernelTable kKernels;
}
namespace neon {
extern const KernelTable kKernels;
}

}  // namespace fastdense
