// Contiguous matrices whose rows are shared out as tasks, and sums down their columns.
#pragma once

#include <algorithm>
#include <cstddef>

#include "ops/partition.hpp"
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

// pass(rows, sum) for every part of the rows, where `sum` receives the part's sums down the
// columns; adds them up into total, in order.
template <class T, class Pass>
void sum_columns(std::size_t rows, std::size_t cols, T* total, const Pass& pass) {
  if (cols == 0) return;
  // The sums of a part are scratch as wide as a row: a part has enough rows to make that little.
  const EqualParts parts(rows, std::max<std::size_t>(64, kTaskElements / cols));
  if (parts.count() <= 1) return pass(Range{0, rows}, total);
  const Scratch<T> scratch(parts.count() * cols);
  T* sums = scratch.data();
  parallel_for(parts.count(), elementwise_work(rows * cols),
               [&](std::size_t i) { pass(parts[i], sums + i * cols); });
  kernels<T>().col_sum(parts.count(), cols, sums, cols, total);
}

}  // namespace fastdense
