// Memory with pages that can't be touched at both ends: an access outside an array placed against
// one of them stops the program.
//
// Vector code of any ISA uses it, so nothing here is inline.
#pragma once

#include <stddef.h>

namespace fastdense::test {

enum class Side { kStart, kEnd };
constexpr Side kSides[] = {Side::kStart, Side::kEnd};

class GuardedMemory {
 public:
  explicit GuardedMemory(size_t capacity_bytes);
  ~GuardedMemory();
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  // An uninitialized array that begins right after (kStart) or ends right before (kEnd) a forbidden
  // page; the previous one is gone. The bytes on its other side are filled with a pattern.
  void* place(size_t bytes, Side side);

  // True while nobody has written to the pattern.
  bool intact() const;

 private:
  static constexpr size_t kPatternBytes = 256;

  unsigned char* mapping_;
  size_t mapped_bytes_;
  unsigned char* first_;  // of the usable bytes
  size_t usable_bytes_;
  unsigned char* pattern_;
};

}  // namespace fastdense::test
