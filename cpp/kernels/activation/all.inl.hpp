// The activations in the order of ActivationId.
#pragma once

#include "kernels/activation/exponential.inl.hpp"
#include "kernels/activation/gated.inl.hpp"
#include "kernels/activation/hard.inl.hpp"
#include "kernels/activation/piecewise.inl.hpp"
#include "kernels/activation/sigmoidal.inl.hpp"
#include "kernels/list.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

using Activations = List<Linear, Relu, ClippedRelu, LeakyRelu, Relu6, Elu, Selu, Celu, Gelu,
                         GeluTanh, Silu, LogisticSigmoid, HardSigmoid, HardSilu, HyperbolicTangent,
                         HardTanh, TanhShrink, Softplus, Softsign, LogSigmoid, Exponential, Mish,
                         Squareplus, HardShrink, SoftShrink, Threshold, SparsePlus, SparseSigmoid>;

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
