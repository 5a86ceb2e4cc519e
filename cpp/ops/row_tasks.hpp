// Contiguous matrices whose rows are shared out as tasks, and sums down their columns.
#pragma once

#include <algorithm>
#include <cstddef>

#include "ops/partition.hpp"
#include "ops/sum.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {

// Elements a task works on: three operands of it fit L2.
constexpr std::size_t kTaskElements = 32768;

// Whole rows, about kTaskElements elements of them. cols > 0.
inline EqualParts row_parts(std::size_t rows, std::size_t cols) {
  return {rows, std::max<std::size_t>(1, kTaskElements / cols)};
}

// Rows that are summed up by themselves first: a divisor of kRowsOfSum, and enough to make the
// scratch for their sums, which is as wide as a row, little.
constexpr std::size_t rows_of_partial_sum(std::size_t cols) {
  std::size_t rows = kRowsOfSum;
  while (rows > 64 && rows * cols > kTaskElements) rows /= 2;
  return rows;
}

// pass(rows, sum) for every part of the rows, where `sum` receives the part's sums down the
// columns; adds them up, in order, to what is in total, or from zero on.
template <class T, class Pass>
void sum_columns(std::size_t rows, std::size_t cols, Sum sum, T* total, const Pass& pass) {
  if (cols == 0 || (rows == 0 && sum == Sum::kGoesOn)) return;
  const EqualParts parts(rows, rows_of_partial_sum(cols));
  const std::size_t before = sum == Sum::kGoesOn ? 1 : 0;
  if (before + parts.count() <= 1) return pass(Range{0, rows}, total);
  const Scratch<T> scratch((before + parts.count()) * cols);
  T* sums = scratch.data();
  std::copy_n(total, before * cols, sums);
  parallel_for(parts.count(), elementwise_work(rows * cols),
               [&](std::size_t i) { pass(parts[i], sums + (before + i) * cols); });
  kernels<T>().col_sum(before + parts.count(), cols, sums, cols, total);
}

}  // namespace fastdense
