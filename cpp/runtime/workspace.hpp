// Scratch memory that outlives the call, so that pages are touched for the first time only once.
#pragma once

#include <cstddef>
#include <new>
#include <optional>

namespace fastdense {

// At least `bytes` bytes, aligned to a cache line, from the calling thread's cache of blocks; given
// back at the end of the scope. Throws std::bad_alloc.
class ScratchBlock {
 public:
  explicit ScratchBlock(std::size_t bytes);
  ~ScratchBlock();
  ScratchBlock(const ScratchBlock&) = delete;
  ScratchBlock& operator=(const ScratchBlock&) = delete;

  void* data() const { return data_; }

 private:
  void* data_;
  std::size_t bytes_;
};

// `count` uninitialized values.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::size_t count) : block_(checked_bytes(count)) {}
  T* data() const { return static_cast<T*>(block_.data()); }

 private:
  static std::size_t checked_bytes(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_alloc();
    return count * sizeof(T);
  }
  ScratchBlock block_;
};

// The same for those who can do without, and in tasks, which must not throw: null for no values and
// when there is no memory.
template <class T>
class OptionalScratch {
 public:
  explicit OptionalScratch(std::size_t count) {
    try {
      if (count > 0) scratch_.emplace(count);
    } catch (const std::bad_alloc&) {
    }
  }
  T* data() const { return scratch_ ? scratch_->data() : nullptr; }

 private:
  std::optional<Scratch<T>> scratch_;
};

// Memory of one owner, which grows on demand and is kept.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // At least `bytes` bytes, aligned to a cache line; what was there is lost if there were fewer.
  // Throws std::bad_alloc and keeps what there is.
  void* reserve(std::size_t bytes);

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace fastdense
