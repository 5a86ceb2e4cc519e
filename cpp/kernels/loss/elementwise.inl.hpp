// Losses that are sums over the elements of a row: each is a struct with
//   kId, At(prediction, target, delta): an element's loss and its derivative by the prediction.
// Definitions are Keras'. The derivative is zero at a kink and where a prediction is clipped.
//
// Min and Max get a constant first: they return their second argument when it is NaN.
#pragma once

#include "kernels/loss_id.hpp"
#include "kernels/math/clamp.inl.hpp"
#include "kernels/math/log.inl.hpp"
#include "kernels/math/sigmoid.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T>
struct LossAndSlope {
  Vec<T> loss;
  Vec<T> slope;
};

// What keeps Keras' logarithms and quotients finite.
constexpr double kLossEpsilon = 1e-7;

// The derivative of f(Clamp(x)), given that of f.
template <class T>
FASTDENSE_INLINE Vec<T> SlopeIfInside(Vec<T> x, T low, T high, Vec<T> slope) {
  const Vec<T> zero = Set(T{0});
  return IfThenElse(x < Set(low), zero, IfThenElse(Set(high) < x, zero, slope));
}

// (p - t)^2
struct SquaredError {
  static constexpr LossId kId = LossId::kMeanSquaredError;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    const Vec<T> error = pred - target;
    return {error * error, error + error};
  }
};

// |p - t|
struct AbsoluteError {
  static constexpr LossId kId = LossId::kMeanAbsoluteError;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    const Vec<T> error = pred - target;
    return {Abs(error), Sign(error)};
  }
};

// 100 |p - t| / max(|t|, epsilon)
struct AbsolutePercentageError {
  static constexpr LossId kId = LossId::kMeanAbsolutePercentageError;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    const Vec<T> error = pred - target;
    const Vec<T> percents = Set(T{100}) / Max(Set(T(kLossEpsilon)), Abs(target));
    return {Abs(error) * percents, Sign(error) * percents};
  }
};

// (log(1 + p) - log(1 + t))^2 with p and t at least epsilon
struct SquaredLogarithmicError {
  static constexpr LossId kId = LossId::kMeanSquaredLogarithmicError;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    const Vec<T> least = Set(T(kLossEpsilon));
    const Vec<T> p = Max(least, pred);
    const Vec<T> error = Log1p(p) - Log1p(Max(least, target));
    const Vec<T> slope = (error + error) / (Set(T{1}) + p);
    return {error * error, IfThenElse(pred < least, Set(T{0}), slope)};
  }
};

// e^2 / 2 up to |e| = delta, then delta (|e| - delta / 2), with e = p - t
struct HuberError {
  static constexpr LossId kId = LossId::kHuber;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> delta) {
    const Vec<T> error = pred - target;
    const Vec<T> size = Abs(error);
    const Vec<T> half = Set(T(0.5));
    const Mask<T> is_small = size <= delta;
    return {IfThenElse(is_small, half * error * error, delta * NegMulAdd(half, delta, size)),
            IfThenElse(is_small, error, delta * Sign(error))};
  }
};

// log(cosh(p - t)) = |e| + log(1 + exp(-2 |e|)) - log(2)
struct LogCoshError {
  static constexpr LossId kId = LossId::kLogCosh;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    const Vec<T> error = pred - target;
    const Vec<T> size = Abs(error);
    const Vec<T> log1p = SoftplusOf(-(size + size));
    return {size + (log1p - Set(T(0.6931471805599453))), Tanh(error)};
  }
};

// p - t log(p + epsilon)
struct PoissonLoss {
  static constexpr LossId kId = LossId::kPoisson;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    const Vec<T> p = pred + Set(T(kLossEpsilon));
    const Vec<T> zero = Set(T{0});
    // -inf at 0 and NaN below, where Log knows nothing.
    const Vec<T> outside = Set(T{-1}) / zero + Sqrt(p);
    const Vec<T> log = IfThenElse(zero < p, Log(p), outside);
    return {NegMulAdd(target, log, pred), Set(T{1}) - target / p};
  }
};

// max(1 - t p, 0)
struct HingeLoss {
  static constexpr LossId kId = LossId::kHinge;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    const Vec<T> zero = Set(T{0});
    const Vec<T> margin = NegMulAdd(target, pred, Set(T{1}));
    return {Max(zero, margin), IfThenElse(margin <= zero, zero, -target)};
  }
};

// max(1 - t p, 0)^2
struct SquaredHingeLoss {
  static constexpr LossId kId = LossId::kSquaredHinge;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    const Vec<T> margin = Max(Set(T{0}), NegMulAdd(target, pred, Set(T{1})));
    return {margin * margin, Set(T{-2}) * target * margin};
  }
};

// t log(t / p) with t and p clipped to [epsilon, 1]
struct KlDivergenceLoss {
  static constexpr LossId kId = LossId::kKlDivergence;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    constexpr T kLow = T(kLossEpsilon);
    const Vec<T> t = Clamp(target, kLow, T{1});
    const Vec<T> p = Clamp(pred, kLow, T{1});
    const Vec<T> ratio = t / p;
    return {t * Log(ratio), SlopeIfInside(pred, kLow, T{1}, -ratio)};
  }
};

// -t log(p) - (1 - t) log(1 - p) with p clipped to [epsilon, 1 - epsilon]
struct BinaryCrossentropyLoss {
  static constexpr LossId kId = LossId::kBinaryCrossentropy;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    constexpr T kLow = T(kLossEpsilon);
    constexpr T kHigh = T(1 - kLossEpsilon);
    const Vec<T> one = Set(T{1});
    const Vec<T> p = Clamp(pred, kLow, kHigh);
    const Vec<T> loss = -MulAdd(target, Log(p), (one - target) * Log(one - p));
    return {loss, SlopeIfInside(pred, kLow, kHigh, (p - target) / (p * (one - p)))};
  }
};

// The same for p = sigmoid(x): log(1 + exp(-|x|)) + (max(x, 0) - t x). Where x is large and right,
// the bracket is exactly zero.
struct BinaryCrossentropyOfLogits {
  static constexpr LossId kId = LossId::kBinaryCrossentropyFromLogits;

  template <class T>
  static FASTDENSE_INLINE LossAndSlope<T> At(Vec<T> pred, Vec<T> target, Vec<T> /*delta*/) {
    const Vec<T> zero = Set(T{0});
    const Vec<T> one = Set(T{1});
    const Vec<T> e = Exp(-Abs(pred));
    const Vec<T> sigmoid = IfThenElse(pred < zero, e, one) / (one + e);
    return {Log1p(e) + NegMulAdd(target, pred, Max(zero, pred)), sigmoid - target};
  }
};

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
