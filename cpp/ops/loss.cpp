#include "ops/loss.hpp"

#include <algorithm>

#include "ops/partition.hpp"
#include "ops/sum.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {
namespace {

// Elements a task works on, at 10 to 40 instructions a vector.
constexpr std::size_t kTaskElements = 16384;
// A task has whole vectors of rows.
constexpr std::size_t kRowsTogether = 16;
// Columns of the rows that elements without rows of their own are cut into: few enough to be summed
// in T.
constexpr std::size_t kCutColumns = 256;
static_assert(kRowsOfSum % kCutColumns == 0);

bool is_sum_over_elements(LossId id) { return id < LossId::kCategoricalCrossentropy; }

bool is_mean_over_columns(LossId id) {
  return is_sum_over_elements(id) && id != LossId::kKlDivergence;
}

// What targets go through: factor t + offset.
struct TargetMap {
  double factor, offset;
};

template <class T>
TargetMap target_map(const LossFunction& function, const LossArgs<T>& args) {
  const double smoothing = function.p[0];
  switch (function.id) {
    case LossId::kHinge:
    case LossId::kSquaredHinge: {
      const auto is_binary = [](T t) { return t == 0 || t == 1; };
      if (std::all_of(args.y_true, args.y_true + args.rows * args.cols, is_binary)) return {2, -1};
      return {1, 0};
    }
    case LossId::kBinaryCrossentropy:
    case LossId::kBinaryCrossentropyFromLogits:
      return {1 - smoothing, 0.5 * smoothing};
    case LossId::kCategoricalCrossentropy:
    case LossId::kCategoricalCrossentropyFromLogits:
      return {1 - smoothing, smoothing / static_cast<double>(args.cols)};
    default:
      return {1, 0};
  }
}

// The arguments for `size` rows from `begin` on.
template <class T>
LossKernelArgs<T> part_of(LossKernelArgs<T> args, Range part) {
  const std::size_t first = part.begin * args.cols;
  args.rows = part.size();
  args.y_pred += first;
  if (args.y_true != nullptr) args.y_true += first;
  if (args.labels != nullptr) args.labels += part.begin;
  if (args.weight != nullptr) args.weight += part.begin;
  if (args.grad != nullptr) args.grad += first;
  args.row_loss += part.begin;
  return args;
}

template <class T>
void run(LossId id, const LossKernelArgs<T>& args) {
  const std::size_t rows_per_task = std::max<std::size_t>(1, kTaskElements / args.cols);
  const EqualParts parts(args.rows, divide_up(rows_per_task, kRowsTogether) * kRowsTogether);
  const auto kernel = kernels<T>().loss[static_cast<int>(id)];
  parallel_for(parts.count(), 2 * elementwise_work(args.rows * args.cols),
               [&](std::size_t i) { kernel(part_of(args, parts[i])); });
}

template <class T>
double sum_of_part(std::size_t n, const T* x) {
  // Chains of additions that don't wait for each other.
  constexpr std::size_t kChains = 8;
  double sums[kChains] = {};
  std::size_t i = 0;
  for (; i + kChains <= n; i += kChains) {
    for (std::size_t j = 0; j < kChains; ++j) sums[j] += static_cast<double>(x[i + j]);
  }
  for (std::size_t j = 0; i < n; ++i, ++j) sums[j] += static_cast<double>(x[i]);
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

// before + the sum of x, in parts of so many elements.
template <class T>
double sum_in_double(double before, std::size_t n, const T* x, std::size_t part) {
  const EqualParts parts(n, part);
  for (std::size_t i = 0; i < parts.count(); ++i)
    before += sum_of_part(parts[i].size(), x + parts[i].begin);
  return before;
}

// A loss that is a sum over elements, when nobody asks which row they are in: rows of another
// length, without a copy, and one more for the rest.
template <class T>
double loss_of_elements(LossId id, LossKernelArgs<T> args, double before) {
  // So many of the new rows have the elements of kRowsOfSum of the old ones.
  const std::size_t part = kRowsOfSum / kCutColumns * args.cols;
  const std::size_t count = args.rows * args.cols;
  args.cols = kCutColumns;
  args.rows = count / kCutColumns;
  const std::size_t rest = count % kCutColumns;
  const Scratch<T> sums(args.rows + 1);
  args.row_loss = sums.data();
  if (args.rows > 0) run(id, args);
  if (rest == 0) return sum_in_double(before, args.rows, sums.data(), part);
  LossKernelArgs<T> last = part_of(args, {args.rows, args.rows + 1});
  last.cols = rest;
  run(id, last);
  return sum_in_double(before, args.rows + 1, sums.data(), part);
}

}  // namespace

const LossName kLossNames[kLossCount] = {
    {"mean_squared_error", LossId::kMeanSquaredError},
    {"mean_absolute_error", LossId::kMeanAbsoluteError},
    {"mean_absolute_percentage_error", LossId::kMeanAbsolutePercentageError},
    {"mean_squared_logarithmic_error", LossId::kMeanSquaredLogarithmicError},
    {"huber", LossId::kHuber},
    {"log_cosh", LossId::kLogCosh},
    {"poisson", LossId::kPoisson},
    {"hinge", LossId::kHinge},
    {"squared_hinge", LossId::kSquaredHinge},
    {"kl_divergence", LossId::kKlDivergence},
    {"binary_crossentropy", LossId::kBinaryCrossentropy},
    {"binary_crossentropy_from_logits", LossId::kBinaryCrossentropyFromLogits},
    {"categorical_crossentropy", LossId::kCategoricalCrossentropy},
    {"categorical_crossentropy_from_logits", LossId::kCategoricalCrossentropyFromLogits},
    {"categorical_hinge", LossId::kCategoricalHinge},
    {"cosine_similarity", LossId::kCosineSimilarity},
    {"sparse_categorical_crossentropy", LossId::kSparseCategoricalCrossentropy},
    {"sparse_categorical_crossentropy_from_logits",
     LossId::kSparseCategoricalCrossentropyFromLogits},
};

template <class T>
double loss(const LossFunction& function, const LossArgs<T>& args, double before) {
  if (args.rows == 0 || args.cols == 0) {
    if (args.row_loss != nullptr) std::fill_n(args.row_loss, args.rows, T{0});
    return before;
  }
  const TargetMap map = target_map(function, args);
  const double divisor = is_mean_over_columns(function.id) ? static_cast<double>(args.cols) : 1;
  LossKernelArgs<T> kernel_args = {
      args.rows,  args.cols,     args.y_pred, args.y_true, args.labels, args.weight,  map.factor,
      map.offset, function.p[0], divisor,     args.scale,  args.grad,   args.row_loss};
  if (args.row_loss == nullptr && args.weight == nullptr && is_sum_over_elements(function.id))
    return loss_of_elements(function.id, kernel_args, before);
  const Scratch<T> scratch(args.row_loss == nullptr ? args.rows : 0);
  if (args.row_loss == nullptr) kernel_args.row_loss = scratch.data();
  run(function.id, kernel_args);
  return sum_in_double(before, args.rows, kernel_args.row_loss, kRowsOfSum);
}

std::size_t first_bad_label(std::size_t rows, std::size_t classes, const std::int64_t* labels) {
  const auto is_bad = [=](std::int64_t label) {
    return static_cast<std::uint64_t>(label) >= classes;
  };
  return static_cast<std::size_t>(std::find_if(labels, labels + rows, is_bad) - labels);
}

template double loss(const LossFunction&, const LossArgs<float>&, double);
template double loss(const LossFunction&, const LossArgs<double>&, double);

}  // namespace fastdense
