#include "ops/reduction.hpp"

#include <numeric>

#include "ops/partition.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {
namespace {

// Some microseconds of work, read from memory.
constexpr std::size_t kTaskElements = 32768;

// A value is read, widened and multiplied; what is large comes from memory.
double reduction_work(std::size_t elements) { return 2 * static_cast<double>(elements); }

// sum(n, x) of parts, added up in order.
template <class T>
double sum_in_parts(std::size_t n, const T* x, double (*sum)(std::size_t, const T*)) {
  const EqualParts parts(n, kTaskElements);
  if (parts.count() <= 1) return sum(n, x);
  const Scratch<double> scratch(parts.count());
  double* sums = scratch.data();
  parallel_for(parts.count(), reduction_work(n),
               [=](std::size_t i) { sums[i] = sum(parts[i].size(), x + parts[i].begin); });
  return std::accumulate(sums, sums + parts.count(), 0.0);
}

}  // namespace

template <class T>
double sum_of_squares(std::size_t n, const T* x) {
  return sum_in_parts(n, x, kernels<T>().sum_of_squares);
}

template <class T>
double sum_of_magnitudes(std::size_t n, const T* x) {
  return sum_in_parts(n, x, kernels<T>().sum_of_magnitudes);
}

template double sum_of_squares(std::size_t, const float*);
template double sum_of_squares(std::size_t, const double*);
template double sum_of_magnitudes(std::size_t, const float*);
template double sum_of_magnitudes(std::size_t, const double*);

}  // namespace fastdense
