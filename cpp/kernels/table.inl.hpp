// Everything an ISA offers, gathered for KernelTable.
#pragma once

#include "kernels/add.inl.hpp"
#include "kernels/elementwise.inl.hpp"
#include "kernels/gated.inl.hpp"
#include "kernels/gemm.inl.hpp"
#include "kernels/gemm_dot.inl.hpp"
#include "kernels/gemm_stream.inl.hpp"
#include "kernels/kernel_table.hpp"
#include "kernels/loss.inl.hpp"
#include "kernels/penalty.inl.hpp"
#include "kernels/random.inl.hpp"
#include "kernels/reduction.inl.hpp"
#include "kernels/rescale.inl.hpp"
#include "kernels/roofline.inl.hpp"
#include "kernels/softmax.inl.hpp"
#include "kernels/sparsemax.inl.hpp"
#include "kernels/transpose.inl.hpp"
#include "kernels/update.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

template <class T, class... Activation, class... Rule, class... Loss>
constexpr Kernels<T> kernels_of(List<Activation...>, List<Rule...>, List<Loss...>) {
  return {gemm_geometry<T>(),
          gemm_panel<T, false>,
          gemm_panel<T, true>,
          gemm_stream<T, false>,
          gemm_stream<T, true>,
          gemm_dot<T>,
          transpose<T>,
          col_sum<T>,
          {activation_kernel<T, Activation>()...},
          {softmax<T>, softmax_backward<T>},
          {log_softmax<T>, log_softmax_backward<T>},
          {sparsemax<T>, sparsemax_backward<T>},
          glu<T>,
          glu_backward<T>,
          prelu<T>,
          prelu_backward<T>,
          dropout<T>,
          apply_noise<T>,
          {update_kernel<T, Rule>()...},
          sum_of_squares<T>,
          sum_of_magnitudes<T>,
          roofline_kernels<T>(),
          add_penalty_gradient<T>,
          col_sum_squares<T>,
          scale_columns<T>,
          scale<T>,
          add<T>,
          {loss_kernel<T, Loss>...}};
}

constexpr KernelTable kernel_table(const char* isa) {
  return {isa, kernels_of<F32>(Activations{}, UpdateRules{}, Losses{}),
          kernels_of<F64>(Activations{}, UpdateRules{}, Losses{})};
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
