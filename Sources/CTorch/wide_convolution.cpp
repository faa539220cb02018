// Convolution of bf16 images in f32, for processors that do not multiply bf16: there oneDNN's bf16 takes longer
// than its f32, or is no part of it at all. Some images at a time are widened, so that their f32 copies stay in the cache.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "convolve.h"
#include "guard.h"

namespace {

using at::IntArrayRef;
using at::MemoryFormat;

struct WideConvolution : torch::autograd::Function<WideConvolution> {
  /// Images whose numbers, in and out, take some four megabytes in f32.
  static int64_t share(const at::Tensor &x, const at::Tensor &y) {
    return std::max<int64_t>(1, (1 << 20) * x.size(0) / std::max<int64_t>(1, x.numel() + y.numel()));
  }
  static at::Tensor widened(const at::Tensor &a, int64_t first, int64_t count) {
    return a.narrow(0, first, count).to(at::kFloat, false, false, MemoryFormat::ChannelsLast);
  }
  /// The weights as bf16 has them.
  static at::Tensor rounded(const at::Tensor &kernel) { return kernel.to(at::kBFloat16).to(at::kFloat); }

  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &kernel,
                            const std::optional<at::Tensor> &bias, IntArrayRef stride, IntArrayRef padding) {
    const auto k = rounded(kernel);
    const auto size = [&](int64_t d) { return (x.size(d + 2) + 2 * padding[d] - k.size(d + 2)) / stride[d] + 1; };
    auto y = at::empty({x.size(0), k.size(0), size(0), size(1)}, x.options(), MemoryFormat::ChannelsLast);
    const int64_t step = share(x, y);
    for (int64_t i = 0; i < x.size(0); i += step) {
      const int64_t count = std::min(step, x.size(0) - i);
      y.narrow(0, i, count).copy_(at::conv2d(widened(x, i, count), k, bias, stride, padding));
    }
    context->save_for_backward({x, kernel});
    context->saved_data["stride"] = stride.vec();
    context->saved_data["padding"] = padding.vec();
    context->saved_data["bias"] = bias.has_value();
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &kernel = saved[1], &dy = gradients[0];
    const auto stride = context->saved_data["stride"].toIntVector(), padding = context->saved_data["padding"].toIntVector();
    const bool bias = context->saved_data["bias"].toBool(), wants = context->needs_input_grad(0);
    const auto k = rounded(kernel);
    auto dx = wants ? at::empty_like(x) : at::Tensor();
    at::Tensor dkernel, dbias;
    const int64_t step = share(x, dy);
    for (int64_t i = 0; i < x.size(0); i += step) {
      const int64_t count = std::min(step, x.size(0) - i);
      const auto [a, b, c] = at::convolution_backward(widened(dy, i, count), widened(x, i, count), k, IntArrayRef({k.size(0)}), stride,
                                                      padding, IntArrayRef({1, 1}), false, IntArrayRef({0, 0}), 1, {wants, true, bias});
      if (wants) dx.narrow(0, i, count).copy_(a);
      dkernel = dkernel.defined() ? dkernel.add_(b) : b.clone();
      if (bias) dbias = dbias.defined() ? dbias.add_(c) : c.clone();
    }
    return {dx, dkernel.to(kernel.scalar_type()), dbias, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor ct::convolve(const at::Tensor &x, const at::Tensor &kernel, const at::Tensor &bias, IntArrayRef stride, IntArrayRef padding) {
  same_device(x, kernel);
  // With AVX2, oneDNN (in LibTorch 2.13) gives wrong gradients of 1x1 weights at a stride, or breaks the heap, where the
  // channels of channels-last images are no multiple of 8. At stride 1, from the pixels that count, it does not.
  if (x.is_cpu() && x.dim() == 4 && kernel.dim() == 4 && kernel.size(2) == 1 && kernel.size(3) == 1 && x.size(1) % 8 != 0 &&
      stride[0] > 0 && stride[1] > 0 && stride[0] * stride[1] > 1 && padding[0] == 0 && padding[1] == 0) {
    const auto seen = x.slice(2, 0, x.size(2), stride[0]).slice(3, 0, x.size(3), stride[1]);
    return convolve(seen.contiguous(x.suggest_memory_format()), kernel, bias, {1, 1}, padding);
  }
  const auto b = bias.defined() ? std::optional(bias.to(x.scalar_type())) : std::nullopt;
  const bool wide = x.is_cpu() && x.scalar_type() == at::kBFloat16 && x.dim() == 4 && kernel.dim() == 4 && x.size(0) > 0 &&
                    x.size(1) == kernel.size(1) && !ct_has_bf16();
  if (wide)
    for (int d = 0; d < 2; ++d)
      TORCH_CHECK(stride[d] > 0 && padding[d] >= 0 && x.size(d + 2) + 2 * padding[d] >= kernel.size(d + 2), "a window of ",
                  kernel.sizes(), " does not fit images ", x.sizes(), " padded by ", padding);
  if (wide) return WideConvolution::apply(x, kernel, b ? std::optional(b->to(at::kFloat)) : b, stride, padding);
  return at::conv2d(x, kernel.to(x.scalar_type()), b, stride, padding);
}
