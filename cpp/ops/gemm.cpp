#include "ops/gemm.hpp"

#include <algorithm>

#include "ops/partition.hpp"
#include "ops/scratch_matrix.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {
namespace {

// Inner block: a panel of 64 floats x 512 is 128 KB, which stays in L2 while the rows of c go by.
constexpr std::size_t kInnerBlock = 512;
// Rows of c between epilogues: 96 x 64 floats are still in L1 then.
constexpr std::size_t kRowBlock = 96;
// What blocks of rows are made of: a multiple of every tile's height but that of 8 x 3 vectors.
constexpr std::size_t kRowMultiple = 12;

// The columns of c as panels: for a few rows as wide as the kernels go, then of even width, because
// a narrow last one would be slow for its size.
class ColumnPanels {
 public:
  ColumnPanels(const GemmGeometry& geometry, std::size_t rows, std::size_t columns)
      : columns_(columns),
        lanes_(geometry.lanes),
        wide_vectors_(geometry.wide_panel_vectors),
        wide_count_(rows <= geometry.wide_rows ? columns / (lanes_ * wide_vectors_) : 0) {
    const std::size_t vectors = divide_up(columns, lanes_) - wide_count_ * wide_vectors_;
    narrow_ = EvenParts(vectors, divide_up(vectors, geometry.panel_vectors));
  }

  std::size_t count() const { return wide_count_ + narrow_.count(); }

  Range operator[](std::size_t i) const {
    if (i < wide_count_) return {i * wide_vectors_ * lanes_, (i + 1) * wide_vectors_ * lanes_};
    const Range vectors = narrow_[i - wide_count_];
    const std::size_t offset = wide_count_ * wide_vectors_;
    return {(offset + vectors.begin) * lanes_, std::min(columns_, (offset + vectors.end) * lanes_)};
  }

 private:
  std::size_t columns_, lanes_, wide_vectors_, wide_count_;
  EvenParts narrow_{0, 0};
};

// Rows x columns of c, through all of the inner dimension.
template <class T>
void gemm_block(const GemmArgs<T>& g, Range rows, Range columns) {
  const GemmPanel<T> panel =
      g.a_is_transposed ? kernels<T>().gemm_panel_transposed : kernels<T>().gemm_panel;
  T* c = g.c.at(rows.begin, columns.begin);
  std::size_t inner = 0;
  do {
    const bool is_first = inner == 0;
    const T* bias = g.bias == nullptr ? nullptr : g.bias + columns.begin;
    const T* a = g.a_is_transposed ? g.a.at(inner, rows.begin) : g.a.at(rows.begin, inner);
    panel({rows.size(), columns.size(), std::min(kInnerBlock, g.k - inner), a, g.a.ld,
           g.b.at(inner, columns.begin), g.b.ld, is_first ? bias : c, is_first ? 0 : g.c.ld, c,
           g.c.ld});
    inner += kInnerBlock;
  } while (inner < g.k);
}

// Whether b is better copied than read where it lies.
template <class T>
bool competes_for_cache(const GemmArgs<T>& g) {
  return g.m >= kernels<T>().gemm_geometry.rows_worth_a_copy &&
         g.b.ld * sizeof(T) % kAliasingBytes == 0;
}

template <class T>
void copy(std::size_t rows, std::size_t columns, Matrix<const T> src, Matrix<T> dst) {
  const EqualParts bands(rows, 64);
  parallel_for(bands.count(), static_cast<double>(rows) * static_cast<double>(columns),
               [=](std::size_t i) {
                 for (std::size_t row = bands[i].begin; row < bands[i].end; ++row)
                   std::copy_n(src.at(row, 0), columns, dst.at(row, 0));
               });
}

template <class T>
void gemm_in_blocks(const GemmArgs<T>& args, const BlockEpilogue* epilogue) {
  const EvenParts row_blocks(divide_up(args.m, kRowMultiple), divide_up(args.m, kRowBlock));
  const ColumnPanels panels(kernels<T>().gemm_geometry, args.m, args.n);
  const double work =
      static_cast<double>(args.m) * static_cast<double>(args.n) * static_cast<double>(args.k);
  parallel_for(panels.count() * row_blocks.count(), work, [&](std::size_t i) {
    // Blocks that share a panel of b follow each other.
    const Range columns = panels[i / row_blocks.count()];
    const Range parts = row_blocks[i % row_blocks.count()];
    const Range rows{parts.begin * kRowMultiple, std::min(args.m, parts.end * kRowMultiple)};
    gemm_block(args, rows, columns);
    if (epilogue != nullptr) (*epilogue)(rows.begin, columns.begin, rows.size(), columns.size());
  });
}

}  // namespace

template <class T>
void gemm(const GemmArgs<T>& args, const BlockEpilogue* epilogue) {
  if (!competes_for_cache(args)) return gemm_in_blocks(args, epilogue);
  const ScratchMatrix<T> b(args.k, args.n);
  copy(args.k, args.n, args.b, b.view());
  GemmArgs<T> with_copy = args;
  with_copy.b = b.const_view();
  gemm_in_blocks(with_copy, epilogue);
}

template void gemm(const GemmArgs<float>&, const BlockEpilogue*);
template void gemm(const GemmArgs<double>&, const BlockEpilogue*);

}  // namespace fastdense
