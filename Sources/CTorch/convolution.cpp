// Convolution + batch norm + residual + ReLU as one differentiable function (ct_conv_batch_norm).
//
// y = act(norm(conv(x, w)) + residual). Where convolutions of our own apply (winograd_convolution.h, paired_convolution.h) some
// images at a time go through convolution and the sums of its statistics while they lie in the cache. Backward makes the
// gradient of the convolution's output some images at a time, too, so that it never lies in memory whole.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "convolve.h"
#include "guard.h"
#include "paired_convolution.h"
#include "paired_winograd.h"
#include "parallel.h"
#include "winograd_convolution.h"

using ct::data, ct::get, ct::guarded, ct::kernels, ct::Moments, ct::Normalization, ct::NormGradient, ct::NormState, ct::optional, ct::parallel, ct::put;

namespace {

/// The statistics of a batch from those of its parts, also of the ranks of a group.
void normalize(const std::vector<Moments> &parts, const NormState &state, const std::shared_ptr<ct::Group> &group, int64_t rows, Normalization &norm) {
  const int64_t channels = state.weight.numel();
  std::vector<double> first(channels), second(channels);
  for (int64_t c = 0; c < channels; ++c) {
    // Chan, Golub & LeVeque 1983: means and sums of squares of parts, joined.
    double n = 0, mean = 0, squares = 0;
    for (const auto &part : parts) {
      if (part.n == 0) continue;
      const auto [average, sum] = part.of(c);
      const double apart = average - mean, all = n + part.n;
      squares += sum + apart * apart * n * part.n / all;
      mean += apart * part.n / all;
      n = all;
    }
    first[c] = mean, second[c] = squares;
    // Ranks meet about zero, where f64 leaves f32 data nothing to cancel.
    if (group) second[c] += n * mean * mean, first[c] *= n;
  }
  const double n = ct::join(group, rows, first, second);
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = group ? first[c] / n : first[c];
    norm.train(state, c, mean, group ? second[c] / n - mean * mean : second[c] / n, n);
  }
}

/// Convolution: one of our own.
template <class Convolution>
struct FusedConvolution : torch::autograd::Function<FusedConvolution<Convolution>> {
  using T = typename Convolution::Number;

  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &kernel, int64_t stride,
                            const std::optional<at::Tensor> &addend, const at::Tensor &weight, const at::Tensor &bias,
                            const at::Tensor &running_mean, const at::Tensor &running_var, bool training, double momentum,
                            double eps, bool relu, bool graph, const std::shared_ptr<ct::Group> &group) {
    const NormState state{weight, bias, running_mean, running_var, momentum, eps};
    const auto residual = addend.value_or(at::Tensor());
    const int64_t channels = kernel.size(0);
    Normalization norm(state);
    if (!training)
      for (int64_t c = 0; c < channels; ++c) norm.evaluate(state, c);
    const Convolution convolution(kernel, stride);
    if (!training && !graph) return convolution.forward(x, {norm.scale.data(), norm.offset.data(), data<T>(residual), relu}, nullptr);
    std::vector<Moments> parts;
    const auto middle = convolution.forward(x, {}, training ? &parts : nullptr);
    const int64_t rows = middle.numel() / channels;
    if (training) normalize(parts, state, group, rows, norm);
    auto y = at::empty_like(middle);
    parallel(rows, ct::rows_worth_a_thread, [&](int64_t, int64_t begin, int64_t end) {
      kernels<T>().apply(data<T>(middle), data<T>(residual), norm.scale.data(), norm.offset.data(), channels, begin, end, data<T>(y), relu);
    });
    if (!graph) return y;
    context->save_for_backward({x, kernel, middle, relu ? y : at::Tensor(), weight, norm.mean, norm.inverse});
    context->saved_data["stride"] = stride;
    context->saved_data["training"] = training;
    context->saved_data["relu"] = relu;
    context->saved_data["residual"] = residual.defined();
    if (group) context->saved_data["group"] = ct::Holder::keeping(group);
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &kernel = saved[1], &middle = saved[2], &y = saved[3], &weight = saved[4], &mean = saved[5];
    const bool training = context->saved_data["training"].toBool(), relu = context->saved_data["relu"].toBool();
    const bool residual = context->saved_data["residual"].toBool();
    const auto dy = gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const int64_t channels = kernel.size(0), rows = middle.numel() / channels;
    const auto [sum, dot] = ct::sums(rows, channels, [&](int64_t begin, int64_t end, double *a, double *b) {
      kernels<T>().gradient_sums(data<T>(dy), data<T>(y), data<T>(middle), data<float>(mean), channels, begin, end, a, b, relu);
    });
    const auto group = context->saved_data.count("group") ? ct::Holder::kept(context->saved_data["group"]) : nullptr;
    const NormGradient by(weight, mean, saved[6], sum, dot, rows, training, group);
    ct::Gradients to;
    // Without a ReLU the residual's gradient is dy itself.
    if (residual && relu) to.dresidual = at::empty_like(dy);
    if (context->needs_input_grad(0)) to.dx = at::empty_like(x);
    Convolution::backward({dy, y, middle, x, kernel, by, relu}, context->saved_data["stride"].toInt(), to);
    at::Tensor none;
    return {to.dx, to.dkernel, none, residual ? (relu ? to.dresidual : dy) : none, by.dweight, by.dbias, none, none, none, none, none, none, none, none};
  }
};

/// Whether what comes with the convolution lies as the kernels need it.
bool fits(const at::Tensor &x, const at::Tensor &residual, const NormState &state) {
  if (residual.defined() &&
      (!residual.is_cpu() || residual.scalar_type() != x.scalar_type() || !residual.is_contiguous(at::MemoryFormat::ChannelsLast)))
    return false;
  for (const auto *p : {&state.weight, &state.bias, &state.running_mean, &state.running_var})
    if (!p->is_cpu() || p->scalar_type() != at::kFloat || !p->is_contiguous()) return false;
  return true;
}

template <class Convolution>
at::Tensor apply_fused(const at::Tensor &x, const at::Tensor &kernel, int64_t stride, const at::Tensor &residual, const NormState &state, bool training,
                       bool relu, bool graph, const std::shared_ptr<ct::Group> &group) {
  return FusedConvolution<Convolution>::apply(x, kernel, stride, residual.defined() ? std::optional(residual) : std::nullopt, state.weight, state.bias,
                                              state.running_mean, state.running_var, training, state.momentum, state.eps, relu, graph, group);
}

}  // namespace

extern "C" ct_error *ct_conv_batch_norm(ct_tensor x, ct_tensor kernel, intptr_t stride, intptr_t pad_height, intptr_t pad_width,
                                        ct_tensor residual, ct_tensor weight, ct_tensor bias, ct_tensor running_mean,
                                        ct_tensor running_var, bool training, double momentum, double eps, bool relu,
                                        bool unfused, ct_group *group, ct_tensor *out) {
  bool direct = false;
  auto *error = guarded([&] {
    const auto &a = get(x), &k = get(kernel);
    const auto r = optional(residual);
    const NormState state{get(weight), get(bias), get(running_mean), get(running_var), momentum, eps};
    const int64_t outputs = k.dim() == 4 ? k.size(0) : 0;
    for (const auto *p : {&state.weight, &state.bias, &state.running_mean, &state.running_var})
      if (p->dim() != 1 || p->size(0) != outputs) return;  // said below
    if (unfused || a.dim() != 4 || k.dim() != 4 || a.size(1) != k.size(1)) return;
    const std::vector<int64_t> by{stride, stride}, around{pad_height, pad_width};
    const auto apply = ct::PairedWinogradConvolution::fits(a, k, by, around)      ? apply_fused<ct::PairedWinogradConvolution>
                       : ct::PairedConvolution::fits(a, k, by, around)            ? apply_fused<ct::PairedConvolution>
                       : ct::WinogradConvolution<float>::fits(a, k, by, around)    ? apply_fused<ct::WinogradConvolution<float>>
                       : ct::WinogradConvolution<uint16_t>::fits(a, k, by, around) ? apply_fused<ct::WinogradConvolution<uint16_t>>
                                                                                  : nullptr;
    if (!apply || !fits(a, r, state)) return;
    const auto side = [&](int64_t d) { return (a.size(d) + 2 * around[d - 2] - k.size(d)) / stride + 1; };
    if (r.defined() && r.sizes() != at::IntArrayRef({a.size(0), outputs, side(2), side(3)})) return;
    direct = true;
    const bool graph = at::GradMode::is_enabled() && (a.requires_grad() || k.requires_grad() || state.weight.requires_grad() || (r.defined() && r.requires_grad()));
    put(out, apply(a, k, stride, r, state, training, relu, graph, group && training ? group->group : nullptr));
  });
  if (error || direct) return error;
  at::Tensor middle;
  if (auto *failure = guarded([&] {
        const auto &a = get(x), &k = get(kernel);
        int64_t s = stride, h = pad_height, w = pad_width;
        middle = ct::convolve(a, k, at::Tensor(), {s, s}, {h, w}).contiguous(at::MemoryFormat::ChannelsLast);
      }))
    return failure;
  ct_tensor handle{&middle};
  return ct_batch_norm(handle, residual, weight, bias, running_mean, running_var, training, momentum, eps, relu, unfused, group, out);
}
