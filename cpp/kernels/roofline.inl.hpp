// What the machine can do at most, measured with the instructions that the kernels use: the
// ceilings of the roofline model (Williams, Waterman, Patterson, 2009).
//
// Every pass depends on the one before it and everything ends up in a result or in memory, so that
// there is nothing a compiler could leave out.
#pragma once

#include "kernels/kernel_table.hpp"
#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Independent chains of multiply-adds. Two units of latency 4 need 8, four need 16; the registers
// left over hold the constants and, where a multiply-add is two instructions, the product.
constexpr int kChains = kVectorRegisters == 32 ? 24 : 12;
constexpr int kStreams = 8;  // vectors in flight, and sums that hide the latency of an addition

// Each chain iterates x -> x / 2 + 1, which goes to 2 from any start: no overflow, no denormals.
template <class T>
T multiply_add_peak(size_t steps, T start) {
  const Vec<T> half = Set(T{0.5});
  const Vec<T> one = Set(T{1});
  Vec<T> chain[kChains];
  FASTDENSE_UNROLL
  for (int i = 0; i < kChains; ++i) chain[i] = Set(start + static_cast<T>(i));
  for (size_t step = 0; step < steps; ++step) {
    FASTDENSE_UNROLL
    for (int i = 0; i < kChains; ++i) chain[i] = MulAdd(chain[i], half, one);
  }
  Vec<T> sum = Set(T{0});
  FASTDENSE_UNROLL
  for (int i = 0; i < kChains; ++i) sum = sum + chain[i];
  return ReduceSum(sum);
}

// Between two accesses to memory. Memory is walked through in ascending order: compilers would
// reorder the loads of an unrolled turn, and processors then fail to fetch ahead (Zen 5 reads L2 at
// half its speed).
FASTDENSE_INLINE void keep_order() { asm volatile("" ::: "memory"); }

// body(i, lanes) as for_vectors does it, kStreams vectors per turn of the loop.
template <class T, class Body>
FASTDENSE_INLINE void for_streams(size_t n, const Body& body) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t i = 0;
  for (; i + kStreams * kLanes <= n; i += kStreams * kLanes) {
    FASTDENSE_UNROLL
    for (int stream = 0; stream < kStreams; ++stream) {
      body(i + stream * kLanes, WholeVector<T>{});
      keep_order();
    }
  }
  for_vectors<T>(i, n, body);
}

// The sum of passes times all of x.
template <class T>
T stream_read(size_t n, size_t passes, const T* x) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  Vec<T> sum[kStreams];
  FASTDENSE_UNROLL
  for (int i = 0; i < kStreams; ++i) sum[i] = Set(T{0});
  for (size_t pass = 0; pass < passes; ++pass) {
    size_t i = 0;
    // Not for_streams: sums that a function object refers to would be kept in memory.
    for (; i + kStreams * kLanes <= n; i += kStreams * kLanes) {
      FASTDENSE_UNROLL
      for (int stream = 0; stream < kStreams; ++stream) {
        sum[stream] = sum[stream] + LoadU(x + i + stream * kLanes);
        keep_order();
      }
    }
    Vec<T> rest = Set(T{0});
    for_vectors<T>(i, n, [&](size_t j, const auto& lanes) { rest = rest + lanes.load(x + j); });
    sum[0] = sum[0] + rest;
  }
  FASTDENSE_UNROLL
  for (int i = 1; i < kStreams; ++i) sum[0] = sum[0] + sum[i];
  return ReduceSum(sum[0]);
}

// y = 1, then 2, ... then passes.
template <class T>
void stream_write(size_t n, size_t passes, T* y) {
  for (size_t pass = 1; pass <= passes; ++pass) {
    const Vec<T> value = Set(static_cast<T>(pass));
    for_streams<T>(n, [&](size_t i, const auto& lanes) { lanes.store(value, y + i); });
  }
}

// y = factor x. A product, because compilers make a call of memcpy out of a mere copy, and that
// stores in ways of its own.
template <class T>
void stream_copy(size_t n, size_t passes, T factor, const T* x, T* y) {
  const Vec<T> scale = Set(factor);
  for (size_t pass = 0; pass < passes; ++pass) {
    for_streams<T>(
        n, [&](size_t i, const auto& lanes) { lanes.store(scale * lanes.load(x + i), y + i); });
  }
}

template <class T>
constexpr RooflineKernels<T> roofline_kernels() {
  return {2 * kChains * Vec<T>::kLanes, multiply_add_peak<T>, stream_read<T>, stream_write<T>,
          stream_copy<T>};
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
