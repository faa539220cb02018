// Convolution with batch norm's running statistics folded into its weights, for evaluation: act(conv(x, w') + b' + residual)
// in one pass, with the weights laid out once for all batches.
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include "batch_norm.h"
#include "convolve.h"
#include "guard.h"
#include "winograd_convolution.h"

using namespace ct;

struct ct_folded {
  at::Tensor kernel, bias;  // of the convolution alone
  std::vector<int64_t> stride, padding;
  at::Tensor packed;                                    // oneDNN's layout, where it is used
  std::unique_ptr<ct::WinogradConvolution<float>> own;  // our own kernels, where they apply
  at::Tensor ones;
};

namespace {

at::Tensor call(const char *name, const char *overload, torch::jit::Stack stack) {
  c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).callBoxed(stack);
  return stack.at(0).toTensor();
}

bool has_onednn() { return at::hasMKLDNN() && at::globalContext().userEnabledMkldnn(); }

}  // namespace

extern "C" {

ct_error *ct_fold(ct_tensor kernel, intptr_t stride, intptr_t pad_height, intptr_t pad_width, ct_tensor weight, ct_tensor bias,
                  ct_tensor running_mean, ct_tensor running_var, double eps, ct_tensor like, ct_folded **out) {
  return guarded([&] {
    at::NoGradGuard none;
    const auto &k = get(kernel), &x = get(like);
    const NormState state{get(weight), get(bias), get(running_mean), get(running_var), 0, eps};
    TORCH_CHECK(k.dim() == 4 && x.dim() == 4 && x.size(1) == k.size(1), "a kernel ", k.sizes(), " does not fit images ", x.sizes());
    TORCH_CHECK(stride > 0 && pad_height >= 0 && pad_width >= 0, "stride ", stride, " and padding ", pad_height, ", ", pad_width, " are no convolution");
    for (const auto *p : {&state.weight, &state.bias, &state.running_mean, &state.running_var})
      TORCH_CHECK(p->dim() == 1 && p->size(0) == k.size(0), "batch norm of ", k.size(0), " channels got a parameter ", p->sizes());
    auto folded = std::make_unique<ct_folded>();
    const auto scale = state.weight / (state.running_var + eps).sqrt();
    folded->kernel = (k * scale.reshape({-1, 1, 1, 1})).contiguous(at::MemoryFormat::ChannelsLast);
    folded->bias = (state.bias - state.running_mean * scale).contiguous();
    folded->stride = {stride, stride};
    folded->padding = {pad_height, pad_width};
    if (x.is_cpu() && x.scalar_type() == at::kFloat && folded->kernel.scalar_type() == at::kFloat) {
      if (WinogradConvolution<float>::fits(x, folded->kernel, folded->stride, folded->padding)) {
        folded->own = std::make_unique<WinogradConvolution<float>>(folded->kernel, stride);
        folded->ones = at::ones_like(folded->bias);
      } else if (has_onednn()) {
        folded->packed = call("mkldnn::_reorder_convolution_weight", "",
                              {folded->kernel, folded->padding, folded->stride, std::vector<int64_t>{1, 1}, 1, x.sizes().vec()});
      }
    }
    *out = folded.release();
  });
}

void ct_folded_free(ct_folded *folded) { delete folded; }

ct_error *ct_folded_convolution(const ct_folded *folded, ct_tensor x, ct_tensor residual, bool relu, ct_tensor *out) {
  return guarded([&] {
    at::NoGradGuard none;
    const auto &by = *folded;
    const auto a = get(x).contiguous(at::MemoryFormat::ChannelsLast);
    auto r = optional(residual);
    if (r.defined()) r = r.contiguous(at::MemoryFormat::ChannelsLast);
    TORCH_CHECK(a.dim() == 4 && a.size(1) == by.kernel.size(1), "a kernel ", by.kernel.sizes(), " does not fit images ", a.sizes());
    const bool usual = a.is_cpu() && a.scalar_type() == at::kFloat && a.numel() > 0;
    if (usual && by.own && WinogradConvolution<float>::fits(a, by.kernel, by.stride, by.padding))
      return put(out, by.own->forward(a, {data<float>(by.ones), data<float>(by.bias), data<float>(r), relu}, nullptr));
    if (usual && by.packed.defined()) {
      const c10::List<std::optional<at::Scalar>> no_scalars;
      const std::vector<int64_t> dilation{1, 1};
      if (!r.defined())
        return put(out, call("mkldnn::_convolution_pointwise", "",
                             {a, by.packed, by.bias, by.padding, by.stride, dilation, 1, relu ? "relu" : "none", no_scalars, at::IValue()}));
      return put(out, call("mkldnn::_convolution_pointwise", "binary",
                           {a, r, by.packed, by.bias, by.padding, by.stride, dilation, 1, "add", at::Scalar(1.0),
                            relu ? at::IValue("relu") : at::IValue(), no_scalars, at::IValue()}));
    }
    auto y = convolve(a, by.kernel, by.bias, by.stride, by.padding);
    if (r.defined()) y = y + r;
    put(out, relu ? y.relu_() : y);
  });
}

}  // extern "C"
