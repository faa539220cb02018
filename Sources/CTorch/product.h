// Products of matrices by the library that is faster here.
#pragma once
#include <ATen/core/Tensor.h>

namespace ct {

/// x y as LibTorch's matmul has it.
at::Tensor product(const at::Tensor &x, const at::Tensor &y);

}  // namespace ct
