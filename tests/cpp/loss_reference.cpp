#include "loss_reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace fastdense::test {
namespace {

Real clip(Real x, Real low, Real high) { return std::min(high, std::max(low, x)); }
Real sign(Real x) { return static_cast<Real>((x > 0) - (x < 0)); }

Expected crossentropy(const Row& p, const Row& t, Limits limit) {
  const Real total = std::accumulate(p.begin(), p.end(), Real(0));
  Expected expected = {0, {}};
  Real dot = 0;
  for (size_t j = 0; j < p.size(); ++j) {
    const Real q = clip(p[j] / total, limit.low, limit.high);
    expected.loss -= t[j] * std::log(q);
    expected.gradient.push_back(q == p[j] / total ? -t[j] / q : 0);
    dot += expected.gradient[j] * p[j] / total;
  }
  for (Real& slope : expected.gradient) slope = (slope - dot) / total;
  return expected;
}

Expected crossentropy_of_logits(const Row& x, const Row& t, Limits) {
  const Real max = *std::max_element(x.begin(), x.end());
  Real exp_sum = 0;
  for (const Real value : x) exp_sum += std::exp(value - max);
  const Real targets = std::accumulate(t.begin(), t.end(), Real(0));
  Expected expected = {0, {}};
  for (size_t j = 0; j < x.size(); ++j) {
    expected.loss += t[j] == 0 ? 0 : t[j] * (std::log(exp_sum) - (x[j] - max));
    expected.gradient.push_back(targets * std::exp(x[j] - max) / exp_sum - t[j]);
  }
  return expected;
}

Expected categorical_hinge(const Row& p, const Row& t, Limits) {
  Real pos = 0, neg = -std::numeric_limits<Real>::infinity(), count = 0;
  for (size_t j = 0; j < p.size(); ++j) {
    pos += t[j] * p[j];
    neg = std::max(neg, (1 - t[j]) * p[j]);
  }
  for (size_t j = 0; j < p.size(); ++j) count += (1 - t[j]) * p[j] == neg ? 1 : 0;
  const Real margin = neg - pos + 1;
  Expected expected = {std::max(margin, Real(0)), {}};
  for (size_t j = 0; j < p.size(); ++j) {
    const Real rival = (1 - t[j]) * p[j] == neg ? (1 - t[j]) / count : 0;
    expected.gradient.push_back(margin > 0 ? rival - t[j] : 0);
  }
  return expected;
}

Expected cosine_similarity(const Row& p, const Row& t, Limits limit) {
  const auto length = [](const Row& x) {
    return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), Real(0)));
  };
  const Real size = length(p), lengths = std::max(limit.low, size) * std::max(limit.low, length(t));
  const Real cosine = std::inner_product(p.begin(), p.end(), t.begin(), Real(0)) / lengths;
  Expected expected = {-cosine, {}};
  for (size_t j = 0; j < p.size(); ++j) {
    const Real along = size < limit.low ? 0 : cosine * p[j] / (size * size);
    expected.gradient.push_back(along - t[j] / lengths);
  }
  return expected;
}

using Pair = std::pair<Real, Real>;
}  // namespace

const LossCase kLosses[kLossCases] = {
    {LossId::kMeanSquaredError, "squared error", Domain::kReal, Domain::kReal,
     [](Real p, Real t, Limits) { return Pair((p - t) * (p - t), 2 * (p - t)); }, nullptr},
    {LossId::kMeanAbsoluteError, "absolute error", Domain::kReal, Domain::kReal,
     [](Real p, Real t, Limits) { return Pair(std::fabs(p - t), sign(p - t)); }, nullptr},
    {LossId::kMeanAbsolutePercentageError, "percentage error", Domain::kReal, Domain::kReal,
     [](Real p, Real t, Limits limit) {
       const Real factor = 100 / std::max(limit.low, std::fabs(t));
       return Pair(factor * std::fabs(p - t), factor * sign(p - t));
     },
     nullptr},
    {LossId::kMeanSquaredLogarithmicError, "logarithmic error", Domain::kPositive,
     Domain::kPositive,
     [](Real p, Real t, Limits limit) {
       const Real q = std::max(limit.low, p);
       const Real error = std::log1p(q) - std::log1p(std::max(limit.low, t));
       return Pair(error * error, p < limit.low ? 0 : 2 * error / (1 + q));
     },
     nullptr},
    {LossId::kHuber, "huber", Domain::kReal, Domain::kReal,
     [](Real p, Real t, Limits) {
       const Real e = p - t, d = Real(kDelta);
       return std::fabs(e) <= d ? Pair(e * e / 2, e)
                                : Pair(d * (std::fabs(e) - d / 2), d * sign(e));
     },
     nullptr},
    {LossId::kLogCosh, "log cosh", Domain::kReal, Domain::kReal,
     [](Real p, Real t, Limits) { return Pair(std::log(std::cosh(p - t)), std::tanh(p - t)); },
     nullptr},
    {LossId::kPoisson, "poisson", Domain::kPositive, Domain::kPositive,
     [](Real p, Real t, Limits limit) {
       return Pair(p - t * std::log(p + limit.low), 1 - t / (p + limit.low));
     },
     nullptr},
    {LossId::kHinge, "hinge", Domain::kReal, Domain::kReal,
     [](Real p, Real t, Limits) { return p * t < 1 ? Pair(1 - p * t, -t) : Pair(0, 0); }, nullptr},
    {LossId::kSquaredHinge, "squared hinge", Domain::kReal, Domain::kReal,
     [](Real p, Real t, Limits) {
       const Real margin = std::max(Real(0), 1 - p * t);
       return Pair(margin * margin, -2 * t * margin);
     },
     nullptr},
    {LossId::kKlDivergence, "kl divergence", Domain::kProbability, Domain::kProbability,
     [](Real p, Real t, Limits limit) {
       const Real ratio = clip(t, limit.low, 1) / clip(p, limit.low, 1);
       return Pair(clip(t, limit.low, 1) * std::log(ratio), p < limit.low ? 0 : -ratio);
     },
     nullptr},
    {LossId::kBinaryCrossentropy, "binary crossentropy", Domain::kProbability, Domain::kProbability,
     [](Real p, Real t, Limits limit) {
       const Real q = clip(p, limit.low, limit.high);
       return Pair(-t * std::log(q) - (1 - t) * std::log(1 - q),
                   p == q ? (q - t) / (q * (1 - q)) : 0);
     },
     nullptr},
    {LossId::kBinaryCrossentropyFromLogits, "binary crossentropy of logits", Domain::kReal,
     Domain::kProbability,
     [](Real x, Real t, Limits) {
       return Pair(std::log1p(std::exp(-std::fabs(x))) + std::max(x, Real(0)) - t * x,
                   1 / (1 + std::exp(-x)) - t);
     },
     nullptr},
    {LossId::kCategoricalCrossentropy, "crossentropy", Domain::kProbability, Domain::kDistribution,
     nullptr, crossentropy},
    {LossId::kCategoricalCrossentropyFromLogits, "crossentropy of logits", Domain::kReal,
     Domain::kDistribution, nullptr, crossentropy_of_logits},
    {LossId::kCategoricalHinge, "categorical hinge", Domain::kReal, Domain::kDistribution, nullptr,
     categorical_hinge},
    {LossId::kCosineSimilarity, "cosine similarity", Domain::kReal, Domain::kReal, nullptr,
     cosine_similarity},
    {LossId::kSparseCategoricalCrossentropy, "sparse crossentropy", Domain::kProbability,
     Domain::kDistribution, nullptr, crossentropy},
    {LossId::kSparseCategoricalCrossentropyFromLogits, "sparse crossentropy of logits",
     Domain::kReal, Domain::kDistribution, nullptr, crossentropy_of_logits},
};

}  // namespace fastdense::test
