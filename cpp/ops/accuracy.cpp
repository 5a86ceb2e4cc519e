#include "ops/accuracy.hpp"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "ops/partition.hpp"
#include "runtime/parallel.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {
namespace {

// Elements that take some 20 us: enough for a task.
constexpr std::size_t kTaskElements = 32 * 1024;

template <class T>
bool is_nan(T value) {
  return value != value;
}

// An unsigned integer as wide as T: what the compiler can count in beside vectors of T.
template <class T>
using Count = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

template <class T, class Condition>
std::size_t count(const T* x, std::size_t n, const Condition& condition) {
  Count<T> found = 0;
  for (std::size_t i = 0; i < n; ++i) found += condition(x[i]) ? 1 : 0;
  return found;
}

// Whether row's argmax is `label`, without looking for it: all are compared with one value.
template <class T>
bool is_argmax(const T* row, std::size_t cols, std::size_t label) {
  const T value = row[label];
  if (is_nan(value)) return count(row, label, is_nan<T>) == 0;
  const std::size_t after = label + 1;
  return count(row, label, [=](T x) { return !(x < value); }) +
             count(row + after, cols - after, [=](T x) { return !(x <= value); }) ==
         0;
}

template <class T>
bool is_in_top(std::size_t top_k, const T* row, std::size_t cols, std::size_t label) {
  const T value = row[label];
  return count(row, cols, [=](T x) { return x > value; }) < top_k && !is_nan(value);
}

// One-hot rows have few values that exceed all before them, so blocks are only looked through where
// one does.
template <class T>
std::size_t argmax(const T* row, std::size_t cols) {
  constexpr std::size_t kBlock = 32;
  std::size_t best = 0;
  for (std::size_t begin = 0; begin < cols; begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, cols);
    const auto exceeds = [bound = row[best]](T x) { return !(x <= bound); };
    if (begin > 0 && count(row + begin, end - begin, exceeds) == 0) continue;
    for (std::size_t j = begin; j < end; ++j) {
      if (is_nan(row[j])) return j;
      if (row[j] > row[best]) best = j;
    }
  }
  return best;
}

template <class T, class IsRight>
Score score_rows(const Predictions<T>& predictions, Range range, const IsRight& is_right) {
  if (predictions.weight == nullptr) {
    std::size_t right = 0;
    for (std::size_t i = range.begin; i < range.end; ++i) right += is_right(i) ? 1 : 0;
    return {static_cast<double>(right), static_cast<double>(range.size())};
  }
  Score score{0, 0};
  for (std::size_t i = range.begin; i < range.end; ++i) {
    const double weight = predictions.weight[i / predictions.rows_per_weight];
    score.right += is_right(i) ? weight : 0;
    score.of += weight;
  }
  return score;
}

// Weights are added up part by part, and the parts depend on the sizes only.
template <class T, class IsRight>
Score score(const Predictions<T>& predictions, const IsRight& is_right) {
  const std::size_t rows = predictions.rows;
  const std::size_t cols = predictions.cols;
  const EqualParts parts(rows, std::max<std::size_t>(1, kTaskElements / cols));
  if (parts.count() <= 1) return score_rows(predictions, {0, rows}, is_right);
  const Scratch<Score> scratch(parts.count());
  Score* of_parts = scratch.data();
  parallel_for(parts.count(), static_cast<double>(rows) * static_cast<double>(cols),
               [&](std::size_t i) { of_parts[i] = score_rows(predictions, parts[i], is_right); });
  Score sum{0, 0};
  for (std::size_t i = 0; i < parts.count(); ++i) {
    sum.right += of_parts[i].right;
    sum.of += of_parts[i].of;
  }
  return sum;
}

// label_of(i) is a column's index, or cols where there is no such label.
template <class T, class LabelOf>
Score score_labels(const Predictions<T>& predictions, std::size_t top_k, const LabelOf& label_of) {
  const T* y_pred = predictions.y_pred;
  const std::size_t cols = predictions.cols;
  if (top_k > 0) {
    return score(predictions, [=](std::size_t i) {
      const std::size_t label = label_of(i);
      return label < cols && is_in_top(top_k, y_pred + i * cols, cols, label);
    });
  }
  return score(predictions, [=](std::size_t i) {
    const std::size_t label = label_of(i);
    return label < cols && is_argmax(y_pred + i * cols, cols, label);
  });
}

}  // namespace

template <class T, class Label>
Score label_accuracy(const Predictions<T>& predictions, const Label* labels, std::size_t top_k) {
  const std::size_t cols = predictions.cols;
  return score_labels(predictions, top_k, [=](std::size_t i) {
    const Label label = labels[i];
    if (!(label >= 0 && label < static_cast<Label>(cols))) return cols;
    const auto index = static_cast<std::size_t>(label);
    return static_cast<Label>(index) == label ? index : cols;
  });
}

template <class T>
Score one_hot_accuracy(const Predictions<T>& predictions, const T* y_true, std::size_t top_k) {
  const std::size_t cols = predictions.cols;
  return score_labels(predictions, top_k,
                      [=](std::size_t i) { return argmax(y_true + i * cols, cols); });
}

template <class T>
Score threshold_accuracy(const Predictions<T>& predictions, const T* y_true, T threshold) {
  const T* y_pred = predictions.y_pred;
  return score(predictions,
               [=](std::size_t i) { return y_true[i] == (y_pred[i] > threshold ? T{1} : T{0}); });
}

template Score label_accuracy(const Predictions<float>&, const std::int64_t*, std::size_t);
template Score label_accuracy(const Predictions<float>&, const float*, std::size_t);
template Score label_accuracy(const Predictions<double>&, const std::int64_t*, std::size_t);
template Score label_accuracy(const Predictions<double>&, const double*, std::size_t);
template Score one_hot_accuracy(const Predictions<float>&, const float*, std::size_t);
template Score one_hot_accuracy(const Predictions<double>&, const double*, std::size_t);
template Score threshold_accuracy(const Predictions<float>&, const float*, float);
template Score threshold_accuracy(const Predictions<double>&, const double*, double);

}  // namespace fastdense
