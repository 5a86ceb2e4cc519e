#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/activation_code.hpp"
#include "bindings/array.hpp"
#include "bindings/constraint_code.hpp"
#include "bindings/gil.hpp"
#include "bindings/loss_code.hpp"
#include "bindings/network_graph.hpp"
#include "bindings/optimizer_settings.hpp"
#include "bindings/register.hpp"
#include "network/training.hpp"

namespace fastdense {
namespace {

using Arrays = std::vector<std::optional<py::array>>;

// The arrays of one batch, checked, and kept alive while it runs.
class BatchArrays {
 public:
  // targets: int64 labels where a loss takes them, else of the network's dtype. samples: None, or
  // int64 numbers of those rows of the others that make up the batch.
  BatchArrays(const NetworkGraph& network, const std::vector<OutputLoss>& losses,
              const py::sequence& inputs, const py::sequence& targets, const py::sequence& weights,
              const py::object& samples)
      : network_(network) {
    if (inputs.size() != network.input_shapes.size() || targets.size() != losses.size() ||
        weights.size() != losses.size())
      throw py::value_error("network: expected an input, target and weight for each of its own");
    for (std::size_t i = 0; i < inputs.size(); ++i)
      inputs_.push_back(values(inputs[i], network.input_shapes[i], "input"));
    for (std::size_t i = 0; i < losses.size(); ++i) {
      const bool is_labels = losses[i].function.takes_labels();
      targets_.emplace_back();
      labels_.emplace_back();
      if (is_labels) {
        labels_[i] = labels(targets[i], rows_of(network.output_shapes[i]));
      } else {
        targets_[i] = values(targets[i], network.output_shapes[i], "target");
      }
      weights_.emplace_back();
      if (!weights[i].is_none())
        weights_[i] = values(weights[i], rows_of(network.output_shapes[i]), "weight");
    }
    if (!samples.is_none()) take_samples(samples);
  }

  py::ssize_t size() const { return samples_ ? samples_->shape(0) : rows_; }

  // Calls body(batch) with the arrays' data. predictions: null or the outputs' memory.
  template <class T, class Body>
  void with_batch(T* const* predictions, const Body& body) const {
    const auto inputs = data_of<T>(inputs_);
    const auto targets = data_of<T>(targets_);
    const auto labels = data_of<std::int64_t>(labels_);
    const auto weights = data_of<T>(weights_);
    const std::int64_t* samples =
        samples_ ? static_cast<const std::int64_t*>(samples_->data()) : nullptr;
    body(Batch<T>{static_cast<std::size_t>(size()), samples, inputs.data(), targets.data(),
                  labels.data(), weights.data(), predictions});
  }

 private:
  template <class V>
  static std::vector<const V*> data_of(const Arrays& arrays) {
    std::vector<const V*> data;
    for (const auto& array : arrays)
      data.push_back(array ? static_cast<const V*>(array->data()) : nullptr);
    return data;
  }

  [[noreturn]] static void refuse(const char* what, const char* expected, const Shape& shape) {
    throw py::value_error(std::string("network: expected a C-contiguous ") + what + " of " +
                          expected + " and shape (samples, *" + to_string(shape) +
                          "), as many samples in all");
  }

  // Labels and weights: one for each row of an output.
  static Shape rows_of(const Shape& output) { return {output.begin(), output.end() - 1}; }

  py::array values(const py::object& value, const Shape& shape, const char* what) {
    if (!is_usable_as(value, network_.dtype)) refuse(what, "the network's dtype", shape);
    return counted(value, shape, what);
  }

  py::array labels(const py::object& value, const Shape& shape) {
    if (!is_usable_as_int64(value)) refuse("target", "int64", shape);
    return counted(value, shape, "target");
  }

  py::array counted(const py::object& value, const Shape& shape, const char* what) {
    const auto array = py::reinterpret_borrow<py::array>(value);
    const bool fits = array.ndim() == static_cast<py::ssize_t>(shape.size()) + 1 &&
                      std::equal(shape.begin(), shape.end(), array.shape() + 1) &&
                      (rows_ < 0 || array.shape(0) == rows_);
    if (!fits) refuse(what, "its dtype", shape);
    rows_ = array.shape(0);
    return array;
  }

  void take_samples(const py::object& value) {
    if (!is_usable_as_int64(value)) refuse("list of samples", "int64", {});
    samples_ = py::reinterpret_borrow<py::array>(value);
    if (samples_->ndim() != 1) refuse("list of samples", "int64", {});
    const auto* number = static_cast<const std::int64_t*>(samples_->data());
    for (const auto* end = number + samples_->shape(0); number != end; ++number)
      if (*number < 0 || *number >= rows_) throw py::index_error("network: no such sample");
  }

  const NetworkGraph& network_;
  py::ssize_t rows_ = -1;
  Arrays inputs_, targets_, labels_, weights_;
  std::optional<py::array> samples_;
};

// Training<float> or Training<double>, as Python sees it.
class Trainer {
 public:
  virtual ~Trainer() = default;

  // (loss, the loss of each output, predictions or an empty list), after one step with the batch.
  py::tuple step(const py::sequence& inputs, const py::sequence& targets,
                 const py::sequence& weights, const py::object& samples,
                 const py::sequence& seed_numbers, double learning_rate, std::int64_t iteration,
                 bool wants_predictions) {
    if (seed_numbers.size() != dropouts_)
      throw py::value_error("network: expected " + std::to_string(dropouts_) + " seeds");
    std::vector<std::uint64_t> seeds;
    for (const py::handle seed : seed_numbers) seeds.push_back(py::cast<std::uint64_t>(seed));
    const StepSettings settings{learning_rate, iteration, state(), seeds.size(), seeds.data()};
    return run({network_, losses_, inputs, targets, weights, samples}, &settings,
               wants_predictions);
  }

  // The same without a step.
  py::tuple test(const py::sequence& inputs, const py::sequence& targets,
                 const py::sequence& weights, const py::object& samples, bool wants_predictions) {
    return run({network_, losses_, inputs, targets, weights, samples}, nullptr, wants_predictions);
  }

 protected:
  Trainer(NetworkGraph network, std::vector<OutputLoss> losses, std::vector<py::object> kept)
      : network_(std::move(network)), losses_(std::move(losses)), kept_(std::move(kept)) {
    for (const Node& node : network_.graph.nodes)
      dropouts_ += node.kind == Node::Kind::kDropout ? 1 : 0;
  }

  virtual double compute(const BatchArrays& arrays, std::vector<py::array>& predictions,
                         const StepSettings* settings, double* each) = 0;
  double* state() const {
    return kept_[0].is_none() ? nullptr
                              : static_cast<double*>(py::cast<py::array>(kept_[0]).mutable_data());
  }

  NetworkGraph network_;
  std::vector<OutputLoss> losses_;

 private:
  py::tuple run(const BatchArrays& arrays, const StepSettings* settings, bool wants_predictions) {
    std::vector<py::array> predictions;
    for (std::size_t i = 0; wants_predictions && i < network_.output_shapes.size(); ++i)
      predictions.push_back(
          new_array(network_.dtype, batch_of(arrays.size(), network_.output_shapes[i])));
    std::vector<double> each(losses_.size());
    const double loss = compute(arrays, predictions, settings, each.data());
    py::list losses(each.size());
    for (std::size_t i = 0; i < each.size(); ++i) losses[i] = each[i];
    return py::make_tuple(loss, losses, listed(predictions));
  }

  std::vector<py::object> kept_;  // the optimizer's state, then its slots
  std::size_t dropouts_ = 0;
};

template <class T>
class TrainerOf final : public Trainer {
 public:
  TrainerOf(NetworkGraph network, std::vector<TrainedParameter<T>> parameters,
            std::vector<OutputLoss> losses, const OptimizerSettings& optimizer,
            std::vector<py::object> kept)
      : Trainer(std::move(network), std::move(losses), std::move(kept)),
        training_(network_.graph, std::move(parameters), losses_, optimizer),
        sample_work_(3 * network_.graph.work()) {}

 private:
  double compute(const BatchArrays& arrays, std::vector<py::array>& predictions,
                 const StepSettings* settings, double* each) override {
    std::vector<T*> outputs;
    for (py::array& prediction : predictions) outputs.push_back(writable<T>(prediction));
    double loss = 0;
    arrays.with_batch<T>(outputs.empty() ? nullptr : outputs.data(), [&](const Batch<T>& batch) {
      without_gil(sample_work_ * static_cast<double>(batch.size), [&] {
        loss = settings == nullptr ? training_.test(batch, each)
                                   : training_.step(batch, *settings, each);
      });
    });
    return loss;
  }

  Training<T> training_;
  double sample_work_;
};

// How a parameter is trained: (rows, cols, is_trainable, l1, l2, constraint or None, decays,
// slots).
template <class T>
TrainedParameter<T> parameter_of(const py::tuple& fields, py::array& array, DType dtype,
                                 std::size_t slot_count, std::vector<py::object>& kept) {
  if (fields.size() != 8) throw py::value_error("network: a parameter has 8 fields");
  TrainedParameter<T> parameter{writable<T>(array),
                                py::cast<std::size_t>(fields[0]),
                                py::cast<std::size_t>(fields[1]),
                                py::cast<bool>(fields[2]),
                                {py::cast<double>(fields[3]), py::cast<double>(fields[4])},
                                {},
                                py::cast<bool>(fields[6]),
                                {}};
  if (parameter.size() != static_cast<std::size_t>(array.size()))
    throw py::value_error("network: a parameter has rows x cols elements");
  if (!fields[5].is_none()) parameter.constraint = constraint_from(fields[5]);
  const auto slots = py::cast<py::sequence>(fields[7]);
  if (parameter.is_trainable && slots.size() != slot_count)
    throw py::value_error("network: a trainable parameter has the optimizer's slots");
  for (std::size_t i = 0; parameter.is_trainable && i < slot_count; ++i) {
    py::array slot =
        changeable(slots[i], "network: slot", dtype, {array.shape(), array.shape() + array.ndim()});
    parameter.slots[i] = writable<T>(slot);
    kept.push_back(std::move(slot));
  }
  return parameter;
}

// What an output is compared by: (loss code, weight, final activation's code or None).
OutputLoss loss_of(const py::tuple& fields, const Shape& shape) {
  if (fields.size() != 3) throw py::value_error("network: a loss has 3 fields");
  if (shape.size() == 0) throw py::value_error("network: a loss needs an output of rank 2 or more");
  OutputLoss loss{loss_from(fields[0]),
                  py::cast<double>(fields[1]),
                  static_cast<std::size_t>(shape[shape.size() - 1]),
                  {}};
  if (!fields[2].is_none()) {
    loss.final_activation = activation_from(fields[2]);
    if (loss.final_activation->is_glu()) throw py::value_error("network: glu changes the shape");
  }
  return loss;
}

std::unique_ptr<Trainer> new_trainer(const std::string& dtype, const py::sequence& sizes,
                                     const py::sequence& inputs, const py::sequence& outputs,
                                     const py::sequence& nodes, const py::sequence& arrays,
                                     const py::sequence& parameters, const py::sequence& losses,
                                     const py::object& optimizer, const py::object& state) {
  NetworkGraph network(dtype, sizes, inputs, outputs, nodes, arrays);
  const OptimizerSettings settings = optimizer_settings_from(optimizer);
  if (parameters.size() != network.parameters.size() ||
      losses.size() != network.output_shapes.size())
    throw py::value_error(
        "network: expected a field for each parameter and a loss for each output");
  std::vector<OutputLoss> output_losses;
  for (std::size_t i = 0; i < losses.size(); ++i)
    output_losses.push_back(loss_of(py::cast<py::tuple>(losses[i]), network.output_shapes[i]));
  std::vector<py::object> kept{py::none()};
  if (settings.id == OptimizerId::kNadam)
    kept[0] = changeable(state, "network: state", DType::kFloat64, {});
  return dispatch(network.dtype, [&](auto zero) -> std::unique_ptr<Trainer> {
    using T = decltype(zero);
    std::vector<TrainedParameter<T>> trained;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      trained.push_back(parameter_of<T>(py::cast<py::tuple>(parameters[i]), network.parameters[i],
                                        network.dtype,
                                        static_cast<std::size_t>(slot_count(settings)), kept));
    }
    return std::make_unique<TrainerOf<T>>(std::move(network), std::move(trained),
                                          std::move(output_losses), settings, std::move(kept));
  });
}

}  // namespace

void register_training(py::module_& m) {
  py::class_<Trainer>(m, "Trainer", plain_metaclass())
      .def(py::init(&new_trainer), py::arg("dtype"), py::arg("sizes"), py::arg("inputs"),
           py::arg("outputs"), py::arg("nodes"), py::arg("arrays"), py::arg("parameters"),
           py::arg("losses"), py::arg("optimizer"), py::arg("state"))
      .def("step", &Trainer::step, py::arg("inputs"), py::arg("targets"), py::arg("weights"),
           py::arg("samples"), py::arg("seeds"), py::arg("learning_rate"), py::arg("iteration"),
           py::arg("wants_predictions"))
      .def("test", &Trainer::test, py::arg("inputs"), py::arg("targets"), py::arg("weights"),
           py::arg("samples"), py::arg("wants_predictions"));
}

}  // namespace fastdense
