// The definitions of the losses, written plainly in a wider type.
#pragma once

#include <utility>
#include <vector>

#include "kernels/loss_id.hpp"

namespace fastdense::test {

using Real = long double;
using Row = std::vector<Real>;

constexpr double kDelta = 0.75;

// A row's loss and its derivative by the predictions.
struct Expected {
  Real loss;
  Row gradient;
};

// What is clipped is clipped at numbers of the type under test.
struct Limits {
  Real low, high;
};
using Element = std::pair<Real, Real> (*)(Real p, Real t, Limits limit);

// What numbers there are.
enum class Domain { kReal, kPositive, kProbability, kDistribution };

// One of `element` and `row` is there.
struct LossCase {
  LossId id;
  const char* name;
  Domain predictions, targets;
  Element element;
  Expected (*row)(const Row& p, const Row& t, Limits limit);
};

constexpr size_t kLossCases = static_cast<size_t>(LossId::kCount);
extern const LossCase kLosses[kLossCases];

}  // namespace fastdense::test
