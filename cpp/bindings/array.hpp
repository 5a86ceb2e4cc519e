// NumPy arrays as the operations want them: float32 or float64, native, aligned, contiguous.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "bindings/shape.hpp"

namespace fastdense {

namespace py = pybind11;

enum class DType { kFloat32, kFloat64 };

// Throws ValueError if the name is neither "float32" nor "float64"; `where` is what its text begins
// with.
DType dtype_named(const std::string& name, const char* where);

// An array argument. It is used in place when it can be; `convert` replaces it by a copy that can.
class Operand {
 public:
  // Takes anything np.asarray takes. Throws TypeError when the values aren't real numbers of a
  // supported kind. `where` names the operation and argument in errors.
  Operand(const char* where, py::handle value);

  // The type it computes in: its own when float32 or float64; float32 for float16, integers and
  // bool.
  DType dtype() const { return dtype_; }
  void convert(DType dtype);

  // `where` without the operation's name.
  std::string argument() const {
    return std::string(where_).substr(std::string(where_).rfind(' ') + 1);
  }
  const py::array& array() const { return array_; }
  py::ssize_t rank() const { return array_.ndim(); }
  py::ssize_t shape(py::ssize_t axis) const { return array_.shape(axis); }
  Shape shape() const { return {array_.shape(), array_.shape() + array_.ndim()}; }
  py::ssize_t columns() const { return array_.shape(array_.ndim() - 1); }
  // Product of all extents but the last one.
  std::size_t rows() const;
  std::string describe() const { return to_string(shape()); }

  // Throws ValueError unless the rank is as given.
  void require_rank(py::ssize_t rank) const;
  void require_rank_at_least(py::ssize_t rank) const;
  void require_shape(const Shape& shape) const;

  template <class T>
  const T* data() const {
    return static_cast<const T*>(array_.data());
  }

 private:
  const char* where_;
  py::array array_;
  DType dtype_;
  bool is_usable_;  // in place, as dtype_
};

// Whether `value` is an array of this dtype that can be used in place.
bool is_usable_as(py::handle value, DType dtype);
bool is_usable_as_int64(py::handle value);

// Converts all to float64 if one of them is, else to float32.
DType convert_to_common(std::initializer_list<Operand*> operands);

py::array new_array(DType dtype, const Shape& shape);
py::list listed(const std::vector<py::array>& arrays);

// `out` if given, which must then be able to take the result and share no memory with the inputs;
// else a new array.
py::array output(py::handle out, const char* where, DType dtype, const Shape& shape,
                 std::initializer_list<const Operand*> inputs);

// `value` as an array that the operation changes. Throws unless it is a writable, C-contiguous and
// aligned array of this dtype and shape; `name` is what errors call it.
py::array changeable(py::handle value, const std::string& name, DType dtype, const Shape& shape);

// Whether there are bytes that both arrays may touch. Both are contiguous.
bool share_memory(const py::array& a, const py::array& b);

template <class T>
T* writable(py::array& array) {
  return static_cast<T*>(array.mutable_data());
}

// Calls body(T{}) with T = float or double.
template <class Body>
auto dispatch(DType dtype, Body&& body) {
  return dtype == DType::kFloat32 ? body(float{}) : body(double{});
}

}  // namespace fastdense
