// The losses in the order of LossId.
#pragma once

#include "kernels/kernel_table.hpp"
#include "kernels/loss/row.inl.hpp"
#include "kernels/loss_rows.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class... F>
struct LossList {};

using Losses =
    LossList<SumOf<SquaredError>, SumOf<AbsoluteError>, SumOf<AbsolutePercentageError>,
             SumOf<SquaredLogarithmicError>, SumOf<HuberError>, SumOf<LogCoshError>,
             SumOf<PoissonLoss>, SumOf<HingeLoss>, SumOf<SquaredHingeLoss>, SumOf<KlDivergenceLoss>,
             SumOf<BinaryCrossentropyLoss>, SumOf<BinaryCrossentropyOfLogits>,
             CrossentropyOfProbabilities<LossId::kCategoricalCrossentropy, false>,
             CrossentropyOfLogits<LossId::kCategoricalCrossentropyFromLogits, false>,
             CategoricalHingeLoss, CosineSimilarityLoss,
             CrossentropyOfProbabilities<LossId::kSparseCategoricalCrossentropy, true>,
             CrossentropyOfLogits<LossId::kSparseCategoricalCrossentropyFromLogits, true>>;

template <class... Loss>
constexpr bool in_order(LossList<Loss...>) {
  int next = 0;
  return ((static_cast<int>(Loss::kId) == next++) && ...) &&
         next == static_cast<int>(LossId::kCount);
}
static_assert(in_order(Losses{}), "the list of losses follows LossId");

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
