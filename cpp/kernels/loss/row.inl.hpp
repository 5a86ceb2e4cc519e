// Losses of whole rows: each is a struct with
//   kId, kLabels (whether targets are labels),
//   sum(row, delta, scale): a row's loss; sets the gradient, scale times the derivative.
// `row` is one of the views of loss_rows.inl.hpp. Definitions are Keras'.
#pragma once

#include "kernels/loss/elementwise.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Any loss of loss/elementwise.inl.hpp, added up.
template <class Element>
struct SumOf {
  static constexpr LossId kId = Element::kId;
  static constexpr bool kLabels = false;

  template <class Row, class V>
  static FASTDENSE_INLINE V sum(Row& row, V delta, V scale) {
    return row.sum([&](const auto& at) {
      const auto found = Element::At(at.pred(), at.target(), delta);
      at.set_grad(found.slope * scale);
      return found.loss;
    });
  }
};

// -sum(t log(softmax(x))) = sum(t) log(sum(exp(z))) - sum(t z) with z = x - max(x): both terms are
// positive. Derivative: sum(t) softmax(x) - t.
template <LossId kLoss, bool kLabelled>
struct CrossentropyOfLogits {
  static constexpr LossId kId = kLoss;
  static constexpr bool kLabels = kLabelled;

  template <class Row, class V>
  static FASTDENSE_INLINE V sum(Row& row, V /*delta*/, V scale) {
    using T = typename V::Lane;
    const V max = row.max([](const auto& at) { return at.pred(); });
    const V exp_sum = row.sum([&](const auto& at) {
      const V e = Exp(at.pred() - max);
      at.set_grad(e);
      return e;
    });
    const V dot = row.sum([&](const auto& at) { return at.if_target(at.pred() - max); });
    const V targets = kLabels ? Set(T{1}) : row.sum([](const auto& at) { return at.target(); });
    if (row.wants_gradient()) {
      const V share = targets * scale / exp_sum;
      row.for_each(
          [&](const auto& at) { at.set_grad(NegMulAdd(at.target(), scale, at.grad() * share)); });
    }
    return targets * Log(exp_sum) - dot;
  }
};

// -sum(t log(q)) with q = p / sum(p), clipped to [epsilon, 1 - epsilon]. Derivative by p:
// (g - sum(g q)) / sum(p) with g = -t / q, or 0 where q is clipped.
template <LossId kLoss, bool kLabelled>
struct CrossentropyOfProbabilities {
  static constexpr LossId kId = kLoss;
  static constexpr bool kLabels = kLabelled;

  template <class Row, class V>
  static FASTDENSE_INLINE V sum(Row& row, V /*delta*/, V scale) {
    using T = typename V::Lane;
    constexpr T kLow = T(kLossEpsilon);
    constexpr T kHigh = T(1 - kLossEpsilon);
    const V total = row.sum([](const auto& at) { return at.pred(); });
    if (row.wants_gradient()) {
      const V dot = row.sum([&](const auto& at) {
        const V q = at.pred() / total;
        const V inverse = Set(T{-1}) / Clamp(q, kLow, kHigh);
        const V slope = SlopeIfInside(q, kLow, kHigh, at.if_target(inverse));
        at.set_grad(slope);
        return slope * q;
      });
      row.for_each([&](const auto& at) { at.set_grad(scale * (at.grad() - dot) / total); });
    }
    if constexpr (kLabels) {
      const V q = row.sum([](const auto& at) { return at.if_target(at.pred()); }) / total;
      return -Log(Clamp(q, kLow, kHigh));
    }
    return -row.sum(
        [&](const auto& at) { return at.if_target(Log(Clamp(at.pred() / total, kLow, kHigh))); });
  }
};

// max(neg - pos + 1, 0) with pos = sum(t p), neg = max((1 - t) p); the derivative of neg is shared
// by the elements that attain it.
struct CategoricalHingeLoss {
  static constexpr LossId kId = LossId::kCategoricalHinge;
  static constexpr bool kLabels = false;

  template <class Row, class V>
  static FASTDENSE_INLINE V sum(Row& row, V /*delta*/, V scale) {
    using T = typename V::Lane;
    const V zero = Set(T{0});
    const V one = Set(T{1});
    const auto other = [&](const auto& at) { return (one - at.target()) * at.pred(); };
    const V pos = row.sum([](const auto& at) { return at.if_target(at.pred()); });
    const V neg = row.max(other);
    const V count =
        row.sum([&](const auto& at) { return IfThenElse(other(at) == neg, one, zero); });
    const V margin = neg - pos + one;
    const V active = IfThenElse(margin <= zero, zero, scale);
    if (row.wants_gradient()) {
      row.for_each([&](const auto& at) {
        const V rival = IfThenElse(other(at) == neg, (one - at.target()) / count, zero);
        at.set_grad(active * (rival - at.target()));
      });
    }
    return Max(zero, margin);
  }
};

// -sum(u v) with u = t / max(|t|, epsilon) and v likewise from p. Derivative: (v sum(u v) - u) /
// |p|, or -u / epsilon where |p| is less than that.
struct CosineSimilarityLoss {
  static constexpr LossId kId = LossId::kCosineSimilarity;
  static constexpr bool kLabels = false;

  template <class Row, class V>
  static FASTDENSE_INLINE V sum(Row& row, V /*delta*/, V scale) {
    using T = typename V::Lane;
    const V one = Set(T{1});
    const V least = Set(T(kLossEpsilon));
    const V length = Sqrt(row.sum([](const auto& at) { return at.pred() * at.pred(); }));
    const V inverse = one / Max(least, length);
    const V target_inverse =
        one / Max(least, Sqrt(row.sum([](const auto& at) { return at.target() * at.target(); })));
    const V cosine = row.sum(
        [&](const auto& at) { return (at.target() * target_inverse) * (at.pred() * inverse); });
    if (row.wants_gradient()) {
      const V along = IfThenElse(length < least, Set(T{0}), cosine);
      row.for_each([&](const auto& at) {
        const V v = at.pred() * inverse;
        const V u = at.target() * target_inverse;
        at.set_grad(scale * inverse * (v * along - u));
      });
    }
    return -cosine;
  }
};

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
