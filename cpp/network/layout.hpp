// Which part of a block of memory each of many short-lived arrays gets.
#pragma once

#include <cstddef>
#include <map>

namespace fastdense {

// Parts are taken first fit and given back in any order. Units are the caller's: networks count
// elements per sample, and multiply by the samples there is room for.
class Layout {
 public:
  // The offset of a part of `size` units.
  std::size_t take(std::size_t size) {
    for (auto part = free_.begin(); part != free_.end(); ++part) {
      const auto [offset, length] = *part;
      if (length < size) continue;
      free_.erase(part);
      if (length > size) free_[offset + size] = length - size;
      return offset;
    }
    const std::size_t offset = size_;
    size_ += size;
    return offset;
  }

  void give(std::size_t offset, std::size_t size) {
    if (size == 0) return;
    auto part = free_.emplace(offset, size).first;
    const auto next = std::next(part);
    if (next != free_.end() && next->first == offset + size) {
      part->second += next->second;
      free_.erase(next);
    }
    if (part == free_.begin()) return;
    const auto before = std::prev(part);
    if (before->first + before->second != offset) return;
    before->second += part->second;
    free_.erase(part);
  }

  // What all parts together need.
  std::size_t size() const { return size_; }

 private:
  std::map<std::size_t, std::size_t> free_;  // from offset to length; never two side by side
  std::size_t size_ = 0;
};

}  // namespace fastdense
