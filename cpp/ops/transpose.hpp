// Whole matrices transposed.
#pragma once

#include "ops/gemm.hpp"
#include "ops/partition.hpp"
#include "runtime/isa.hpp"
#include "runtime/parallel.hpp"

namespace fastdense {

// dst (cols x rows) = transpose of src (rows x cols); overwrites.
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

}  // namespace fastdense
