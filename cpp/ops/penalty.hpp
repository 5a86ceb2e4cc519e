// L1 and L2 penalties on weights and outputs.
#pragma once

#include <cstddef>

namespace fastdense {

// l1 sum|w| + l2 sum w^2. A factor of zero leaves its term out, whatever w holds.
struct Penalty {
  double l1, l2;

  bool is_none() const { return l1 == 0 && l2 == 0; }
};

// Summed in double, in an order that depends on n only.
template <class T>
double penalty(const Penalty& penalty, std::size_t n, const T* w);

// grad += scale (l1 sign(w) + 2 l2 w), where sign(0) is 0. The product with scale is rounded before
// it is added, so that a gradient that is made first and added later has the same bits.
template <class T>
void add_penalty_gradient(const Penalty& penalty, double scale, std::size_t n, const T* w, T* grad);

}  // namespace fastdense
