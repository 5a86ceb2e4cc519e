#include "bindings/array.hpp"

#include <algorithm>
#include <cstdint>

namespace fastdense {
namespace {

using NumpyApi = py::detail::npy_api;

constexpr int kUsable = NumpyApi::NPY_ARRAY_C_CONTIGUOUS_ | NumpyApi::NPY_ARRAY_ALIGNED_;

py::dtype numpy_dtype(DType dtype) {
  return dtype == DType::kFloat32 ? py::dtype::of<float>() : py::dtype::of<double>();
}

const char* name_of(DType dtype) { return dtype == DType::kFloat32 ? "float32" : "float64"; }

bool has_flags(const py::array& array, int flags) { return (array.flags() & flags) == flags; }

bool has_shape(const py::array& array, const Shape& shape) {
  return std::equal(shape.begin(), shape.end(), array.shape(), array.shape() + array.ndim());
}

bool is_native(const py::dtype& dtype) {
  return dtype.byteorder() == '=' || dtype.byteorder() == '|';
}

// Not of a subclass, whose elements may mean something else.
bool is_plain(py::handle value) {
  return Py_TYPE(value.ptr()) == reinterpret_cast<PyTypeObject*>(NumpyApi::get().PyArray_Type_);
}

bool is_usable(py::handle value, char kind, py::ssize_t itemsize) {
  if (!is_plain(value)) return false;
  const auto array = py::reinterpret_borrow<py::array>(value);
  const py::dtype dtype = array.dtype();
  return dtype.kind() == kind && dtype.itemsize() == itemsize && is_native(dtype) &&
         has_flags(array, kUsable);
}

py::array as_array(const char* where, py::handle value) {
  if (is_plain(value)) return py::reinterpret_borrow<py::array>(value);
  const py::module_ numpy = py::module_::import("numpy");
  const bool is_array = py::isinstance<py::array>(value);
  if (is_array && numpy.attr("ma").attr("is_masked")(value).cast<bool>())
    throw py::type_error(std::string(where) +
                         ": masks are not supported: give masked elements values with `filled`");
  return numpy.attr("asarray")(value).cast<py::array>();
}

// The bytes an array may touch, as addresses; only exact for positive strides, which is what
// outputs and usable inputs have.
struct Extent {
  std::uintptr_t begin, end;

  explicit Extent(const py::array& array)
      : begin(reinterpret_cast<std::uintptr_t>(array.data())),
        end(begin + static_cast<std::uintptr_t>(array.nbytes())) {}
  bool overlaps(const Extent& other) const { return begin < other.end && other.begin < end; }
};

}  // namespace

DType dtype_named(const std::string& name, const char* where) {
  for (const DType dtype : {DType::kFloat32, DType::kFloat64})
    if (name == name_of(dtype)) return dtype;
  throw py::value_error(std::string(where) + ": dtype must be 'float32' or 'float64', got '" +
                        name + "'");
}

Operand::Operand(const char* where, py::handle value)
    : where_(where), array_(as_array(where, value)) {
  const py::dtype dtype = array_.dtype();
  const char kind = dtype.kind();
  const bool is_float = kind == 'f' && dtype.itemsize() <= 8;
  if (!is_float && kind != 'i' && kind != 'u' && kind != 'b') {
    throw py::type_error(
        std::string(where) + " has dtype " + py::str(dtype).cast<std::string>() +
        ", expected float32 or float64 (or float16, integers, bool, which compute in float32)");
  }
  dtype_ = is_float && dtype.itemsize() == 8 ? DType::kFloat64 : DType::kFloat32;
  is_usable_ = is_float && dtype.itemsize() >= 4 && is_native(dtype) && has_flags(array_, kUsable);
}

void Operand::convert(DType dtype) {
  if (is_usable_ && dtype == dtype_) return;
  const int flags = kUsable | NumpyApi::NPY_ARRAY_FORCECAST_;
  PyObject* converted = NumpyApi::get().PyArray_FromAny_(
      array_.ptr(), numpy_dtype(dtype).release().ptr(), 0, 0, flags, nullptr);
  if (converted == nullptr) throw py::error_already_set();
  array_ = py::reinterpret_steal<py::array>(converted);
  dtype_ = dtype;
  is_usable_ = true;
}

std::size_t Operand::rows() const {
  std::size_t count = 1;
  for (py::ssize_t axis = 0; axis + 1 < array_.ndim(); ++axis)
    count *= static_cast<std::size_t>(array_.shape(axis));
  return count;
}

void Operand::require_rank(py::ssize_t rank) const {
  if (this->rank() == rank) return;
  throw py::value_error(std::string(where_) + " has rank " + std::to_string(this->rank()) +
                        " (shape " + describe() + "), expected rank " + std::to_string(rank));
}

void Operand::require_rank_at_least(py::ssize_t rank) const {
  if (this->rank() >= rank) return;
  throw py::value_error(std::string(where_) + " has rank " + std::to_string(this->rank()) +
                        " (shape " + describe() + "), expected rank " + std::to_string(rank) +
                        " or more");
}

void Operand::require_shape(const Shape& shape) const {
  if (has_shape(array_, shape)) return;
  throw py::value_error(std::string(where_) + " has shape " + describe() + ", expected " +
                        to_string(shape));
}

bool is_usable_as(py::handle value, DType dtype) {
  return is_usable(value, 'f', dtype == DType::kFloat32 ? 4 : 8);
}

bool is_usable_as_int64(py::handle value) { return is_usable(value, 'i', 8); }

DType convert_to_common(std::initializer_list<Operand*> operands) {
  DType common = DType::kFloat32;
  for (const Operand* operand : operands) {
    if (operand->dtype() == DType::kFloat64) common = DType::kFloat64;
  }
  for (Operand* operand : operands) operand->convert(common);
  return common;
}

py::array new_array(DType dtype, const Shape& shape) {
  const NumpyApi& api = NumpyApi::get();
  PyObject* array = api.PyArray_NewFromDescr_(
      api.PyArray_Type_, numpy_dtype(dtype).release().ptr(), static_cast<int>(shape.size()),
      reinterpret_cast<const Py_intptr_t*>(shape.begin()), nullptr, nullptr, 0, nullptr);
  if (array == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::array>(array);
}

py::array changeable(py::handle value, const std::string& name, DType dtype, const Shape& shape) {
  if (!py::isinstance<py::array>(value))
    throw py::type_error(name + " is not an array but " +
                         py::str(py::type::handle_of(value)).cast<std::string>());
  auto array = py::reinterpret_borrow<py::array>(value);
  if (!array.dtype().equal(numpy_dtype(dtype))) {
    throw py::type_error(name + " has dtype " + py::str(array.dtype()).cast<std::string>() +
                         ", expected " + name_of(dtype));
  }
  if (!has_shape(array, shape))
    throw py::value_error(name + " has shape " +
                          to_string({array.shape(), array.shape() + array.ndim()}) + ", expected " +
                          to_string(shape));
  if (!has_flags(array, kUsable | NumpyApi::NPY_ARRAY_WRITEABLE_))
    throw py::value_error(name + " must be writable, C-contiguous and aligned");
  return array;
}

bool share_memory(const py::array& a, const py::array& b) { return Extent(a).overlaps(Extent(b)); }

py::list listed(const std::vector<py::array>& arrays) {
  py::list list(arrays.size());
  for (std::size_t i = 0; i < arrays.size(); ++i) list[i] = arrays[i];
  return list;
}

py::array output(py::handle out, const char* where, DType dtype, const Shape& shape,
                 std::initializer_list<const Operand*> inputs) {
  if (out.is_none()) return new_array(dtype, shape);
  const std::string name = std::string(where) + " out";
  py::array array = changeable(out, name, dtype, shape);
  for (const Operand* input : inputs) {
    if (share_memory(array, input->array()))
      throw py::value_error(name + " shares memory with " + input->argument());
  }
  return array;
}

}  // namespace fastdense
