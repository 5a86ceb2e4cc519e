// Picking samples out of a data set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "ops/partition.hpp"
#include "runtime/parallel.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {

// dst[i] = src[samples[i]] for rows of `width` elements.
template <class T>
void gather(std::size_t count, const std::int64_t* samples, std::size_t width, const T* src,
            T* dst) {
  // Some 64 KB a task: rows come from anywhere in memory, at a few GB/s.
  constexpr std::size_t kTaskBytes = std::size_t{64} << 10;
  constexpr double kWorkPerByte = 8;
  const std::size_t row_bytes = std::max<std::size_t>(1, width * sizeof(T));
  const EqualParts parts(count, std::max<std::size_t>(1, kTaskBytes / row_bytes));
  const double work = kWorkPerByte * static_cast<double>(count) * static_cast<double>(row_bytes);
  parallel_for(parts.count(), work, [=](std::size_t task) {
    for (std::size_t i = parts[task].begin; i < parts[task].end; ++i)
      std::copy_n(src + static_cast<std::size_t>(samples[i]) * width, width, dst + i * width);
  });
}

// Rows of an argument that belong to some samples of a batch: gathered, or the argument itself.
template <class V>
class SampleRows {
 public:
  // width: elements per sample. src may be null.
  SampleRows(const std::int64_t* numbers, Range samples, std::size_t width, const V* src) {
    if (src == nullptr) return;
    if (numbers == nullptr) {
      data_ = src + samples.begin * width;
      return;
    }
    gathered_.emplace(samples.size() * width);
    gather(samples.size(), numbers + samples.begin, width, src, gathered_->data());
    data_ = gathered_->data();
  }

  const V* data() const { return data_; }

 private:
  const V* data_ = nullptr;
  std::optional<Scratch<V>> gathered_;
};

}  // namespace fastdense
