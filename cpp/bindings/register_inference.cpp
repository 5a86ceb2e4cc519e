#include <memory>
#include <vector>

#include "bindings/array.hpp"
#include "bindings/gil.hpp"
#include "bindings/network_graph.hpp"
#include "bindings/register.hpp"
#include "network/inference.hpp"

namespace fastdense {
namespace {

// Inference<float> or Inference<double>, as Python sees it.
class Network {
 public:
  virtual ~Network() = default;

  // The outputs for these inputs; no value if an input isn't an array of the network's dtype and
  // shape that can be used in place.
  py::object run(const py::sequence& inputs) const {
    if (inputs.size() != description_.input_shapes.size()) return py::none();
    std::vector<py::object> arrays;
    for (const py::handle input : inputs)
      arrays.push_back(py::reinterpret_borrow<py::object>(input));
    py::ssize_t batch = -1;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      const py::ssize_t samples = samples_of(arrays[i], description_.input_shapes[i]);
      if (samples < 0 || (batch >= 0 && samples != batch)) return py::none();
      batch = samples;
    }
    std::vector<py::array> outputs;
    for (const Shape& shape : description_.output_shapes)
      outputs.push_back(new_output(batch, shape));
    compute(batch, arrays.data(), outputs.data());
    return listed(outputs);
  }

  // The same for a network of one input and one output, without lists.
  py::object run_one(const py::object& input) const {
    if (description_.input_shapes.size() != 1 || description_.output_shapes.size() != 1)
      return py::none();
    const py::ssize_t batch = samples_of(input, description_.input_shapes[0]);
    if (batch < 0) return py::none();
    py::array output = new_output(batch, description_.output_shapes[0]);
    compute(batch, &input, &output);
    return std::move(output);
  }

 protected:
  explicit Network(NetworkGraph description) : description_(std::move(description)) {}

  virtual void compute(py::ssize_t batch, const py::object* inputs, py::array* outputs) const = 0;

  // What keeps the parameters alive.
  NetworkGraph description_;

 private:
  // How many samples of this shape an array holds, or -1 if it isn't such an array.
  py::ssize_t samples_of(const py::object& value, const Shape& shape) const {
    if (!is_usable_as(value, description_.dtype)) return -1;
    const auto array = py::reinterpret_borrow<py::array>(value);
    const bool fits = array.ndim() == static_cast<py::ssize_t>(shape.size()) + 1 &&
                      std::equal(shape.begin(), shape.end(), array.shape() + 1);
    return fits ? array.shape(0) : -1;
  }

  py::array new_output(py::ssize_t batch, const Shape& sample_shape) const {
    return new_array(description_.dtype, batch_of(batch, sample_shape));
  }
};

template <class T>
class NetworkOf final : public Network {
 public:
  NetworkOf(NetworkGraph description, bool is_frozen)
      : Network(std::move(description)),
        inference_(description_.graph, description_.parameter_data<T>()),
        sample_work_(description_.graph.work()) {
    if (!is_frozen) return;
    inference_.freeze();
    description_.parameters.clear();
  }

 private:
  void compute(py::ssize_t batch, const py::object* inputs, py::array* outputs) const override {
    const Graph& graph = inference_.graph();
    std::vector<const T*> input_data(graph.inputs.size());
    std::vector<T*> output_data(graph.outputs.size());
    for (std::size_t i = 0; i < input_data.size(); ++i)
      input_data[i] = static_cast<const T*>(py::reinterpret_borrow<py::array>(inputs[i]).data());
    for (std::size_t i = 0; i < output_data.size(); ++i) output_data[i] = writable<T>(outputs[i]);
    without_gil(sample_work_ * static_cast<double>(batch), [&] {
      inference_.run(static_cast<std::size_t>(batch), input_data.data(), output_data.data());
    });
  }

  Inference<T> inference_;
  double sample_work_;
};

std::unique_ptr<Network> new_network(const std::string& dtype, const py::sequence& sizes,
                                     const py::sequence& inputs, const py::sequence& outputs,
                                     const py::sequence& nodes, const py::sequence& parameters,
                                     bool is_frozen) {
  NetworkGraph description(dtype, sizes, inputs, outputs, nodes, parameters);
  return dispatch(description.dtype, [&](auto zero) -> std::unique_ptr<Network> {
    return std::make_unique<NetworkOf<decltype(zero)>>(std::move(description), is_frozen);
  });
}

}  // namespace

void register_inference(py::module_& m) {
  py::class_<Network>(m, "Network", plain_metaclass())
      .def(py::init(&new_network), py::arg("dtype"), py::arg("sizes"), py::arg("inputs"),
           py::arg("outputs"), py::arg("nodes"), py::arg("parameters"),
           py::arg("is_frozen") = false)
      .def("run", &Network::run, py::arg("inputs"))
      .def("__call__", &Network::run_one, py::arg("x"));
}

}  // namespace fastdense
