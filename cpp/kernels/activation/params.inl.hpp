// What every activation is: a struct with
//   kId, kGradientFrom,
//   Forward(x, p): the value,
//   Gradient(saved, p): the derivative, from the input or from the value as kGradientFrom says.
// Definitions are Keras', accuracy is 2 ULP over all float32 inputs unless said otherwise,
// derivatives at kinks are torch's.
#pragma once

#include "kernels/activation_id.hpp"
#include "kernels/simd/vec_types.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

// The parameters of an activation in the order in which its comment names them.
template <class T>
struct Params {
  T p[3];
};

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
