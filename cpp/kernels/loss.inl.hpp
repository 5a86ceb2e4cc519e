// The losses in the order of LossId.
#pragma once

#include "kernels/kernel_table.hpp"
#include "kernels/list.inl.hpp"
#include "kernels/loss/row.inl.hpp"
#include "kernels/loss_rows.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

using Losses =
    List<SumOf<SquaredError>, SumOf<AbsoluteError>, SumOf<AbsolutePercentageError>,
         SumOf<SquaredLogarithmicError>, SumOf<HuberError>, SumOf<LogCoshError>, SumOf<PoissonLoss>,
         SumOf<HingeLoss>, SumOf<SquaredHingeLoss>, SumOf<KlDivergenceLoss>,
         SumOf<BinaryCrossentropyLoss>, SumOf<BinaryCrossentropyOfLogits>,
         CrossentropyOfProbabilities<LossId::kCategoricalCrossentropy, false>,
         CrossentropyOfLogits<LossId::kCategoricalCrossentropyFromLogits, false>,
         CategoricalHingeLoss, CosineSimilarityLoss,
         CrossentropyOfProbabilities<LossId::kSparseCategoricalCrossentropy, true>,
         CrossentropyOfLogits<LossId::kSparseCategoricalCrossentropyFromLogits, true>>;

static_assert(in_order<LossId>(Losses{}), "the list of losses follows LossId");

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
