// Our own convolution kernels, for evaluation with weights laid out once.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

namespace ct {

/// 3x3 at stride 1 and padding 1 of f32 images, then + bias, + residual, ReLU.
class DirectConvolution {
 public:
  /// Whether this processor has the kernels and they take these images and this kernel.
  static bool fits(const at::Tensor &x, const at::Tensor &kernel, at::IntArrayRef stride, at::IntArrayRef padding);

  /// Lays out a kernel [o, i, 3, 3] for which `fits` holds.
  DirectConvolution(const at::Tensor &kernel, const at::Tensor &bias);

  /// x [n, i, h, w] and the residual [n, o, h, w] (or none) are channels-last.
  at::Tensor operator()(const at::Tensor &x, const at::Tensor &residual, bool relu) const;

 private:
  at::Tensor transformed, ones, bias;
};

}  // namespace ct
