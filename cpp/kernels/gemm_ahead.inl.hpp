// What a matrix product asks for before it needs it, where the processor's own prefetchers come too
// late.
#pragma once

#include "kernels/kernel_table.hpp"
#include "kernels/simd/vec_types.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

constexpr size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }

// Elements of a cache line.
template <class T>
constexpr size_t kLine = 64 / sizeof(T);

// So many columns of the rows of a below are asked for before a tile starts; then it stays so far
// ahead. To wait for the processor's own prefetchers takes longer (16384x64x64: 130 against 180
// GFLOP/s).
template <class T>
constexpr size_t kPrefetchColumns = 4 * kLine<T>;

// The rows of the next panel's b that a tile asks for: so many in kLine steps.
template <class T>
struct NextRows {
  const T* first;
  size_t per_line;
};

// How the last tiles of a panel share these rows. All at once would hold up what is needed now, and
// what is asked for too early is gone again (256x1024x1024: 89 % of peak without, 92 %).
template <class T>
class NextPanel {
 public:
  NextPanel(const GemmPanelArgs<T>& args, size_t tiles) : b_(args.next_b), ldb_(args.next_ldb) {
    if (b_ == nullptr || tiles == 0) return;
    per_line_ = divide_up(kLine<T>, tiles);
    tiles_ = divide_up(kLine<T>, per_line_);
    rows_ = per_line_ * divide_up(args.k, kLine<T>);
  }

  // For the tile after which so many are left.
  FASTDENSE_INLINE NextRows<T> rows(size_t left) const {
    if (left >= tiles_) return {nullptr, 0};
    return {b_ + (tiles_ - 1 - left) * rows_ * ldb_, per_line_};
  }

 private:
  const T* b_;
  size_t ldb_;
  size_t per_line_ = 0;
  size_t tiles_ = 0;  // that ask
  size_t rows_ = 0;   // of a tile
};

// The beginnings of so many rows of a, from `row` on.
template <class T>
FASTDENSE_INLINE void prefetch_beginnings(const GemmPanelArgs<T>& args, size_t row, size_t rows) {
  const size_t columns = args.k < kPrefetchColumns<T> ? args.k : kPrefetchColumns<T>;
  const T* a = args.a + row * args.lda;
  for (; rows > 0; --rows, a += args.lda) {
    for (size_t p = 0; p < columns; p += kLine<T>) Prefetch(a + p);
  }
}

// A cache line of the rows of a below those of the tile, kPrefetchColumns further than it is.
template <int kRows, class T>
FASTDENSE_INLINE void prefetch_next_rows(const GemmPanelArgs<T>& args, const T* a) {
  FASTDENSE_UNROLL
  for (int i = 0; i < kRows; ++i) Prefetch(a + (kRows + i) * args.lda + kPrefetchColumns<T>);
}

// Rows of b between the one in use and the one asked for, when a panel is read for the first time:
// its rows are too far apart for the processor's own prefetchers.
constexpr size_t kPrefetchRows = 8;

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
