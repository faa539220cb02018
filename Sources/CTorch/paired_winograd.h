// Convolutions of bf16 images by 3x3 windows at stride 1 with fewer multiplications, on processors that multiply pairs of bf16
// (paired_winograd_kernels.h).
#pragma once
#include "fused_convolution.h"

namespace ct {

class PairedWinogradConvolution {
 public:
  using Number = uint16_t;

  /// Whether this processor has the kernels and they take these images and this kernel.
  static bool fits(const at::Tensor &x, const at::Tensor &kernel, at::IntArrayRef stride, at::IntArrayRef padding);

  /// Lays out a kernel for which `fits` holds; its transform is rounded to bf16.
  PairedWinogradConvolution(const at::Tensor &kernel, int64_t stride);

  /// conv(x, kernel), finished with `finish` or, where batch statistics are wanted, with their moments by thread.
  at::Tensor forward(const at::Tensor &x, const Finish<uint16_t> &finish, std::vector<Moments> *moments) const;

  static void backward(const Backward &from, int64_t stride, Gradients &to);

 private:
  int64_t outputs;
  Scratch<uint16_t> weights;
};

}  // namespace ct
