// Matrix products: register tiles, and panels of them.
//
// A tile keeps kRows x kVectors accumulators in registers and walks the inner dimension once. Per
// step it loads kVectors vectors of b and broadcasts kRows elements of a, so the wider and the
// taller, the fewer loads per multiply-add; what fits is set by the number of registers. Both
// operands are read where they lie, b's panel unless it is worth a copy: the rows of a tile stay in
// L1 and the panel in L2 when the caller blocks the inner dimension.
#pragma once

#include "kernels/gemm_ahead.inl.hpp"
#include "kernels/gemm_narrow.inl.hpp"
#include "kernels/gemm_stream.inl.hpp"
#include "kernels/math/clamp.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Rows of the tallest tile that is kVectors wide. With 32 registers up to 24 accumulators leave
// room for a row of b and a broadcast; the two fused units of current cores need at least 8
// independent accumulators (latency 4). The one-vector tile gains nothing from more than 12 rows:
// it is bound by the broadcasts.
template <int kVectors>
constexpr int tile_rows() {
  constexpr bool kMany = kVectorRegisters == 32;
  switch (kVectors) {
    case 1:
      return 12;
    case 2:
      return kMany ? 12 : 6;
    case 3:
      return kMany ? 8 : 4;
    default:
      return kMany ? 6 : 3;
  }
}
// With 16 registers 4 x 3 vectors are better than 6 x 2: fewer loads per multiply-add (AVX2: 107
// against 103 GFLOP/s; generic: 17 against 14).
constexpr int kPanel = kVectorRegisters == 32 ? 4 : 3;

// Tiles that look ahead: those that products of many rows and columns mostly consist of, where
// vectors are long enough to outrun memory. For all of them it would be too much code.
template <class T, int kRows, int kVectors, bool kMasked>
constexpr bool kLooksAhead = kVectors == kPanel && kRows + 1 >= tile_rows<kPanel>() && !kMasked &&
                             Vec<T>::kLanes * sizeof(T) > 16;

// A copied panel lies on a few pages and in all places of the caches, and its first rows make it on
// the way. That pays when many rows share it; early when b is read in pieces of less than two cache
// lines, which prefetchers don't follow, and soon when the rows of b lie a multiple of 4 KB apart,
// where they compete for a few places in cache (AVX2, 256 x 1024 x 1024: 70 against 105 GFLOP/s).
template <class T>
constexpr size_t rows_worth_a_copy() {
  constexpr bool kInShortPieces = kPanel * Vec<T>::kLanes * sizeof(T) < 2 * 64;
  return kInShortPieces ? 32 : 256;
}
constexpr size_t kRowsWorthACopyIfCompeting = kVectorRegisters == 32 ? 32 : 16;
// A copied panel is kPanel vectors wide: only rows that one tile takes all of get another width.
static_assert(kRowsWorthACopyIfCompeting > size_t{tile_rows<1>()});

template <class T>
constexpr GemmGeometry gemm_geometry() {
  return {Vec<T>::kLanes,
          kStreamRows,
          kPanel,
          {0, tile_rows<1>(), tile_rows<2>(), tile_rows<3>(), tile_rows<4>()},
          rows_worth_a_copy<T>(),
          kRowsWorthACopyIfCompeting};
}

// Columns of the tile that are there: all vectors are whole but the last one when kMasked.
template <class T, int kVectors, bool kMasked>
struct TileColumns {
  Mask<T> last;

  FASTDENSE_INLINE Vec<T> load(const T* p, int v) const {
    return kMasked && v == kVectors - 1 ? MaskedLoad(last, p + v * Vec<T>::kLanes)
                                        : LoadU(p + v * Vec<T>::kLanes);
  }
  FASTDENSE_INLINE void store(Vec<T> x, T* p, int v) const {
    if (kMasked && v == kVectors - 1) {
      MaskedStore(last, x, p + v * Vec<T>::kLanes);
    } else {
      StoreU(x, p + v * Vec<T>::kLanes);
    }
  }
};

// What the sums of rows row .. row + kRows start from. A bias is loaded once for all rows.
template <class T, int kRows, int kVectors, class Columns>
FASTDENSE_INLINE void start_tile(const GemmPanelArgs<T>& args, size_t row, const Columns& columns,
                                 Vec<T> (&acc)[kRows][kVectors]) {
  const bool is_matrix = args.start != nullptr && args.start_ld > 0;
  FASTDENSE_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const Vec<T> same = args.start == nullptr ? Set(T{0}) : columns.load(args.start, v);
    FASTDENSE_UNROLL
    for (int i = 0; i < kRows; ++i)
      acc[i][v] = is_matrix ? columns.load(args.start + (row + i) * args.start_ld, v) : same;
  }
}

// A tile on its way along the inner dimension.
template <class T>
struct TileWalk {
  const T* a;
  const T* b;
  bool is_first;        // in its panel: it prefetches b
  T* copy;              // where the first tile copies b to, or null
  bool has_rows_below;  // to ask for
  NextRows<T> next;

  bool helps() const { return is_first || next.per_line > 0; }
};

// The sums of a tile after so many steps. kHelps: whether it may be the first one.
template <bool kTransposed, bool kHelps, class T, int kRows, int kVectors, class Columns>
FASTDENSE_INLINE void add_products(const GemmPanelArgs<T>& args, size_t steps,
                                   const Columns& columns, TileWalk<T>& walk,
                                   Vec<T> (&acc)[kRows][kVectors]) {
  const size_t row_step = kTransposed ? 1 : args.lda;
  const size_t inner_step = kTransposed ? args.lda : 1;
  for (; steps > 0; --steps) {
    Vec<T> b_row[kVectors];
    FASTDENSE_UNROLL
    for (int v = 0; v < kVectors; ++v) b_row[v] = columns.load(walk.b, v);
    if (kHelps && walk.is_first) {
      FASTDENSE_UNROLL
      for (int v = 0; v < kVectors; ++v)
        Prefetch(walk.b + kPrefetchRows * args.ldb + v * Vec<T>::kLanes);
      if (walk.copy != nullptr) {
        FASTDENSE_UNROLL
        for (int v = 0; v < kVectors; ++v) StoreU(b_row[v], walk.copy + v * Vec<T>::kLanes);
        walk.copy += kPanel * Vec<T>::kLanes;
      }
    }
    FASTDENSE_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const Vec<T> a_value = Set(walk.a[i * row_step]);
      FASTDENSE_UNROLL
      for (int v = 0; v < kVectors; ++v) acc[i][v] = MulAdd(a_value, b_row[v], acc[i][v]);
    }
    walk.a += inner_step;
    walk.b += args.ldb;
  }
}

// The same after all steps, asking for what comes next on the way: the rows of a below, and the
// next panel if the tile helps.
template <bool kTransposed, bool kHelps, class T, int kRows, int kVectors, class Columns>
FASTDENSE_INLINE void look_ahead(const GemmPanelArgs<T>& args, const Columns& columns,
                                 TileWalk<T>& walk, Vec<T> (&acc)[kRows][kVectors]) {
  for (size_t left = args.k; left > 0;) {
    const bool has_more = !kTransposed && walk.has_rows_below && left > kPrefetchColumns<T>;
    if (has_more) prefetch_next_rows<kRows>(args, walk.a);
    for (size_t i = 0; kHelps && i < walk.next.per_line; ++i, walk.next.first += args.next_ldb) {
      FASTDENSE_UNROLL
      for (size_t j = 0; j < kVectors * Vec<T>::kLanes; j += kLine<T>)
        PrefetchL2(walk.next.first + j);
    }
    const size_t steps = (kHelps || has_more) && left > kLine<T> ? kLine<T> : left;
    add_products<kTransposed, kHelps>(args, steps, columns, walk, acc);
    left -= steps;
  }
}

// Rows row .. row + kRows of the panel. The first ones copy b if args say so.
template <class T, int kRows, int kVectors, bool kTransposed, bool kMasked>
void gemm_tile(const GemmPanelArgs<T>& args, size_t row, NextRows<T> next) {
  const TileColumns<T, kVectors, kMasked> columns{
      FirstN<T>(args.n - (kVectors - 1) * Vec<T>::kLanes)};
  Vec<T> acc[kRows][kVectors];
  start_tile<T>(args, row, columns, acc);
  const T* const a = args.a + (kTransposed ? row : row * args.lda);
  TileWalk<T> walk{a, args.b, row == 0, args.b_copy, row + kRows < args.m, next};
  if constexpr (!kLooksAhead<T, kRows, kVectors, kMasked>) {
    add_products<kTransposed, true>(args, args.k, columns, walk, acc);
  } else if (walk.helps()) {
    look_ahead<kTransposed, true>(args, columns, walk, acc);
  } else {
    look_ahead<kTransposed, false>(args, columns, walk, acc);
  }
  if (!kTransposed && args.is_rectified) {
    FASTDENSE_UNROLL
    for (int i = 0; i < kRows; ++i) {
      FASTDENSE_UNROLL
      for (int v = 0; v < kVectors; ++v) acc[i][v] = Rectify(acc[i][v]);
    }
  }
  FASTDENSE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    T* c = args.c + (row + i) * args.ldc;
    FASTDENSE_UNROLL
    for (int v = 0; v < kVectors; ++v) columns.store(acc[i][v], c, v);
  }
}

template <class T>
using Tile = void (*)(const GemmPanelArgs<T>&, size_t row, NextRows<T> next);

template <class T, int kVectors, bool kTransposed, bool kMasked, int kRows = tile_rows<kVectors>()>
Tile<T> select_tile(size_t rows) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return select_tile<T, kVectors, kTransposed, kMasked, kRows - 1>(rows);
  }
  return gemm_tile<T, kRows, kVectors, kTransposed, kMasked>;
}

// The rows of a panel kVectors wide from `row` on, in tiles as equal in height as can be: 8 rows
// are 4 + 4 rather than 6 + 2.
template <class T, int kVectors, bool kTransposed>
void gemm_panel_of(GemmPanelArgs<T> args, size_t row = 0) {
  constexpr size_t kMaxRows = tile_rows<kVectors>();
  const bool masked = args.n != kVectors * Vec<T>::kLanes;
  size_t tiles = divide_up(args.m - row, kMaxRows);
  const NextPanel<T> next(args, tiles);
  size_t rows = 0;
  Tile<T> tile = nullptr;
  for (; tiles > 0; --tiles) {
    const size_t height = divide_up(args.m - row, tiles);
    if (height != rows) {
      rows = height;
      tile = masked ? select_tile<T, kVectors, kTransposed, true>(rows)
                    : select_tile<T, kVectors, kTransposed, false>(rows);
    }
    if (!kTransposed && tiles > 1) prefetch_beginnings(args, row + rows, rows);
    tile(args, row, next.rows(tiles - 1));
    row += rows;
    if (args.b_copy != nullptr) {
      args.b = args.b_copy;
      args.ldb = kPanel * Vec<T>::kLanes;
    }
  }
}

template <class T, bool kTransposed>
void gemm_panel(const GemmPanelArgs<T>& args) {
  switch (divide_up(args.n, Vec<T>::kLanes)) {
    case 0:
      return;
    case 1: {
      const size_t done = args.b_copy == nullptr ? gemm_narrow<T, kTransposed>(args) : 0;
      return gemm_panel_of<T, 1, kTransposed>(args, done);
    }
    case 2:
      return gemm_panel_of<T, 2, kTransposed>(args);
    case 3:
      return gemm_panel_of<T, 3, kTransposed>(args);
    case 4:
      return gemm_panel_of<T, 4, kTransposed>(args);
  }
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
