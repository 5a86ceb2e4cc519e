#include <cstdint>
#include <vector>

#include "bindings/array.hpp"
#include "bindings/gil.hpp"
#include "bindings/optimizer_settings.hpp"
#include "bindings/register.hpp"
#include "ops/reduction.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {
namespace {

constexpr const char* kClipNames[] = {"none", "value", "norm", "global_norm"};
constexpr int kClipCount = static_cast<int>(OptimizerSettings::Clip::kCount);
static_assert(std::size(kClipNames) == kClipCount);

py::ssize_t integer_of(py::handle value) {
  const py::ssize_t integer = PyLong_AsSsize_t(value.ptr());
  if (PyErr_Occurred() != nullptr) throw py::error_already_set();
  return integer;
}

double number_of(py::handle value) {
  const double number = PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() != nullptr) throw py::error_already_set();
  return number;
}

// The arrays of one step, checked, and kept alive while it runs.
class StepArrays {
 public:
  StepArrays(const py::sequence& weights, const py::sequence& gradients, const py::sequence& slots,
             const py::sequence& decays, std::size_t slot_count)
      : count_(weights.size()), slot_count_(slot_count) {
    if (gradients.size() != count_ || slots.size() != count_ || decays.size() != count_)
      throw py::value_error("update: expected as many gradients, slots and decays as weights, " +
                            std::to_string(count_));
    for (std::size_t i = 0; i < count_; ++i) {
      add(std::to_string(i), weights[i], gradients[i], slots[i]);
      decays_.push_back(py::cast<bool>(decays[i]));
    }
    for (std::size_t i = 0; i < count_ * count_; ++i) {
      if (share_memory(weights_[i / count_], gradients_[i % count_].array()))
        throw py::value_error("update: gradient " + std::to_string(i % count_) +
                              " shares memory with weight " + std::to_string(i / count_));
    }
  }

  DType dtype() const { return dtype_; }
  std::size_t size() const { return size_; }

  template <class T>
  std::vector<Parameter<T>> parameters() {
    std::vector<Parameter<T>> parameters;
    for (std::size_t i = 0; i < count_; ++i) {
      parameters.push_back({static_cast<std::size_t>(weights_[i].size()),
                            writable<T>(weights_[i]),
                            gradients_[i].data<T>(),
                            {},
                            decays_[i]});
      for (std::size_t s = 0; s < slot_count_; ++s)
        parameters.back().slots[s] = writable<T>(slots_[i * slot_count_ + s]);
    }
    return parameters;
  }

 private:
  void add(const std::string& number, const py::object& weight, const py::object& gradient,
           const py::object& slots) {
    const Operand like("update: weight", weight);
    if (weights_.empty()) dtype_ = like.dtype();
    weights_.push_back(changeable(weight, "update: weight " + number, dtype_, like.shape()));
    size_ += element_count(like.shape());

    Operand operand("update: gradient", gradient);
    operand.require_shape(like.shape());
    operand.convert(dtype_);
    gradients_.push_back(operand);

    const auto arrays = py::cast<py::sequence>(slots);
    if (arrays.size() != slot_count_)
      throw py::value_error("update: weight " + number + " has " + std::to_string(arrays.size()) +
                            " slots, expected " + std::to_string(slot_count_));
    for (const py::handle array : arrays)
      slots_.push_back(changeable(array, "update: slot of weight " + number, dtype_, like.shape()));
  }

  std::size_t count_;
  std::size_t slot_count_;
  std::size_t size_ = 0;
  DType dtype_ = DType::kFloat32;
  std::vector<py::array> weights_;
  std::vector<Operand> gradients_;
  std::vector<py::array> slots_;  // slot_count_ per weight
  std::vector<bool> decays_;
};

void update_op(const py::object& settings_value, double learning_rate, std::int64_t iteration,
               const py::object& state_value, const py::sequence& weights,
               const py::sequence& gradients, const py::sequence& slots,
               const py::sequence& decays) {
  const OptimizerSettings settings = optimizer_settings_from(settings_value);
  if (iteration < 1)
    throw py::value_error("update: iteration counts from 1, got " + std::to_string(iteration));
  double* state = nullptr;
  if (settings.id == OptimizerId::kNadam) {
    py::array array = changeable(state_value, "update: state", DType::kFloat64, {});
    state = writable<double>(array);
  }
  StepArrays arrays(weights, gradients, slots, decays,
                    static_cast<std::size_t>(slot_count(settings)));
  dispatch(arrays.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::vector<Parameter<T>> parameters = arrays.parameters<T>();
    without_gil(elementwise_work(arrays.size()), [&] {
      update(settings, learning_rate, iteration, state, parameters.data(), parameters.size());
    });
  });
}

double sum_of_squares_op(const py::object& value) {
  Operand x("sum_of_squares: x", value);
  x.convert(x.dtype());
  const std::size_t n = element_count(x.shape());
  return dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    double sum = 0;
    without_gil(static_cast<double>(n), [&] { sum = sum_of_squares(n, x.data<T>()); });
    return sum;
  });
}

}  // namespace

OptimizerSettings optimizer_settings_from(py::handle value) {
  if (!PyTuple_Check(value.ptr()) || PyTuple_GET_SIZE(value.ptr()) != 8) {
    throw py::type_error(
        "an optimizer's settings are a tuple (id, p0, p1, p2, p3, weight_decay, clip, clip_at)");
  }
  const auto tuple = py::reinterpret_borrow<py::tuple>(value);
  const py::ssize_t id = integer_of(tuple[0]);
  if (id < 0 || id >= static_cast<int>(OptimizerId::kCount))
    throw py::value_error("no optimizer has id " + std::to_string(id));
  const py::ssize_t clip = integer_of(tuple[6]);
  if (clip < 0 || clip >= kClipCount)
    throw py::value_error("no clipping has id " + std::to_string(clip));
  OptimizerSettings settings{static_cast<OptimizerId>(id),
                             {},
                             number_of(tuple[5]),
                             static_cast<OptimizerSettings::Clip>(clip),
                             number_of(tuple[7])};
  for (std::size_t i = 0; i < 4; ++i) settings.p[i] = number_of(tuple[1 + i]);
  return settings;
}

void register_optimizer(py::module_& m) {
  py::dict optimizers;
  for (const OptimizerName& entry : kOptimizerNames)
    optimizers[entry.name] = static_cast<int>(entry.id);
  m.attr("OPTIMIZERS") = optimizers;
  py::dict clippings;
  for (int clip = 0; clip < kClipCount; ++clip) clippings[kClipNames[clip]] = clip;
  m.attr("CLIPPINGS") = clippings;
  m.def("update", &update_op, py::arg("settings"), py::arg("learning_rate"), py::arg("iteration"),
        py::arg("state"), py::arg("weights"), py::arg("gradients"), py::arg("slots"),
        py::arg("decays"));
  m.def("sum_of_squares", &sum_of_squares_op, py::arg("x"));
}

}  // namespace fastdense
