#include "ops/dropout.hpp"

#include <algorithm>
#include <cmath>

#include "ops/partition.hpp"
#include "ops/sum.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {
namespace {

constexpr std::size_t kTaskElements = 256 * kDropoutBlock;
// Parts of a batch begin at such multiples.
static_assert(kRowsOfSum % kDropoutBlock == 0);

std::size_t product(const std::vector<std::size_t>& extents) {
  std::size_t size = 1;
  for (const std::size_t extent : extents) size *= extent;
  return size;
}

// How x (contiguous) and its noise are walked: `outer` runs of `length` elements, within which the
// noise is one element or as many as x has.
struct BroadcastWalk {
  std::vector<std::size_t> extents;        // of the outer dimensions
  std::vector<std::size_t> noise_strides;  // of the same; 0 where the noise is broadcast
  std::size_t length = 1;
  std::size_t noise_step = 0;

  BroadcastWalk(const std::vector<std::size_t>& shape,
                const std::vector<std::size_t>& noise_shape) {
    std::size_t axis = shape.size();
    const auto is_full = [&](std::size_t i) { return noise_shape[i] == shape[i]; };
    const bool full_runs = axis > 0 && is_full(axis - 1);
    while (axis > 0 && (is_full(axis - 1) == full_runs || shape[axis - 1] == 1))
      length *= shape[--axis];
    noise_step = full_runs ? 1 : 0;
    std::size_t stride = full_runs ? length : 1;
    extents.assign(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
    noise_strides.resize(axis);
    while (axis-- > 0) {
      noise_strides[axis] = noise_shape[axis] == 1 ? 0 : stride;
      stride *= noise_shape[axis];
    }
  }

  std::size_t noise_offset(std::size_t run) const {
    std::size_t offset = 0;
    for (std::size_t axis = extents.size(); axis-- > 0; run /= extents[axis])
      offset += run % extents[axis] * noise_strides[axis];
    return offset;
  }
};

}  // namespace

template <class T>
void dropout(const DropoutConfig& config, std::size_t n, const T* x, T* y) {
  constexpr double kTwo32 = 4294967296.0;
  const double threshold = std::nearbyint(config.rate * kTwo32);
  if (threshold >= kTwo32) {
    std::fill_n(y, n, T{0});
    return;
  }
  const EqualParts parts(n, kTaskElements);
  const double scale = 1.0 / (1.0 - config.rate);
  parallel_for(parts.count(), elementwise_work(n), [=](std::size_t i) {
    const Range part = parts[i];
    kernels<T>().dropout(
        part.size(), x + part.begin, y + part.begin,
        {config.seed, config.first + part.begin, static_cast<std::uint32_t>(threshold), scale});
  });
}

template <class T>
void dropout_broadcast(const DropoutConfig& config, const std::vector<std::size_t>& shape,
                       const std::vector<std::size_t>& noise_shape, const T* x, T* y) {
  const std::size_t noise_size = product(noise_shape);
  const Scratch<T> scratch(noise_size);
  T* noise = scratch.data();
  std::fill_n(noise, noise_size, T{1});
  dropout<T>(config, noise_size, noise, noise);

  const BroadcastWalk walk(shape, noise_shape);
  const std::size_t runs = product(walk.extents);
  const EqualParts parts(
      runs, std::max<std::size_t>(1, kTaskElements / std::max<std::size_t>(1, walk.length)));
  parallel_for(parts.count(), static_cast<double>(runs) * static_cast<double>(walk.length),
               [&](std::size_t i) {
                 for (std::size_t run = parts[i].begin; run < parts[i].end; ++run) {
                   const std::size_t first = run * walk.length;
                   kernels<T>().apply_noise(walk.length, x + first, noise + walk.noise_offset(run),
                                            walk.noise_step, y + first);
                 }
               });
}

template void dropout(const DropoutConfig&, std::size_t, const float*, float*);
template void dropout(const DropoutConfig&, std::size_t, const double*, double*);
template void dropout_broadcast(const DropoutConfig&, const std::vector<std::size_t>&,
                                const std::vector<std::size_t>&, const float*, float*);
template void dropout_broadcast(const DropoutConfig&, const std::vector<std::size_t>&,
                                const std::vector<std::size_t>&, const double*, double*);

}  // namespace fastdense
