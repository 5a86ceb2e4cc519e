// One step of each optimizer on one vector: Step(w, g, s, c) returns the new weights for weights w
// and gradients g, and replaces what is kept beside them in s[0] .. s[kSlots - 1].
//
// Definitions as in Keras 3: epsilon is outside of the root in Adam, Adamax and Nadam, inside of it
// in RMSprop and Adagrad.
#pragma once

#include "kernels/list.inl.hpp"
#include "kernels/simd/vec_types.hpp"
#include "kernels/update_rule.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// The coefficients of UpdateStep in all lanes.
template <class T>
struct StepCoefficients {
  Vec<T> rate, gradient_rate, momentum, mean, square, square_kept, square_scale, epsilon;

  explicit StepCoefficients(const UpdateStep& step)
      : rate(Set(static_cast<T>(step.rate))),
        gradient_rate(Set(static_cast<T>(step.gradient_rate))),
        momentum(Set(static_cast<T>(step.momentum))),
        mean(Set(static_cast<T>(step.mean))),
        square(Set(static_cast<T>(step.square))),
        square_kept(Set(static_cast<T>(step.square_kept))),
        square_scale(Set(static_cast<T>(step.square_scale))),
        epsilon(Set(static_cast<T>(step.epsilon))) {}
};

template <class T>
constexpr T kSmallestNormal = static_cast<T>(sizeof(T) == sizeof(F32) ? 0x1p-126 : 0x1p-1022);

// +0 for denormal numbers. What decays while its gradients are zero would become one and stay one,
// as 0.9 times the smallest of them is rounded up again; processors are several times slower then.
template <class V>
FASTDENSE_INLINE V without_denormals(V x) {
  using T = typename V::Lane;
  return IfThenElse(Abs(x) < Set(kSmallestNormal<T>), Set(T{0}), x);
}

// average += weight (x - average)
template <class V>
FASTDENSE_INLINE V moved_average(V average, V x, V weight) {
  return without_denormals(MulAdd(x - average, weight, average));
}

// w -= rate g
struct Sgd {
  static constexpr UpdateRule kId = UpdateRule::kSgd;
  static constexpr int kSlots = 0;

  template <class V, class C>
  static FASTDENSE_INLINE V Step(V w, V g, V* /*s*/, const C& c) {
    return NegMulAdd(c.rate, g, w);
  }
};

// v = momentum v - rate g; w += v, or, if it looks ahead, w += momentum v - rate g
template <bool kLooksAhead>
struct MomentumSgd {
  static constexpr UpdateRule kId = kLooksAhead ? UpdateRule::kNesterov : UpdateRule::kMomentum;
  static constexpr int kSlots = 1;

  template <class V, class C>
  static FASTDENSE_INLINE V Step(V w, V g, V* s, const C& c) {
    s[0] = without_denormals(NegMulAdd(c.rate, g, c.momentum * s[0]));
    if (!kLooksAhead) return w + s[0];
    return w + NegMulAdd(c.rate, g, c.momentum * s[0]);
  }
};

// v = square_kept v + square g^2, d = rate g / sqrt(v + epsilon), w -= d.
// With momentum: m = momentum m + d, w -= m.
// Centered: v - a^2 instead of v, a being the moving average of g. That is a variance, which only
// rounding can make negative.
template <bool kIsCentered, bool kHasMomentum>
struct Rmsprop {
  static constexpr UpdateRule kId =
      kIsCentered
          ? (kHasMomentum ? UpdateRule::kCenteredRmspropMomentum : UpdateRule::kCenteredRmsprop)
          : (kHasMomentum ? UpdateRule::kRmspropMomentum : UpdateRule::kRmsprop);
  static constexpr int kSlots = 1 + kHasMomentum + kIsCentered;

  template <class V, class C>
  static FASTDENSE_INLINE V Step(V w, V g, V* s, const C& c) {
    using T = typename V::Lane;
    s[0] = without_denormals(MulAdd(c.square_kept, s[0], c.square * (g * g)));
    V variance = s[0];
    if (kIsCentered) {
      V& average = s[kSlots - 1];
      average = without_denormals(MulAdd(c.square_kept, average, c.square * g));
      variance = Max(Set(T{0}), NegMulAdd(average, average, variance));
    }
    const V update = c.rate * g / Sqrt(variance + c.epsilon);
    if (!kHasMomentum) return w - update;
    s[1] = without_denormals(MulAdd(c.momentum, s[1], update));
    return w - s[1];
  }
};

// m and v are moving averages of g and g^2; w -= rate m / (sqrt(v) + epsilon).
// AMSGrad: with the largest v so far.
template <bool kKeepsLargest>
struct AdamRule {
  static constexpr UpdateRule kId = kKeepsLargest ? UpdateRule::kAmsgrad : UpdateRule::kAdam;
  static constexpr int kSlots = kKeepsLargest ? 3 : 2;

  template <class V, class C>
  static FASTDENSE_INLINE V Step(V w, V g, V* s, const C& c) {
    s[0] = moved_average(s[0], g, c.mean);
    s[1] = moved_average(s[1], g * g, c.square);
    if (kKeepsLargest) s[2] = Max(s[2], s[1]);
    return w - c.rate * s[0] / (Sqrt(s[kSlots - 1]) + c.epsilon);
  }
};

// a += g^2; w -= rate g / sqrt(a + epsilon)
struct Adagrad {
  static constexpr UpdateRule kId = UpdateRule::kAdagrad;
  static constexpr int kSlots = 1;

  template <class V, class C>
  static FASTDENSE_INLINE V Step(V w, V g, V* s, const C& c) {
    s[0] = MulAdd(g, g, s[0]);
    return w - c.rate * g / Sqrt(s[0] + c.epsilon);
  }
};

// m is the moving average of g; u = max(square_kept u, |g|); w -= rate m / (u + epsilon)
struct Adamax {
  static constexpr UpdateRule kId = UpdateRule::kAdamax;
  static constexpr int kSlots = 2;

  template <class V, class C>
  static FASTDENSE_INLINE V Step(V w, V g, V* s, const C& c) {
    s[0] = moved_average(s[0], g, c.mean);
    s[1] = without_denormals(Max(c.square_kept * s[1], Abs(g)));
    return w - c.rate * s[0] / (s[1] + c.epsilon);
  }
};

// m and v as Adam's; w -= (rate m + gradient_rate g) / (sqrt(square_scale v) + epsilon)
struct Nadam {
  static constexpr UpdateRule kId = UpdateRule::kNadam;
  static constexpr int kSlots = 2;

  template <class V, class C>
  static FASTDENSE_INLINE V Step(V w, V g, V* s, const C& c) {
    s[0] = moved_average(s[0], g, c.mean);
    s[1] = moved_average(s[1], g * g, c.square);
    const V ahead = MulAdd(c.rate, s[0], c.gradient_rate * g);
    return w - ahead / (Sqrt(c.square_scale * s[1]) + c.epsilon);
  }
};

// In the order of UpdateRule.
using UpdateRules = List<Sgd, MomentumSgd<false>, MomentumSgd<true>, Rmsprop<false, false>,
                         Rmsprop<false, true>, Rmsprop<true, false>, Rmsprop<true, true>,
                         AdamRule<false>, AdamRule<true>, Adagrad, Adamax, Nadam>;

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
