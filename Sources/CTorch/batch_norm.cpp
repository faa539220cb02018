// Batch norm + residual + ReLU as one differentiable function (ct_batch_norm).
//
// y = act(gamma (x - mean) / sqrt(var + eps) + beta + residual). With g = dy masked by the ReLU, n rows,
// s = gamma / sqrt(var + eps), xh = (x - mean) / sqrt(var + eps):
//   dbeta = sum g, dgamma = sum g xh, dx = s (g - mean(g) - xh mean(g xh)), dresidual = g.
// With a group, n, the means and the variance are those of all ranks' rows: the sums behind them are summed over the
// ranks, in f64. dbeta and dgamma stay the rank's own, to be summed with all other gradients.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <utility>

#include "batch_norm.h"
#include "guard.h"
#include "kernels.h"
#include "parallel.h"
#include "process_group.h"

double ct::join(const std::shared_ptr<Group> &group, int64_t rows, std::vector<double> &a, std::vector<double> &b) {
  const auto n = static_cast<double>(rows);
  if (!group) return n;
  const auto channels = static_cast<int64_t>(a.size());
  auto all = at::empty({2 * channels + 1}, at::kDouble);
  auto *place = all.data_ptr<double>();
  std::copy(a.begin(), a.end(), place);
  std::copy(b.begin(), b.end(), place + channels);
  place[2 * channels] = n;
  auto reduction = ct::Reduction::start(group, all, ct_reduce_sum);
  reduction.wait();
  std::copy(place, place + channels, a.begin());
  std::copy(place + channels, place + 2 * channels, b.begin());
  return place[2 * channels];
}

namespace {

using GroupPointer = std::shared_ptr<ct::Group>;

struct Geometry {
  int64_t rows, channels;
  explicit Geometry(const at::Tensor &x) : rows(x.size(0) * x.size(2) * x.size(3)), channels(x.size(1)) {}
};

template <class T>
T *data(const at::Tensor &a) { return a.defined() ? static_cast<T *>(a.data_ptr()) : nullptr; }

template <class T>
at::Tensor forward(const at::Tensor &x, const at::Tensor &residual, const ct::NormState &state, bool training, bool relu,
                   const GroupPointer &group, ct::Normalization &norm) {
  const Geometry g(x);
  const auto &k = ct::kernels<T>();
  if (training) {
    // Sums are taken about the first row: no cancellation when |mean| is far above the deviation.
    const auto origin = x.permute({0, 2, 3, 1}).reshape({g.rows, g.channels})[0].to(at::kFloat, false, true).contiguous();
    const auto center = data<float>(origin);
    auto [first, second] = ct::sums(g.rows, g.channels, [&](int64_t begin, int64_t end, double *a, double *b) {
      k.statistics(data<T>(x), center, g.channels, begin, end, a, b);
    });
    // Ranks have first rows of their own: their sums meet about zero, where f64 leaves f32 data nothing to cancel.
    for (int64_t c = 0; group && c < g.channels; ++c) {
      const double start = std::exchange(center[c], 0.0f), own = static_cast<double>(g.rows);
      second[c] += start * (2 * first[c] + own * start);
      first[c] += own * start;
    }
    const double n = ct::join(group, g.rows, first, second);
    for (int64_t c = 0; c < g.channels; ++c) {
      const double shift = first[c] / n;
      norm.train(state, c, center[c] + shift, second[c] / n - shift * shift, n);
    }
  } else {
    for (int64_t c = 0; c < g.channels; ++c) norm.evaluate(state, c);
  }
  auto y = at::empty_like(x);
  ct::parallel(g.rows, ct::rows_worth_a_thread, [&](int64_t, int64_t begin, int64_t end) {
    k.apply(data<T>(x), data<T>(residual), norm.scale.data(), norm.offset.data(), g.channels, begin, end, data<T>(y), relu);
  });
  return y;
}

template <class T>
ct::NormGradient backward(const at::Tensor &dy, const at::Tensor &y, const at::Tensor &x, const at::Tensor &weight,
                          const at::Tensor &mean, const at::Tensor &inverse, bool training, bool relu,
                          const GroupPointer &group, at::Tensor &dx, at::Tensor &dresidual) {
  const Geometry g(x);
  const auto &k = ct::kernels<T>();
  auto [sum, dot] = ct::sums(g.rows, g.channels, [&](int64_t begin, int64_t end, double *a, double *b) {
    k.gradient_sums(data<T>(dy), data<T>(y), data<T>(x), data<float>(mean), g.channels, begin, end, a, b, relu);
  });
  ct::NormGradient by(weight, mean, inverse, sum, dot, g.rows, training, group);
  ct::parallel(g.rows, ct::rows_worth_a_thread, [&](int64_t, int64_t begin, int64_t end) {
    k.gradient(data<T>(dy), data<T>(y), data<T>(x), by.scale.data(), by.slope.data(), by.offset.data(), g.channels, begin, end,
               data<T>(dx), data<T>(dresidual), relu);
  });
  return by;
}

struct FusedBatchNorm : torch::autograd::Function<FusedBatchNorm> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x,
                            const std::optional<at::Tensor> &addend, const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &running_mean,
                            const at::Tensor &running_var, bool training, double momentum, double eps, bool relu,
                            const GroupPointer &group) {
    const ct::NormState state{weight, bias, running_mean, running_var, momentum, eps};
    ct::Normalization norm(state);
    const auto residual = addend.value_or(at::Tensor());
    auto run = x.scalar_type() == at::kFloat ? ::forward<float> : ::forward<uint16_t>;
    auto y = run(x, residual, state, training, relu, group, norm);
    context->save_for_backward({x, relu ? y : at::Tensor(), weight, norm.mean, norm.inverse});
    context->saved_data["training"] = training;
    context->saved_data["relu"] = relu;
    context->saved_data["residual"] = residual.defined();
    if (group) context->saved_data["group"] = ct::Holder::keeping(group);
    return y;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    auto saved = context->get_saved_variables();
    auto x = saved[0], y = saved[1];
    auto dy = gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const bool residual = context->saved_data["residual"].toBool(), relu = context->saved_data["relu"].toBool();
    auto dx = at::empty_like(x);
    // Without a ReLU the residual's gradient is dy itself.
    auto dresidual = !residual ? at::Tensor() : relu ? at::empty_like(x) : dy;
    auto written = relu ? dresidual : at::Tensor();
    auto run = x.scalar_type() == at::kFloat ? ::backward<float> : ::backward<uint16_t>;
    const auto group = context->saved_data.count("group") ? ct::Holder::kept(context->saved_data["group"]) : nullptr;
    const auto by = run(dy, y, x, saved[2], saved[3], saved[4], context->saved_data["training"].toBool(), relu, group, dx, written);
    at::Tensor none;
    return {dx, dresidual, by.dweight, by.dbias, none, none, none, none, none, none, none};
  }
};

/// Batch norm of all ranks' rows, composed of LibTorch's operators in f64; gradients follow from theirs.
at::Tensor synchronized(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias,
                        const at::Tensor &running_mean, const at::Tensor &running_var, double momentum, double eps,
                        const GroupPointer &group) {
  const auto channels = x.size(1);
  const std::vector<int64_t> over{0, 2, 3}, shape{1, channels, 1, 1};
  const auto wide = x.to(at::kDouble);
  const auto rows = at::full({1}, static_cast<double>(x.numel() / channels), wide.options());
  const auto first = ct::tracked_sum(group, at::cat({wide.sum(over), rows}));
  const auto n = first.detach().narrow(0, channels, 1);
  const auto mean = first.narrow(0, 0, channels) / n;
  const auto centered = wide - mean.view(shape);
  const auto variance = ct::tracked_sum(group, centered.square().sum(over)) / n;
  {
    at::NoGradGuard none;
    running_mean.mul_(1 - momentum).add_(mean.to(running_mean.scalar_type()), momentum);
    const auto unbiased = variance * (n / at::clamp_min(n - 1, 1));
    running_var.mul_(1 - momentum).add_(unbiased.to(running_var.scalar_type()), momentum);
  }
  const auto scale = (variance + eps).rsqrt() * weight.to(at::kDouble);
  return (centered * scale.view(shape) + bias.to(at::kDouble).view(shape)).to(x.scalar_type());
}

bool fits(const at::Tensor &a) {
  return a.is_cpu() && a.dim() == 4 && a.is_contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

using namespace ct;

extern "C" ct_error *ct_batch_norm(ct_tensor x, ct_tensor residual, ct_tensor weight, ct_tensor bias,
                                   ct_tensor running_mean, ct_tensor running_var, bool training, double momentum,
                                   double eps, bool relu, bool unfused, ct_group *group, ct_tensor *out) {
  return guarded([&] {
    const auto &a = get(x), &w = get(weight), &b = get(bias), &rm = get(running_mean), &rv = get(running_var);
    auto r = optional(residual);
    TORCH_CHECK(a.dim() == 4, "batch norm needs [n, c, h, w], got ", a.sizes());
    for (const auto *vector : {&w, &b, &rm, &rv}) {
      const auto &p = *vector;
      TORCH_CHECK(p.dim() == 1 && p.size(0) == a.size(1), "batch norm of ", a.size(1), " channels got a parameter ", p.sizes());
      TORCH_CHECK(p.device() == a.device(), "batch norm on ", a.device(), " got a parameter on ", p.device());
      TORCH_CHECK(p.scalar_type() == w.scalar_type(), "batch norm's parameters are of mixed types ", w.scalar_type(), " and ", p.scalar_type());
    }
    TORCH_CHECK(!r.defined() || r.sizes() == a.sizes(), "residual ", r.sizes(), " does not fit ", a.sizes());
    const bool half = a.scalar_type() == at::kBFloat16;
    const bool fused = !unfused && (half || a.scalar_type() == at::kFloat) && a.size(1) % 16 == 0 && a.numel() > 0 && fits(a) &&
                       w.scalar_type() == at::kFloat && w.is_contiguous() && b.is_contiguous() &&
                       rm.is_contiguous() && rv.is_contiguous() &&
                       (!r.defined() || (fits(r) && r.scalar_type() == a.scalar_type()));
    const GroupPointer ranks = group && training ? group->group : nullptr;
    if (fused) return put(out, FusedBatchNorm::apply(a, r.defined() ? std::optional(r) : std::nullopt, w, b, rm, rv, training, momentum, eps, relu, ranks));
    TORCH_CHECK(!ranks || a.numel() > 0, "batch norm of no images over several processes");
    // Elsewhere than on the processor cuDNN is wanted where there is one, and no memory beyond the result's.
    auto y = ranks ? synchronized(a, w, b, rm, rv, momentum, eps, ranks)
                   : at::batch_norm(a, w, b, rm, rv, training, momentum, eps, !a.is_cpu());
    if (r.defined()) y = a.is_cpu() ? y + r : y.add_(r);
    put(out, !relu ? y : a.is_cpu() ? y.relu() : y.relu_());
  });
}
