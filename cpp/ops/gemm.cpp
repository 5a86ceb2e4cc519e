#include "ops/gemm.hpp"

#include <algorithm>

#include "ops/packed_matrix.hpp"
#include "ops/partition.hpp"
#include "ops/scratch_matrix.hpp"
#include "ops/transpose.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {
namespace {

// Inner blocks: a panel of 64 floats x 512 is 128 KB, which stays in L2 while the rows of c go by;
// a copied one, which lies in all places of the cache, may be twice as long.
constexpr std::size_t kInnerBlock = 512;
constexpr std::size_t kInnerBlockOfCopy = 1024;
// Rows of c between epilogues: 96 x 64 floats are still in L1 then.
constexpr std::size_t kRowBlock = 96;
// Rows of c that share a copied panel: to make it takes as long as 12 to 25 rows, and the inner
// blocks of 2048 rows of a are 8 MB, which stay in L3 until the next panel. Fewer where that gives
// every thread kTasksPerThread, so that none waits long for the last one.
constexpr std::size_t kFewestRowsPerCopy = 512;
constexpr std::size_t kMostRowsPerCopy = 2048;
constexpr std::size_t kTasksPerThread = 4;
// Columns that are worth a thread of their own when b streams by: shorter pieces of its rows come
// slower.
constexpr std::size_t kStreamColumns = 256;
// Rows of such a c between epilogues.
constexpr std::size_t kStreamRows = 16;
// Inner dimensions that make less work than writing c where it doesn't fit into L2.
constexpr std::size_t kInnerOfStream = 4;
constexpr std::size_t kBytesOfStream = std::size_t{2} << 20;
// Vectors of the inner dimension that are worth a dot product, which ends with a sum across lanes
// (AVX-512: 1024 x 512 x 1 in 26 us, with rows side by side in the lanes 41).
constexpr std::size_t kVectorsOfDot = 8;
// Elements of a that a task of dot products reads: 64 KB of float.
constexpr std::size_t kElementsOfDots = std::size_t{16} << 10;
// A transposed a, read as it lies, is on another line in every step of the inner dimension, and a
// tile uses a few values of it. So many lines don't stay in L1 until the next tile (1024^3: 157
// against 220 GFLOP/s), far fewer when they compete for their places, and turning a round costs
// little beside so many columns.
constexpr std::size_t kInnerWorthATranspose = 512;
constexpr std::size_t kInnerWorthATransposeIfCompeting = 128;
constexpr std::size_t kColumnsWorthATranspose = 256;
// What blocks of rows are made of: a multiple of every tile's height but that of 8 x 3 vectors.
constexpr std::size_t kRowMultiple = 12;

// Rows in parts of about `length`, whose ends are multiples of kRowMultiple: as many parts as there
// are such multiples at most.
class RowParts {
 public:
  RowParts(Range rows, std::size_t length)
      : rows_(rows), parts_(parts_of(divide_up(rows.size(), kRowMultiple), rows.size(), length)) {}

  std::size_t count() const { return parts_.count(); }
  Range operator[](std::size_t i) const {
    const Range part = parts_[i];
    return {rows_.begin + part.begin * kRowMultiple,
            std::min(rows_.end, rows_.begin + part.end * kRowMultiple)};
  }

 private:
  static EvenParts parts_of(std::size_t multiples, std::size_t size, std::size_t length) {
    return {multiples, std::min(multiples, divide_up(size, length))};
  }

  Range rows_;
  EvenParts parts_;
};

// The columns of c as panels of even width, because a narrow last one would be slow for its size. A
// few rows get the widest panels that one tile takes them all in, so that b is read once.
EvenParts column_panels(const GemmGeometry& geometry, std::size_t rows, std::size_t columns) {
  std::size_t width = GemmGeometry::kWidestPanel;
  while (width > 1 && geometry.tile_rows[width] < rows) --width;
  if (width == 1) width = geometry.panel_vectors;
  const std::size_t vectors = divide_up(columns, geometry.lanes);
  return {vectors, divide_up(vectors, width)};
}

// Whether rows share the few places that a set of the first and second cache level has.
template <class T>
bool competes_for_cache(Matrix<const T> x) {
  return x.ld * sizeof(T) % kAliasingBytes == 0;
}

// Whether panels of b are better copied than read where they lie.
template <class T>
bool copies_b(const GemmArgs<T>& g) {
  const GemmGeometry& geometry = kernels<T>().gemm_geometry;
  // A single panel has no gaps to close.
  return g.packed_b == nullptr && g.n > geometry.panel_vectors * geometry.lanes &&
         g.m >= (competes_for_cache(g.b) ? geometry.rows_worth_a_copy_if_competing
                                         : geometry.rows_worth_a_copy);
}

// What the sums of rows x columns of c begin with, as kernels take it.
template <class T>
Matrix<const T> start_of(const GemmArgs<T>& g, Range rows, Range columns) {
  if (g.sum == Sum::kGoesOn) return {g.c.at(rows.begin, columns.begin), g.c.ld};
  return {g.bias == nullptr ? nullptr : g.bias + columns.begin, 0};
}

// A panel of columns of b.
template <class T>
struct Panel {
  Matrix<const T> b;
  T* copy;        // room for an inner block of it, or null
  const T* next;  // where the next task's panel begins, or null
};

// Rows x columns of c, through all of the inner dimension.
template <class T>
void gemm_block(const GemmArgs<T>& g, Range rows, Range columns, const Panel<T>& panel,
                const EvenParts& inner_blocks, const BlockEpilogue* epilogue) {
  const GemmGeometry& geometry = kernels<T>().gemm_geometry;
  const GemmPanel<T> kernel =
      g.a_is_transposed ? kernels<T>().gemm_panel_transposed : kernels<T>().gemm_panel;
  const bool rectifies = epilogue != nullptr && epilogue->is_rectifier() && !g.a_is_transposed;
  const RowParts row_blocks(rows, kRowBlock);
  for (std::size_t i = 0; i < inner_blocks.count(); ++i) {
    const Range inner = inner_blocks[i];
    const bool is_last = i + 1 == inner_blocks.count();
    Matrix<const T> b{panel.b.at(inner.begin, 0), panel.b.ld};
    // What comes next is asked for if it will be copied, too.
    const T* const next = panel.copy == nullptr ? nullptr
                          : is_last             ? panel.next
                                                : panel.b.at(inner.end, 0);
    for (std::size_t r = 0; r < row_blocks.count(); ++r) {
      const Range part = row_blocks[r];
      const Matrix<T> c{g.c.at(part.begin, columns.begin), g.c.ld};
      const Matrix<const T> start =
          i == 0 ? start_of(g, part, columns) : Matrix<const T>{c.data, c.ld};
      const T* a =
          g.a_is_transposed ? g.a.at(inner.begin, part.begin) : g.a.at(part.begin, inner.begin);
      kernel({part.size(), columns.size(), inner.size(), a, g.a.ld, b.data, b.ld, start.data,
              start.ld, c.data, c.ld, r == 0 ? panel.copy : nullptr,
              r + 1 == row_blocks.count() ? next : nullptr, panel.b.ld, is_last && rectifies});
      if (panel.copy != nullptr) b = {panel.copy, geometry.panel_vectors * geometry.lanes};
      if (epilogue != nullptr && !rectifies && is_last)
        (*epilogue)(part.begin, columns.begin, part.size(), columns.size());
    }
  }
}

template <class T>
bool transposes_a(const GemmArgs<T>& g) {
  return g.a_is_transposed && g.n >= kColumnsWorthATranspose &&
         g.k >=
             (competes_for_cache(g.a) ? kInnerWorthATransposeIfCompeting : kInnerWorthATranspose);
}

// Rows of c that share a panel's copy, for `threads` threads and so many panels.
std::size_t rows_per_copy(std::size_t rows, std::size_t panels, std::size_t threads) {
  const std::size_t parts = divide_up(kTasksPerThread * threads, panels);
  return std::min(kMostRowsPerCopy, std::max(kFewestRowsPerCopy, divide_up(rows, parts)));
}

template <class T>
void gemm_in_panels(const GemmArgs<T>& g, const BlockEpilogue* epilogue) {
  const GemmGeometry& geometry = kernels<T>().gemm_geometry;
  const bool copies = copies_b(g);
  const bool is_packed = g.packed_b != nullptr;
  const EvenParts panels = is_packed ? g.packed_b->panels() : column_panels(geometry, g.m, g.n);
  // Small matrices of a large inner dimension, such as gradients of weights, in as many parts as
  // there are threads: an element's sum is the same however rows are cut.
  const double work = gemm_work(g.m, g.n, g.k);
  const std::size_t threads = threads_for(g.m, work);
  const std::size_t fewest_parts = divide_up(threads, panels.count());
  const std::size_t most_rows = copies ? rows_per_copy(g.m, panels.count(), threads) : kRowBlock;
  const RowParts row_parts({0, g.m}, std::min(most_rows, divide_up(g.m, fewest_parts)));
  const std::size_t inner_length = copies || is_packed ? kInnerBlockOfCopy : kInnerBlock;
  const EvenParts inner_blocks(g.k, std::max<std::size_t>(1, divide_up(g.k, inner_length)));
  const std::size_t copy_size =
      copies ? inner_blocks[0].size() * geometry.panel_vectors * geometry.lanes : 0;
  parallel_for(panels.count() * row_parts.count(), work, [&](std::size_t i) {
    // Blocks that share a panel of b follow each other.
    const std::size_t panel = i / row_parts.count();
    const Range vectors = panels[panel];
    const Range columns{vectors.begin * geometry.lanes,
                        std::min(g.n, vectors.end * geometry.lanes)};
    const Range rows = row_parts[i % row_parts.count()];
    const OptionalScratch<T> copy(copy_size);
    const Matrix<const T> b =
        is_packed ? g.packed_b->panel(panel) : Matrix<const T>{g.b.at(0, columns.begin), g.b.ld};
    // The panel of the task that this thread is likely to get next.
    const std::size_t next_panel = (i + threads) / row_parts.count();
    const bool has_next = copies && next_panel < panels.count();
    const T* const next = has_next ? g.b.at(0, panels[next_panel].begin * geometry.lanes) : nullptr;
    gemm_block(g, rows, columns, {b, copy.data(), next}, inner_blocks, epilogue);
  });
}

// Whether there is little to do but read b, because a has few rows, or write a large c whose rows
// compete for cache, because the inner dimension is short: then whole rows are better than panels.
template <class T>
bool is_stream(const GemmArgs<T>& g) {
  const GemmGeometry& geometry = kernels<T>().gemm_geometry;
  if (g.packed_b != nullptr || g.k == 0 || g.n <= GemmGeometry::kWidestPanel * geometry.lanes)
    return false;
  const bool writes_most = g.k <= kInnerOfStream && g.m * g.n * sizeof(T) >= kBytesOfStream;
  return g.m <= geometry.stream_rows || (writes_most && competes_for_cache<T>({g.c.data, g.c.ld}));
}

template <class T>
void gemm_as_stream(const GemmArgs<T>& g, const BlockEpilogue* epilogue) {
  const GemmPanel<T> stream =
      g.a_is_transposed ? kernels<T>().gemm_stream_transposed : kernels<T>().gemm_stream;
  const std::size_t stream_rows = kernels<T>().gemm_geometry.stream_rows;
  const double work = gemm_work(g.m, g.n, g.k);
  const EvenParts row_parts(g.m, divide_up(g.m, kStreamRows));
  // An element's sum is the same however the columns are cut, so the threads may decide that.
  const std::size_t most = std::max<std::size_t>(1, g.n / kStreamColumns);
  const EvenParts column_parts(g.n, row_parts.count() == 1 ? threads_for(most, work) : 1);
  parallel_for(row_parts.count() * column_parts.count(), work, [&](std::size_t i) {
    const Range rows = row_parts[i / column_parts.count()];
    const Range columns = column_parts[i % column_parts.count()];
    for (std::size_t row = rows.begin; row < rows.end; row += stream_rows) {
      const Range part{row, std::min(rows.end, row + stream_rows)};
      const Matrix<const T> start = start_of(g, part, columns);
      stream({part.size(), columns.size(), g.k, g.a_is_transposed ? g.a.at(0, row) : g.a.at(row, 0),
              g.a.ld, g.b.at(0, columns.begin), g.b.ld, start.data, start.ld,
              g.c.at(row, columns.begin), g.c.ld});
    }
    if (epilogue != nullptr) (*epilogue)(rows.begin, columns.begin, rows.size(), columns.size());
  });
}

// What kernels read as b where it is a single column.
template <class T>
Matrix<const T> column_of_b(const GemmArgs<T>& g) {
  return g.packed_b != nullptr ? g.packed_b->panel(0) : g.b;
}

// Whether b is one contiguous column, long enough to multiply rows of a by.
template <class T>
bool is_matrix_vector(const GemmArgs<T>& g) {
  return g.n == 1 && !g.a_is_transposed && column_of_b(g).ld == 1 && g.sum == Sum::kStarts &&
         g.k >= kVectorsOfDot * kernels<T>().gemm_geometry.lanes;
}

template <class T>
void gemm_as_dots(const GemmArgs<T>& g, const BlockEpilogue* epilogue) {
  const Matrix<const T> b = column_of_b(g);
  const EqualParts row_parts(g.m, divide_up(kElementsOfDots, g.k));
  parallel_for(row_parts.count(), gemm_work(g.m, g.n, g.k), [&](std::size_t i) {
    const Range rows = row_parts[i];
    T* const c = g.c.at(rows.begin, 0);
    kernels<T>().gemm_dot(rows.size(), 1, g.k, g.a.at(rows.begin, 0), g.a.ld, b.data, g.k, c,
                          g.c.ld);
    for (std::size_t row = 0; row < rows.size() && g.bias != nullptr; ++row)
      c[row * g.c.ld] += *g.bias;
    if (epilogue != nullptr) (*epilogue)(rows.begin, 0, rows.size(), 1);
  });
}

}  // namespace

template <class T>
void gemm(const GemmArgs<T>& g, const BlockEpilogue* epilogue) {
  if (g.m == 0 || g.n == 0) return;
  if (is_matrix_vector(g)) return gemm_as_dots(g, epilogue);
  if (is_stream(g)) return gemm_as_stream(g, epilogue);
  if (!transposes_a(g)) return gemm_in_panels(g, epilogue);
  const ScratchMatrix<T> a(g.m, g.k);
  transpose(g.k, g.m, g.a, a.view());
  GemmArgs<T> turned = g;
  turned.a = a.const_view();
  turned.a_is_transposed = false;
  gemm_in_panels(turned, epilogue);
}

template void gemm(const GemmArgs<float>&, const BlockEpilogue*);
template void gemm(const GemmArgs<double>&, const BlockEpilogue*);

}  // namespace fastdense
