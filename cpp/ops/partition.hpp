// Cutting index ranges into tasks. How they are cut depends on sizes only where results may depend
// on it, never on the number of threads.
#pragma once

#include <algorithm>
#include <cstddef>

namespace fastdense {

constexpr std::size_t divide_up(std::size_t a, std::size_t b) {
  return a / b + (a % b != 0 ? 1 : 0);
}

struct Range {
  std::size_t begin, end;

  std::size_t size() const { return end - begin; }
};

// 0 .. size in `count` consecutive parts whose lengths differ by one at most.
class EvenParts {
 public:
  EvenParts(std::size_t size, std::size_t count)
      : base_(count == 0 ? 0 : size / count),
        longer_(count == 0 ? 0 : size % count),
        count_(count) {}

  std::size_t count() const { return count_; }
  Range operator[](std::size_t i) const { return {begin_of(i), begin_of(i + 1)}; }

 private:
  std::size_t begin_of(std::size_t i) const { return i * base_ + std::min(i, longer_); }

  std::size_t base_, longer_, count_;
};

// 0 .. size in consecutive parts of `length`, the last one shorter.
class EqualParts {
 public:
  EqualParts(std::size_t size, std::size_t length) : size_(size), length_(length) {}

  std::size_t count() const { return divide_up(size_, length_); }
  Range operator[](std::size_t i) const {
    return {i * length_, std::min(size_, (i + 1) * length_)};
  }

 private:
  std::size_t size_, length_;
};

}  // namespace fastdense
