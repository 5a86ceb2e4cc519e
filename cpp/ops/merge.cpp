#include "ops/merge.hpp"

#include "ops/row_tasks.hpp"

namespace fastdense {

template <class T>
void add(std::size_t n, const T* a, const T* b, T* y) {
  const EqualParts parts(n, kTaskElements);
  parallel_for(parts.count(), elementwise_work(n), [=](std::size_t i) {
    const std::size_t first = parts[i].begin;
    kernels<T>().add(parts[i].size(), a + first, b + first, y + first);
  });
}

template void add(std::size_t, const float*, const float*, float*);
template void add(std::size_t, const double*, const double*, double*);

}  // namespace fastdense
