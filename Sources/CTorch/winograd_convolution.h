// Convolutions by 3x3 windows at stride 1 in f32 or bf16, with products in f32 (winograd_kernels.h).
#pragma once
#include "fused_convolution.h"

namespace ct {

/// T is float or uint16_t (the bits of a bf16).
template <class T>
class WinogradConvolution {
 public:
  using Number = T;

  /// Whether this processor has the kernels and they take these images and this kernel.
  static bool fits(const at::Tensor &x, const at::Tensor &kernel, at::IntArrayRef stride, at::IntArrayRef padding);

  /// Lays out a kernel for which `fits` holds.
  WinogradConvolution(const at::Tensor &kernel, int64_t stride);

  /// conv(x, kernel), finished with `finish` or, where batch statistics are wanted, with their moments by thread.
  at::Tensor forward(const at::Tensor &x, const Finish<T> &finish, std::vector<Moments> *moments) const;

  static void backward(const Backward &from, int64_t stride, Gradients &to);

 private:
  int64_t outputs;
  Scratch<float> transformed;
};

}  // namespace ct
