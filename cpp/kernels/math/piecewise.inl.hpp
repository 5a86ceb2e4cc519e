// Smooth float32 functions as sixteen polynomials whose coefficients are looked up in registers.
#pragma once

#include "kernels/simd/vec_types.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// Piece i is for the a >= 0 for which a (linear + square a) is nearest to i: pieces are as wide as
// the function allows. Each is a polynomial in a - centre[i]. A centre is a float32 at which the
// function, the first coefficient, is within a hundredth of an ulp of a float32 too, so that only
// the last rounding counts.
template <size_t kTerms>
struct PiecewiseTable {
  F32 linear;
  F32 square;
  F32 centre[16];
  F32 coefficient[kTerms][16];
};

template <size_t kFirst = 0, size_t kTerms>
FASTDENSE_INLINE VF32 PieceAt(VF32 distance, VU32 piece, const PiecewiseTable<kTerms>& table) {
  const VF32 coefficient = Lookup16(table.coefficient[kFirst], piece);
  if constexpr (kFirst + 1 == kTerms) {
    return coefficient;
  } else {
    return MulAdd(PieceAt<kFirst + 1>(distance, piece, table), distance, coefficient);
  }
}

// The function at a, where a is NaN or lies in a piece.
template <size_t kTerms>
FASTDENSE_INLINE VF32 Piecewise(VF32 a, const PiecewiseTable<kTerms>& table) {
  const VF32 place = MulAdd(a, Set(table.square), Set(table.linear));
  // The sum is so large that its last bits count ones.
  const VU32 piece = Bits(MulAdd(a, place, Set(0x1.8p23F)));
  return PieceAt(a - Lookup16(table.centre, piece), piece, table);
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
