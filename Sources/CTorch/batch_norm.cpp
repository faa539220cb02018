// Batch norm + residual + ReLU as one differentiable function (ct_batch_norm).
//
// y = act(gamma (x - mean) / sqrt(var + eps) + beta + residual). With g = dy masked by the ReLU, n rows,
// s = gamma / sqrt(var + eps), xh = (x - mean) / sqrt(var + eps):
//   dbeta = sum g, dgamma = sum g xh, dx = s (g - mean(g) - xh mean(g xh)), dresidual = g.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "guard.h"
#include "parallel.h"

// Vectors never cross a translation unit here, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

namespace {

typedef float v16f __attribute__((vector_size(64)));
typedef uint32_t v16u __attribute__((vector_size(64)));
typedef uint16_t v16h __attribute__((vector_size(32)));

template <class T>
struct Kernels {
  void (*statistics)(const T *, const float *, int64_t, int64_t, int64_t, double *, double *);
  void (*apply)(const T *, const T *, const float *, const float *, int64_t, int64_t, int64_t, T *, bool);
  void (*gradient_sums)(const T *, const T *, const T *, const float *, int64_t, int64_t, int64_t, double *, double *, bool);
  void (*gradient)(const T *, const T *, const T *, const float *, const float *, const float *, int64_t, int64_t, int64_t, T *, T *, bool);
};

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
namespace avx512 {
#include "batch_norm_kernels.h"
}
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace avx2 {
#include "batch_norm_kernels.h"
}
#pragma clang attribute pop
#endif
namespace portable {
#include "batch_norm_kernels.h"
}

template <class T>
const Kernels<T> &kernels() {
#if defined(__x86_64__)
  static const Kernels<T> chosen = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                                       ? avx512::kernels<T>()
                                   : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? avx2::kernels<T>()
                                                                                                      : portable::kernels<T>();
#else
  static const Kernels<T> chosen = portable::kernels<T>();
#endif
  return chosen;
}

constexpr int64_t grain = 512;  // rows worth a thread

/// Two sums per channel over all rows, a share of the rows at a time.
template <class Share>
std::pair<std::vector<double>, std::vector<double>> sums(int64_t rows, int64_t channels, const Share &share) {
  const auto parts = ct::part_limit();
  std::vector<double> a(parts * channels), b(parts * channels);
  ct::parallel(rows, grain, [&](int64_t part, int64_t begin, int64_t end) {
    share(begin, end, a.data() + part * channels, b.data() + part * channels);
  });
  for (int64_t part = 1; part < parts; ++part)
    for (int64_t c = 0; c < channels; ++c) {
      a[c] += a[part * channels + c];
      b[c] += b[part * channels + c];
    }
  return {std::move(a), std::move(b)};
}

struct Geometry {
  int64_t rows, channels;
  explicit Geometry(const at::Tensor &x) : rows(x.size(0) * x.size(2) * x.size(3)), channels(x.size(1)) {}
};

template <class T>
T *data(const at::Tensor &a) { return a.defined() ? static_cast<T *>(a.data_ptr()) : nullptr; }

template <class T>
at::Tensor forward(const at::Tensor &x, const at::Tensor &residual, const at::Tensor &weight, const at::Tensor &bias,
                   const at::Tensor &running_mean, const at::Tensor &running_var, bool training, double momentum,
                   double eps, bool relu, at::Tensor &mean, at::Tensor &scale_inverse) {
  const Geometry g(x);
  const auto &k = kernels<T>();
  mean = at::empty({g.channels}, weight.options());
  scale_inverse = at::empty({g.channels}, weight.options());
  auto m = data<float>(mean), inverse = data<float>(scale_inverse);
  auto rm = data<float>(running_mean), rv = data<float>(running_var);
  if (training) {
    // Sums are taken about the first row: no cancellation when |mean| is far above the deviation.
    const auto origin = x.permute({0, 2, 3, 1}).reshape({g.rows, g.channels})[0].to(at::kFloat).contiguous();
    const auto center = data<float>(origin);
    auto [first, second] = sums(g.rows, g.channels, [&](int64_t begin, int64_t end, double *a, double *b) {
      k.statistics(data<T>(x), center, g.channels, begin, end, a, b);
    });
    const double n = static_cast<double>(g.rows);
    for (int64_t c = 0; c < g.channels; ++c) {
      const double shift = first[c] / n;
      double variance = second[c] / n - shift * shift;
      if (variance < 0) variance = 0;  // NaN stays
      const double average = center[c] + shift;
      m[c] = static_cast<float>(average);
      inverse[c] = static_cast<float>(1 / std::sqrt(variance + eps));
      rm[c] = static_cast<float>((1 - momentum) * rm[c] + momentum * average);
      rv[c] = static_cast<float>((1 - momentum) * rv[c] + momentum * variance * (n > 1 ? n / (n - 1) : 1));
    }
  } else {
    for (int64_t c = 0; c < g.channels; ++c) {
      m[c] = rm[c];
      inverse[c] = static_cast<float>(1 / std::sqrt(rv[c] + eps));
    }
  }
  std::vector<float> scale(g.channels), offset(g.channels);
  auto gamma = data<float>(weight), beta = data<float>(bias);
  for (int64_t c = 0; c < g.channels; ++c) {
    scale[c] = gamma[c] * inverse[c];
    offset[c] = beta[c] - m[c] * scale[c];
  }
  auto y = at::empty_like(x);
  ct::parallel(g.rows, grain, [&](int64_t, int64_t begin, int64_t end) {
    k.apply(data<T>(x), data<T>(residual), scale.data(), offset.data(), g.channels, begin, end, data<T>(y), relu);
  });
  return y;
}

template <class T>
void backward(const at::Tensor &dy, const at::Tensor &y, const at::Tensor &x, const at::Tensor &weight,
              const at::Tensor &mean, const at::Tensor &scale_inverse, bool training, bool relu, at::Tensor &dx,
              at::Tensor &dresidual, at::Tensor &dweight, at::Tensor &dbias) {
  const Geometry g(x);
  const auto &k = kernels<T>();
  auto m = data<float>(mean), inverse = data<float>(scale_inverse), gamma = data<float>(weight);
  auto [sum, dot] = sums(g.rows, g.channels, [&](int64_t begin, int64_t end, double *a, double *b) {
    k.gradient_sums(data<T>(dy), data<T>(y), data<T>(x), m, g.channels, begin, end, a, b, relu);
  });
  dweight = at::empty_like(weight);
  dbias = at::empty_like(weight);
  std::vector<float> scale(g.channels), slope(g.channels), offset(g.channels);
  const double n = static_cast<double>(g.rows);
  for (int64_t c = 0; c < g.channels; ++c) {
    data<float>(dweight)[c] = static_cast<float>(dot[c] * inverse[c]);
    data<float>(dbias)[c] = static_cast<float>(sum[c]);
    const double s = static_cast<double>(gamma[c]) * inverse[c];
    const double tilt = training ? -s * inverse[c] * inverse[c] * dot[c] / n : 0;
    scale[c] = static_cast<float>(s);
    slope[c] = static_cast<float>(tilt);
    offset[c] = static_cast<float>(training ? -s * sum[c] / n - tilt * m[c] : 0);
  }
  ct::parallel(g.rows, grain, [&](int64_t, int64_t begin, int64_t end) {
    k.gradient(data<T>(dy), data<T>(y), data<T>(x), scale.data(), slope.data(), offset.data(), g.channels, begin, end,
               data<T>(dx), data<T>(dresidual), relu);
  });
}

struct FusedBatchNorm : torch::autograd::Function<FusedBatchNorm> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x,
                            const std::optional<at::Tensor> &addend, const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &running_mean,
                            const at::Tensor &running_var, bool training, double momentum, double eps, bool relu) {
    at::Tensor mean, inverse;
    const auto residual = addend.value_or(at::Tensor());
    auto run = x.scalar_type() == at::kFloat ? ::forward<float> : ::forward<uint16_t>;
    auto y = run(x, residual, weight, bias, running_mean, running_var, training, momentum, eps, relu, mean, inverse);
    context->save_for_backward({x, relu ? y : at::Tensor(), weight, mean, inverse});
    context->saved_data["training"] = training;
    context->saved_data["relu"] = relu;
    context->saved_data["residual"] = residual.defined();
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
    at::Tensor dweight, dbias;
    auto run = x.scalar_type() == at::kFloat ? ::backward<float> : ::backward<uint16_t>;
    run(dy, y, x, saved[2], saved[3], saved[4], context->saved_data["training"].toBool(), relu, dx, written, dweight, dbias);
    at::Tensor none;
    return {dx, dresidual, dweight, dbias, none, none, none, none, none, none};
  }
};

bool fits(const at::Tensor &a) {
  return a.is_cpu() && a.dim() == 4 && a.is_contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

using namespace ct;

extern "C" ct_error *ct_batch_norm(ct_tensor x, ct_tensor residual, ct_tensor weight, ct_tensor bias,
                                   ct_tensor running_mean, ct_tensor running_var, bool training, double momentum,
                                   double eps, bool relu, bool unfused, ct_tensor *out) {
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
    if (fused) return put(out, FusedBatchNorm::apply(a, r.defined() ? std::optional(r) : std::nullopt, w, b, rm, rv, training, momentum, eps, relu));
    // Elsewhere than on the processor cuDNN is wanted where there is one, and no memory beyond the result's.
    auto y = at::batch_norm(a, w, b, rm, rv, training, momentum, eps, !a.is_cpu());
    if (r.defined()) y = a.is_cpu() ? y + r : y.add_(r);
    put(out, !relu ? y : a.is_cpu() ? y.relu() : y.relu_());
  });
}
