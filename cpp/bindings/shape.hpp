// Shapes of arrays.
#pragma once

#include <pybind11/pybind11.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>

namespace fastdense {

// Extents, most significant first. They lie in the object itself: a call makes a few of these, and
// a small one takes less than a microsecond.
class Shape {
 public:
  static constexpr std::size_t kMostAxes = 64;  // as in NumPy 2

  Shape() = default;
  Shape(const pybind11::ssize_t* begin, const pybind11::ssize_t* end) {
    for (; begin != end; ++begin) push_back(*begin);
  }
  Shape(std::initializer_list<pybind11::ssize_t> extents) : Shape(extents.begin(), extents.end()) {}
  Shape(const Shape& other) : Shape(other.begin(), other.end()) {}
  Shape& operator=(const Shape& other) {
    size_ = other.size_;
    std::copy(other.begin(), other.end(), extents_.begin());
    return *this;
  }

  // Throws ValueError if it has kMostAxes already.
  void push_back(pybind11::ssize_t extent) {
    if (size_ == kMostAxes) refuse_more_axes();
    extents_[size_++] = extent;
  }

  std::size_t size() const { return size_; }
  const pybind11::ssize_t* begin() const { return extents_.data(); }
  const pybind11::ssize_t* end() const { return extents_.data() + size_; }
  pybind11::ssize_t operator[](std::size_t axis) const { return extents_[axis]; }
  pybind11::ssize_t& back() { return extents_[size_ - 1]; }

  bool operator==(const Shape& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }
  bool operator!=(const Shape& other) const { return !(*this == other); }

 private:
  [[noreturn]] static void refuse_more_axes();

  std::array<pybind11::ssize_t, kMostAxes> extents_;
  std::size_t size_ = 0;
};

// Of so many samples, each of this shape.
Shape batch_of(pybind11::ssize_t samples, const Shape& sample);
// As Python prints a tuple.
std::string to_string(const Shape& shape);
std::size_t element_count(const Shape& shape);

}  // namespace fastdense
