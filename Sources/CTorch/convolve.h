// The convolution that every network here takes where no kernel of our own applies.
#pragma once
#include <ATen/core/Tensor.h>

#include "ctorch.h"

namespace ct {

/// LibTorch's, with the kernel brought to x's type; bf16 is computed in f32 on processors that do not multiply it.
at::Tensor convolve(const at::Tensor &x, const at::Tensor &kernel, const at::Tensor &bias, at::IntArrayRef stride, at::IntArrayRef padding);

}  // namespace ct
