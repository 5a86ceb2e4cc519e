#include "guarded_memory.hpp"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace fastdense::test {
namespace {

constexpr unsigned char kPattern = 0xA5;

void require(bool condition, const char* what) {
  if (condition) return;
  perror(what);
  exit(2);
}

}  // namespace

GuardedMemory::GuardedMemory(size_t capacity_bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  usable_bytes_ = (capacity_bytes + kPatternBytes + page - 1) / page * page;
  mapped_bytes_ = usable_bytes_ + 2 * page;
  void* mapping = mmap(nullptr, mapped_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(mapping != MAP_FAILED, "mmap");
  mapping_ = static_cast<unsigned char*>(mapping);
  first_ = mapping_ + page;
  pattern_ = first_;
  require(mprotect(first_, usable_bytes_, PROT_READ | PROT_WRITE) == 0, "mprotect");
  memset(first_, kPattern, usable_bytes_);
}

GuardedMemory::~GuardedMemory() { munmap(mapping_, mapped_bytes_); }

void* GuardedMemory::place(size_t bytes, Side side) {
  require(bytes + kPatternBytes <= usable_bytes_, "GuardedMemory::place: array too large");
  const size_t free_bytes = usable_bytes_ - bytes;
  unsigned char* const array = side == Side::kStart ? first_ : first_ + free_bytes;
  pattern_ = side == Side::kStart ? array + bytes : array - kPatternBytes;
  memset(pattern_, kPattern, kPatternBytes);
  return array;
}

bool GuardedMemory::intact() const {
  for (size_t i = 0; i < kPatternBytes; ++i) {
    if (pattern_[i] != kPattern) return false;
  }
  return true;
}

}  // namespace fastdense::test
