#include "ops/gemm.hpp"

#include <algorithm>

#include "ops/partition.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"
#include "runtime/workspace.hpp"

namespace fastdense {
namespace {

// Inner block: a panel of 64 floats x 512 is 128 KB, which stays in L2 while the rows of c go by.
constexpr std::size_t kInnerBlock = 512;
// Rows of c between epilogues: 96 x 64 floats are still in L1 then. A multiple of every tile's
// height but 8 x 3 vectors'.
constexpr std::size_t kRowBlock = 96;
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

// The ways to c = a bᵀ.
enum class TransposedB {
  kDotProducts,     // rows of a times rows of b, read where they lie
  kTransposeB,      // bᵀ into scratch, then an ordinary product
  kTransposeAAndC,  // cᵀ = b aᵀ, which needs two small transpositions instead of a large one
};

TransposedB choose_transposed_b(std::size_t m, std::size_t n, std::size_t k) {
  // Below this many rows of a, a transposition costs more than the product.
  constexpr std::size_t kFewRows = 6;
  if (m <= kFewRows) return TransposedB::kDotProducts;
  return m * (n + k) < n * k ? TransposedB::kTransposeAAndC : TransposedB::kTransposeB;
}

// Rows between equal columns of scratch: not a multiple of 4 KB, whose lines would all compete for
// the same few places in L1.
template <class T>
std::size_t scratch_ld(std::size_t columns) {
  constexpr std::size_t kLine = 64 / sizeof(T);
  const std::size_t lines = divide_up(columns, kLine);
  return (lines % 2 == 0 ? lines + 1 : lines) * kLine;
}

template <class T>
void transpose(std::size_t rows, std::size_t cols, Matrix<const T> src, Matrix<T> dst) {
  // Bands tall enough for whole cache lines of dst.
  const EqualParts bands(rows, 64);
  parallel_for(bands.count(), static_cast<double>(rows) * static_cast<double>(cols),
               [=](std::size_t i) {
                 const Range band = bands[i];
                 kernels<T>().transpose(band.size(), cols, src.at(band.begin, 0), src.ld,
                                        dst.at(0, band.begin), dst.ld);
               });
}

template <class T>
class TransposeBlock final : public BlockEpilogue {
 public:
  TransposeBlock(Matrix<T> src, Matrix<T> dst) : src_(src), dst_(dst) {}
  void operator()(std::size_t row, std::size_t column, std::size_t rows,
                  std::size_t cols) const override {
    kernels<T>().transpose(rows, cols, src_.at(row, column), src_.ld, dst_.at(column, row),
                           dst_.ld);
  }

 private:
  Matrix<T> src_, dst_;
};

template <class T>
void gemm_dot(std::size_t m, std::size_t n, std::size_t k, Matrix<const T> a, Matrix<const T> b,
              Matrix<T> c) {
  const EqualParts columns(n, 64);
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  parallel_for(columns.count(), work, [=](std::size_t i) {
    const Range part = columns[i];
    kernels<T>().gemm_dot(m, part.size(), k, a.data, a.ld, b.at(part.begin, 0), b.ld,
                          c.at(0, part.begin), c.ld);
  });
}

}  // namespace

template <class T>
void gemm(const GemmArgs<T>& args, const BlockEpilogue* epilogue) {
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

template <class T>
void gemm_transposed_b(std::size_t m, std::size_t n, std::size_t k, Matrix<const T> a,
                       Matrix<const T> b, Matrix<T> c) {
  switch (choose_transposed_b(m, n, k)) {
    case TransposedB::kDotProducts:
      return gemm_dot(m, n, k, a, b, c);
    case TransposedB::kTransposeB: {
      const Scratch<T> scratch(k * scratch_ld<T>(n));
      const Matrix<T> bt{scratch.data(), scratch_ld<T>(n)};
      transpose(n, k, b, bt);
      return gemm<T>({m, n, k, a, false, {bt.data, bt.ld}, nullptr, c}, nullptr);
    }
    case TransposedB::kTransposeAAndC: {
      const std::size_t ld = scratch_ld<T>(m);
      const Scratch<T> at_scratch(k * ld);
      const Scratch<T> ct_scratch(n * ld);
      const Matrix<T> at{at_scratch.data(), ld};
      const Matrix<T> ct{ct_scratch.data(), ld};
      transpose(m, k, a, at);
      const TransposeBlock<T> into_c(ct, c);
      return gemm<T>({n, m, k, b, false, {at.data, at.ld}, nullptr, ct}, &into_c);
    }
  }
}

template void gemm(const GemmArgs<float>&, const BlockEpilogue*);
template void gemm(const GemmArgs<double>&, const BlockEpilogue*);
template void gemm_transposed_b(std::size_t, std::size_t, std::size_t, Matrix<const float>,
                                Matrix<const float>, Matrix<float>);
template void gemm_transposed_b(std::size_t, std::size_t, std::size_t, Matrix<const double>,
                                Matrix<const double>, Matrix<double>);

}  // namespace fastdense
