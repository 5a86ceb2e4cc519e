#include "functions.hpp"

#include "reference.hpp"

namespace fastdense::ulp {
namespace {

template <class T>
class List {
 public:
  using R = typename Reference<T>::Type;

  List(const Kernels<T>& kernels, const MathFunctions<T>& math) : kernels_(kernels), math_(math) {}

  std::vector<Function<T>> take() {
    add_elementary();
    add_straight();
    add_smooth();
    add_exponential();
    add_parametric_lines();
    return std::move(list_);
  }

 private:
  template <class F>
  void add(const char* name, MathFunction<T> tested, F reference, double lowest = -HUGE_VAL) {
    list_.push_back({name, tested, mapped(reference), lowest});
  }

  template <class F>
  void add(const std::string& name, ActivationId id, F reference, ActivationParams params = {}) {
    const auto forward = kernels_.activation[static_cast<int>(id)].forward;
    const auto tested = [=](size_t n, const T* x, T* y) { forward(1, n, x, n, y, n, params); };
    list_.push_back({name, tested, mapped(reference), -HUGE_VAL});
  }

  template <class F>
  static auto mapped(F reference) {
    return [=](size_t n, const T* x, R* y) {
      for (size_t i = 0; i < n; ++i) y[i] = reference(R(x[i]));
    };
  }

  // What the kernels see of a parameter.
  static R rounded(double p) { return R(static_cast<T>(p)); }

  void add_elementary() {
    add("exp", math_.exp, [](R x) { return std::exp(x); });
    add("expm1", math_.expm1, [](R x) { return std::expm1(x); });
    add("log", math_.log, [](R x) { return std::log(x); }, double{std::numeric_limits<T>::min()});
    add("log1p", math_.log1p, [](R x) { return std::log1p(x); });
    add("tanh", math_.tanh, [](R x) { return std::tanh(x); });
    add("sigmoid", math_.sigmoid, [](R x) { return sigmoid(x); });
  }

  void add_straight() {
    add("linear", ActivationId::kLinear, [](R x) { return x; });
    add("relu", ActivationId::kRelu, [](R x) { return x < 0 ? R(0) : x; });
    add("relu6", ActivationId::kRelu6, [](R x) { return clamp(x, R(0), R(6)); });
    add("hard_sigmoid", ActivationId::kHardSigmoid,
        [](R x) { return clamp((x + 3) / 6, R(0), R(1)); });
    add("hard_silu", ActivationId::kHardSilu, [](R x) { return hard_silu(x); });
    add("hard_tanh", ActivationId::kHardTanh, [](R x) { return clamp(x, R(-1), R(1)); });
    add("softsign", ActivationId::kSoftsign, [](R x) { return softsign(x); });
    add("sparse_plus", ActivationId::kSparsePlus, [](R x) { return sparse_plus(x); });
    add("sparse_sigmoid", ActivationId::kSparseSigmoid,
        [](R x) { return clamp((x + 1) / 2, R(0), R(1)); });
  }

  void add_smooth() {
    add("activation sigmoid", ActivationId::kSigmoid, [](R x) { return sigmoid(x); });
    add("activation tanh", ActivationId::kTanh, [](R x) { return std::tanh(x); });
    add("gelu", ActivationId::kGelu, [](R x) { return gated(x, normal_cdf(x)); });
    add("gelu_tanh", ActivationId::kGeluTanh, [](R x) { return gelu_tanh(x); });
    add("silu", ActivationId::kSilu, [](R x) { return gated(x, sigmoid(x)); });
    add("mish", ActivationId::kMish, [](R x) { return mish(x); });
    add("tanh_shrink", ActivationId::kTanhShrink, [](R x) { return tanh_shrink(x); });
    add("softplus", ActivationId::kSoftplus, [](R x) { return log1p_exp(x); });
    add("log_sigmoid", ActivationId::kLogSigmoid, [](R x) { return -log1p_exp(-x); });
    add("exponential", ActivationId::kExponential, [](R x) { return std::exp(x); });
  }

  void add_exponential() {
    for (const double alpha : {1.0, 0.3, 2.7}) {
      const R a = rounded(alpha);
      const std::string with = "(" + std::to_string(alpha).substr(0, 3) + ")";
      add("elu" + with, ActivationId::kElu, [=](R x) { return expm1_below_zero(x, R(1), a); },
          {{alpha, 0, 0}});
      add("celu" + with, ActivationId::kCelu,
          [=](R x) { return x < 0 ? a * std::expm1(x / a) : x; }, {{alpha, 0, 0}});
    }
    add("selu", ActivationId::kSelu,
        [](R x) { return expm1_below_zero(x, R(1.0507009873554805), R(1.6732632423543772)); });
    for (const double b : {4.0, 0.1, 30.0, 0.0}) {
      const R r = rounded(b);
      const std::string with = "(" + std::to_string(b).substr(0, 4) + ")";
      add("squareplus" + with, ActivationId::kSquareplus, [=](R x) { return squareplus(x, r); },
          {{b, 0, 0}});
    }
  }

  void add_parametric_lines() {
    const R slope = rounded(0.2);
    add("leaky_relu(0.2)", ActivationId::kLeakyRelu, [=](R x) { return x > 0 ? x : slope * x; },
        {{0.2, 0, 0}});
    for (const ActivationParams& p :
         {ActivationParams{{0, HUGE_VAL, 0}}, ActivationParams{{0.2, 6, 0.3}},
          ActivationParams{{0.1, 2, -0.7}}}) {
      add(
          "clipped_relu(" + std::to_string(p.p[2]).substr(0, 4) + ")", ActivationId::kClippedRelu,
          [=](R x) { return clipped_relu(x, rounded(p.p[0]), rounded(p.p[1]), rounded(p.p[2])); },
          p);
    }
    const R t = rounded(0.4);
    const R other = rounded(-1.3);
    add("hard_shrink(0.4)", ActivationId::kHardShrink,
        [=](R x) { return std::abs(x) <= t ? R(0) : x; }, {{0.4, 0, 0}});
    add("soft_shrink(0.4)", ActivationId::kSoftShrink, [=](R x) { return soft_shrink(x, t); },
        {{0.4, 0, 0}});
    add("threshold(0.4)", ActivationId::kThreshold, [=](R x) { return x <= t ? other : x; },
        {{0.4, -1.3, 0}});
  }

  const Kernels<T>& kernels_;
  const MathFunctions<T>& math_;
  std::vector<Function<T>> list_;
};

}  // namespace

template <class T>
std::vector<Function<T>> functions(const Kernels<T>& kernels, const MathFunctions<T>& math) {
  return List<T>(kernels, math).take();
}

template std::vector<Function<float>> functions(const Kernels<float>&, const MathFunctions<float>&);
template std::vector<Function<double>> functions(const Kernels<double>&,
                                                 const MathFunctions<double>&);

}  // namespace fastdense::ulp
