// The losses the kernels know. Definitions: loss/*.inl.hpp.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace fastdense {

enum class LossId : int {
  kMeanSquaredError,
  kMeanAbsoluteError,
  kMeanAbsolutePercentageError,
  kMeanSquaredLogarithmicError,
  kHuber,
  kLogCosh,
  kPoisson,
  kHinge,
  kSquaredHinge,
  kKlDivergence,
  kBinaryCrossentropy,
  kBinaryCrossentropyFromLogits,
  // Up to here a loss is a sum over the elements of a row; from here on it sees the row as one.
  kCategoricalCrossentropy,
  kCategoricalCrossentropyFromLogits,
  kCategoricalHinge,
  kCosineSimilarity,
  // Up to here targets have the shape of the predictions; from here on they are labels.
  kSparseCategoricalCrossentropy,
  kSparseCategoricalCrossentropyFromLogits,
  kCount,
};

// Row i's loss is sum_i / divisor, and
//   row_loss[i] = weight[i] sum_i / divisor,
//   grad[i, :] = scale / divisor weight[i] d sum_i / d y_pred[i, :].
// Targets are target_factor y_true + target_offset. Matrices are (rows x cols), contiguous.
template <class T>
struct LossKernelArgs {
  size_t rows, cols;
  const T* y_pred;
  const T* y_true;        // unless the loss takes labels
  const int64_t* labels;  // [rows], each in [0, cols), if it does
  const T* weight;        // [rows], or null for ones
  double target_factor, target_offset;
  double delta;  // Huber's
  double divisor;
  double scale;
  T* grad;      // or null; may not be y_pred
  T* row_loss;  // [rows]
};

}  // namespace fastdense
