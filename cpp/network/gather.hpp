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

// Rows of src, of `width` elements per sample, that belong to some samples of a batch: gathered
// into `room`, or, without numbers, src itself.
template <class T>
const T* sample_rows(const std::int64_t* numbers, Range samples, std::size_t width, const T* src,
                     T* room) {
  if (numbers == nullptr) return src + samples.begin * width;
  gather(samples.size(), numbers + samples.begin, width, src, room);
  return room;
}

// The same with room of its own. src may be null.
template <class T>
class SampleRows {
 public:
  SampleRows(const std::int64_t* numbers, Range samples, std::size_t width, const T* src) {
    if (src == nullptr) return;
    if (numbers != nullptr) room_.emplace(samples.size() * width);
    data_ = sample_rows(numbers, samples, width, src, room_ ? room_->data() : nullptr);
  }

  const T* data() const { return data_; }

 private:
  const T* data_ = nullptr;
  std::optional<Scratch<T>> room_;
};

}  // namespace fastdense
