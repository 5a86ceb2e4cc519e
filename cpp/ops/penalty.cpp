#include "ops/penalty.hpp"

#include "ops/row_tasks.hpp"

namespace fastdense {
namespace {

// sum(n, w) of whole parts, added up in order.
template <class T>
double sum_in_parts(std::size_t n, const T* w, double (*sum)(std::size_t, const T*)) {
  const EqualParts parts(n, kTaskElements);
  if (parts.count() <= 1) return sum(n, w);
  const Scratch<double> scratch(parts.count());
  double* sums = scratch.data();
  parallel_for(parts.count(), elementwise_work(n),
               [=](std::size_t i) { sums[i] = sum(parts[i].size(), w + parts[i].begin); });
  double total = 0;
  for (std::size_t i = 0; i < parts.count(); ++i) total += sums[i];
  return total;
}

}  // namespace

template <class T>
double penalty(const Penalty& penalty, std::size_t n, const T* w) {
  const PenaltyKernels<T>& kernel = kernels<T>().penalty;
  double total = 0;
  if (penalty.l1 != 0) total += penalty.l1 * sum_in_parts(n, w, kernel.sum_abs);
  if (penalty.l2 != 0) total += penalty.l2 * sum_in_parts(n, w, kernel.sum_squares);
  return total;
}

template <class T>
void add_penalty_gradient(const Penalty& penalty, double scale, std::size_t n, const T* w,
                          T* grad) {
  if (penalty.is_none()) return;
  const EqualParts parts(n, kTaskElements);
  parallel_for(parts.count(), elementwise_work(n), [=](std::size_t i) {
    const Range part = parts[i];
    kernels<T>().penalty.add_gradient(part.size(), w + part.begin, grad + part.begin,
                                      {penalty.l1, penalty.l2, scale});
  });
}

template double penalty(const Penalty&, std::size_t, const float*);
template double penalty(const Penalty&, std::size_t, const double*);
template void add_penalty_gradient(const Penalty&, double, std::size_t, const float*, float*);
template void add_penalty_gradient(const Penalty&, double, std::size_t, const double*, double*);

}  // namespace fastdense
