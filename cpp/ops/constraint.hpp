// Projections of weights after an update.
#pragma once

#include <cstddef>

namespace fastdense {

// max(w, 0), or w target(norm) / (1e-7 + norm) with norm the Euclidean length of a column.
enum class ConstraintId : int {
  kNonNeg,
  kMaxNorm,     // target = clip(norm, 0, p0)
  kUnitNorm,    // target = 1
  kMinMaxNorm,  // target = p2 clip(norm, p0, p1) + (1 - p2) norm
  kCount
};

struct Constraint {
  ConstraintId id;
  double p[3];
};

// In place. w: (rows x cols), contiguous; a NaN stays one, and spreads over its column's norm.
template <class T>
void constrain(const Constraint& constraint, std::size_t rows, std::size_t cols, T* w);

}  // namespace fastdense
