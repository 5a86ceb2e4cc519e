#include "bindings/shape.hpp"

namespace fastdense {

void Shape::refuse_more_axes() {
  throw pybind11::value_error("expected a shape of at most " + std::to_string(kMostAxes) + " axes");
}

Shape batch_of(pybind11::ssize_t samples, const Shape& sample) {
  Shape shape{samples};
  for (const pybind11::ssize_t extent : sample) shape.push_back(extent);
  return shape;
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

std::size_t element_count(const Shape& shape) {
  std::size_t count = 1;
  for (const pybind11::ssize_t extent : shape) count *= static_cast<std::size_t>(extent);
  return count;
}

}  // namespace fastdense
