#include "ops/penalty.hpp"

#include "ops/reduction.hpp"
#include "ops/row_tasks.hpp"

namespace fastdense {

template <class T>
double penalty(const Penalty& penalty, std::size_t n, const T* w) {
  double total = 0;
  if (penalty.l1 != 0) total += penalty.l1 * sum_of_magnitudes(n, w);
  if (penalty.l2 != 0) total += penalty.l2 * sum_of_squares(n, w);
  return total;
}

template <class T>
void add_penalty_gradient(const Penalty& penalty, double scale, std::size_t n, const T* w,
                          T* grad) {
  if (penalty.is_none()) return;
  const EqualParts parts(n, kTaskElements);
  parallel_for(parts.count(), elementwise_work(n), [=](std::size_t i) {
    const Range part = parts[i];
    kernels<T>().add_penalty_gradient(part.size(), w + part.begin, grad + part.begin,
                                      {penalty.l1, penalty.l2, scale});
  });
}

template double penalty(const Penalty&, std::size_t, const float*);
template double penalty(const Penalty&, std::size_t, const double*);
template void add_penalty_gradient(const Penalty&, double, std::size_t, const float*, float*);
template void add_penalty_gradient(const Penalty&, double, std::size_t, const double*, double*);

}  // namespace fastdense
