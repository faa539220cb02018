#include "product.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>

namespace {

/// LibTorch multiplies f32 matrices by MKL, which takes no AVX-512 on processors other than Intel's: there it reaches half of oneDNN's
/// rate. Where there is only AVX2 it is the faster one (`separatrix bench matmul` shows both).
bool is_slow_here() {
#if defined(__x86_64__)
  static const bool slow = at::hasMKL() && at::hasMKLDNN() && !__builtin_cpu_is("intel") && __builtin_cpu_supports("avx512f");
  return slow;
#else
  return false;
#endif
}

/// Thin products wait for memory, whichever library forms them.
constexpr int64_t thin = 48;

}  // namespace

at::Tensor ct::product(const at::Tensor &x, const at::Tensor &y) {
  const bool takes = x.is_cpu() && y.is_cpu() && x.scalar_type() == at::kFloat && y.scalar_type() == at::kFloat && x.dim() == 2 && y.dim() == 2 &&
                     x.size(1) == y.size(0) && std::min({x.size(0), x.size(1), y.size(1)}) >= thin;
  const bool differentiates = at::GradMode::is_enabled() && (x.requires_grad() || y.requires_grad());
  if (!takes || differentiates || !is_slow_here() || !at::globalContext().userEnabledMkldnn()) return x.matmul(y);
  static const auto linear = c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "");
  torch::jit::Stack stack{x, y.t(), at::IValue(), "none", c10::List<std::optional<at::Scalar>>(), at::IValue("")};
  linear.callBoxed(stack);
  return stack.at(0).toTensor();
}
