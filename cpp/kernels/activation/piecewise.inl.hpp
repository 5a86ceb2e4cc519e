// Activations made of straight lines, except clipped gates (hard.inl.hpp).
//
// Min and Max get a constant first: they return their second argument when it is NaN.
#pragma once

#include "kernels/activation/params.inl.hpp"
#include "kernels/math/clamp.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

struct Linear {
  static constexpr ActivationId kId = ActivationId::kLinear;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kNothing;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return x;
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> /*saved*/, const Params<T>& /*p*/) {
    return Set(T{1});
  }
};

// max(x, 0)
struct Relu {
  static constexpr ActivationId kId = ActivationId::kRelu;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kOutput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return Rectify(x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> y, const Params<T>& /*p*/) {
    return IfThenElse(Set(T{0}) < y, Set(T{1}), Set(T{0}));
  }
};

// p = negative_slope, max_value, threshold: x above the threshold, clamped to [0, max_value] unless
// that is infinite; negative_slope (x - threshold) up to it.
struct ClippedRelu {
  static constexpr ActivationId kId = ActivationId::kClippedRelu;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& p) {
    const Vec<T> zero = Set(T{0});
    const Vec<T> slope = Set(p.p[0]);
    const Vec<T> threshold = Set(p.p[2]);
    const Vec<T> above = is_clamped(p) ? Min(Set(p.p[1]), Rectify(x)) : x;
    // Without a slope not even -inf leaves anything below the threshold.
    const Vec<T> below = IfThenElse(slope == zero, zero, slope * (x - threshold));
    return IfThenElse(x <= threshold, below, above);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& p) {
    const Vec<T> zero = Set(T{0});
    const Vec<T> inside = IfThenElse((zero < x) & (x < Set(p.p[1])), Set(T{1}), zero);
    const Vec<T> above = is_clamped(p) ? inside : Set(T{1});
    return IfThenElse(x <= Set(p.p[2]), Set(p.p[0]), above);
  }

 private:
  template <class T>
  static FASTDENSE_INLINE bool is_clamped(const Params<T>& p) {
    return p.p[1] < static_cast<T>(__builtin_huge_val());
  }
};

// p = negative_slope: x > 0 ? x : negative_slope x
struct LeakyRelu {
  static constexpr ActivationId kId = ActivationId::kLeakyRelu;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& p) {
    return IfThenElse(Set(T{0}) < x, x, Set(p.p[0]) * x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& p) {
    return IfThenElse(Set(T{0}) < x, Set(T{1}), Set(p.p[0]));
  }
};

// min(max(x, 0), 6)
struct Relu6 {
  static constexpr ActivationId kId = ActivationId::kRelu6;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kOutput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& /*p*/) {
    return Clamp(x, T{0}, T{6});
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> y, const Params<T>& /*p*/) {
    return IfThenElse((Set(T{0}) < y) & (y < Set(T{6})), Set(T{1}), Set(T{0}));
  }
};

// p = threshold: |x| > threshold ? x : 0
struct HardShrink {
  static constexpr ActivationId kId = ActivationId::kHardShrink;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& p) {
    return IfThenElse(Abs(x) <= Set(p.p[0]), Set(T{0}), x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& p) {
    return IfThenElse(Abs(x) <= Set(p.p[0]), Set(T{0}), Set(T{1}));
  }
};

// p = threshold: x moved towards 0 by threshold, at most to 0
struct SoftShrink {
  static constexpr ActivationId kId = ActivationId::kSoftShrink;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& p) {
    const Vec<T> threshold = Set(p.p[0]);
    return IfThenElse(Abs(x) <= threshold, Set(T{0}), x - CopySign(threshold, x));
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& p) {
    return HardShrink::Gradient(x, p);
  }
};

// p = threshold, default_value: x > threshold ? x : default_value
struct Threshold {
  static constexpr ActivationId kId = ActivationId::kThreshold;
  static constexpr GradientFrom kGradientFrom = GradientFrom::kInput;

  template <class T>
  static FASTDENSE_INLINE Vec<T> Forward(Vec<T> x, const Params<T>& p) {
    return IfThenElse(x <= Set(p.p[0]), Set(p.p[1]), x);
  }
  template <class T>
  static FASTDENSE_INLINE Vec<T> Gradient(Vec<T> x, const Params<T>& p) {
    return IfThenElse(x <= Set(p.p[0]), Set(T{0}), Set(T{1}));
  }
};

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
