#include "runtime/workspace.hpp"

#include <sys/mman.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace fastdense {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
// First touch of small pages runs at 2 GB/s; from a few megabytes on, huge ones are worth asking
// for.
constexpr std::size_t kHugePagesFrom = std::size_t{4} << 20;
// More than this goes back to the system: a thread that once saw a huge batch should not hold its
// memory for ever.
constexpr std::size_t kMostCached = std::size_t{64} << 20;

struct Block {
  void* data = nullptr;
  std::size_t bytes = 0;
};

Block allocate(std::size_t bytes) {
  const bool huge = bytes >= kHugePagesFrom;
  const std::size_t alignment = huge ? kHugePage : kCacheLine;
  if (bytes > static_cast<std::size_t>(-1) - alignment) throw std::bad_alloc();
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* data = std::aligned_alloc(alignment, rounded);
  if (data == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  if (huge) madvise(data, rounded, MADV_HUGEPAGE);
#endif
  return {data, rounded};
}

// The blocks a thread has used before and does not use now.
class BlockCache {
 public:
  ~BlockCache() {
    for (const Block& block : free_) std::free(block.data);
  }

  // The smallest block that is large enough, else a new one.
  Block take(std::size_t bytes) {
    Block* best = nullptr;
    for (Block& block : free_) {
      if (block.bytes >= bytes && (best == nullptr || block.bytes < best->bytes)) best = &block;
    }
    if (best == nullptr) return allocate(bytes);
    return std::exchange(*best, Block{});
  }

  // Keeps the block, and of the others what there is room for.
  void give(Block block) {
    std::size_t room = kMostCached;
    for (Block& kept : free_) {
      if (kept.bytes < block.bytes) std::swap(kept, block);
      if (kept.bytes > room) std::free(std::exchange(kept, Block{}).data);
      room -= kept.bytes;
    }
    std::free(block.data);
  }

 private:
  // As many as one operation uses at once.
  std::array<Block, 4> free_{};
};

BlockCache& cache() {
  thread_local BlockCache blocks;
  return blocks;
}

}  // namespace

ScratchBlock::ScratchBlock(std::size_t bytes) {
  const Block block = cache().take(bytes == 0 ? 1 : bytes);
  data_ = block.data;
  bytes_ = block.bytes;
}

ScratchBlock::~ScratchBlock() { cache().give({data_, bytes_}); }

Arena::~Arena() { std::free(data_); }

void* Arena::reserve(std::size_t bytes) {
  if (bytes > bytes_ || data_ == nullptr) {
    const Block block = allocate(bytes == 0 ? 1 : bytes);
    std::free(data_);
    data_ = block.data;
    bytes_ = block.bytes;
  }
  return data_;
}

}  // namespace fastdense
