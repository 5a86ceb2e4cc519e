// Losses of rows of predictions, with their gradients.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/loss_id.hpp"

namespace fastdense {

struct LossName {
  const char* name;
  LossId id;
};
constexpr int kLossCount = static_cast<int>(LossId::kCount);
// In the order of LossId.
extern const LossName kLossNames[kLossCount];

// A configured loss. p[0]: Huber's delta, or the label smoothing of crossentropies of dense
// targets.
struct LossFunction {
  LossId id;
  double p[2];

  bool takes_labels() const { return id >= LossId::kSparseCategoricalCrossentropy; }
  // Whether what a row's targets mean depends on all rows.
  bool is_hinge() const { return id == LossId::kHinge || id == LossId::kSquaredHinge; }
};

template <class T>
struct LossArgs {
  std::size_t rows, cols;
  const T* y_pred;             // (rows x cols)
  const T* y_true;             // (rows x cols), unless the loss takes labels
  const std::int64_t* labels;  // [rows], each in [0, cols), if it does: see first_bad_label
  const T* weight;             // [rows], or null for ones
  double scale;                // of the gradient
  // (rows x cols) = scale weight[i] d loss_i / d y_pred; overwrites; may be null, not y_pred.
  T* grad;
  T* row_loss;  // [rows] = weight[i] loss_i; may be null
};

// Returns `before` plus the sum of weight[i] loss_i over the rows, added up in double in an order
// that depends on the sizes only. In several calls, each with the result of the one before, it is
// the same as in one, but for hinge losses, if all but the last have a multiple of kRowsOfSum rows.
// loss_i is Keras' per-sample value: the mean over the columns; for crossentropies of categories,
// Kullback-Leibler and cosine similarity the sum; for the categorical hinge neither. Hinge losses
// turn targets into -1 and 1 if all of them are 0 or 1. Without rows or columns the sum is 0.
template <class T>
double loss(const LossFunction& function, const LossArgs<T>& args, double before = 0);

// Index of the first label outside [0, classes), or rows.
std::size_t first_bad_label(std::size_t rows, std::size_t classes, const std::int64_t* labels);

}  // namespace fastdense
