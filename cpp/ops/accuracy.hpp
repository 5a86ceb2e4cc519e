// How many rows of predictions are right.
#pragma once

#include <cstddef>

namespace fastdense {

// Sums of weights: of the rows that are right, and of all rows.
struct Score {
  double right, of;
};

template <class T>
struct Predictions {
  std::size_t rows, cols;
  const T* y_pred;              // (rows x cols)
  const T* weight;              // one for every rows_per_weight rows; null: each row counts 1
  std::size_t rows_per_weight;  // at least 1
};

// A row's label must be where NumPy has its argmax: at the first NaN, else at the first of the
// largest values. With top_k > 0 fewer than top_k values may exceed the label's, which is no NaN.
// A label that is no index of a column is wrong. There is at least one column.
// Label: int64_t or T.
template <class T, class Label>
Score label_accuracy(const Predictions<T>& predictions, const Label* labels, std::size_t top_k);

// The same with the argmax of each row of y_true (rows x cols) as its label.
template <class T>
Score one_hot_accuracy(const Predictions<T>& predictions, const T* y_true, std::size_t top_k);

// One column: y_true[i] must be 1 where y_pred[i] > threshold, else 0.
template <class T>
Score threshold_accuracy(const Predictions<T>& predictions, const T* y_true, T threshold);

}  // namespace fastdense
