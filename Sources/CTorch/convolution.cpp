// Convolution + batch norm + residual + ReLU as one differentiable function (ct_conv_batch_norm).
//
// y = act(norm(conv(x, w)) + residual). Where the direct kernels apply (3x3, stride 1, AVX-512: convolution_kernels.h) an
// image at a time goes through convolution and the sums of its statistics while it lies in the cache. Backward makes the
// gradient of the convolution's output an image at a time, too, so that it never lies in memory whole.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <memory>

#include "batch_norm.h"
#include "convolve.h"
#include "direct_convolution.h"
#include "guard.h"
#include "parallel.h"

// Vectors never cross a translation unit here, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

using ct::get, ct::guarded, ct::Normalization, ct::NormGradient, ct::NormState, ct::optional, ct::parallel, ct::part_limit, ct::put;

#if defined(__x86_64__)
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

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#include "batch_norm_kernels.h"
#include "convolution_kernels.h"
#pragma clang attribute pop

template <class T>
T *data(const at::Tensor &a) { return a.defined() ? static_cast<T *>(a.data_ptr()) : nullptr; }

/// Memory for numbers, aligned to vectors, zeros at first.
float *aligned(const at::Tensor &memory) {
  return reinterpret_cast<float *>((reinterpret_cast<uintptr_t>(memory.data_ptr<float>()) + 63) / 64 * 64);
}
struct Scratch {
  explicit Scratch(int64_t count) : memory(at::zeros({count + 16}, at::kFloat)), numbers(aligned(memory)) {}
  at::Tensor memory;
  float *numbers;
};

struct Geometry {
  int64_t images, height, width, inputs, outputs;
  Geometry(const at::Tensor &x, const at::Tensor &weight)
      : images(x.size(0)), height(x.size(2)), width(x.size(3)), inputs(x.size(1)), outputs(weight.size(0)) {}
  int64_t area() const { return height * width; }
  int64_t rows() const { return images * area(); }
  int64_t planes(int64_t channels) const { return (height + 2) * (width + 2) * channels; }
};

/// Weights [outputs][3][3][inputs] (channels-last) as `convolve` takes them: [outputs / 16 wide][inputs / 16][3][16 inputs][3][16
/// wide]; with `transposed` those of the gradient with respect to x: outputs and inputs change places, the window is turned.
/// `half`: rounded to bf16 first, as bf16 weights would be.
Scratch pack(const at::Tensor &weight, bool transposed, bool half) {
  const auto rounded = (half ? weight.to(at::kBFloat16).to(at::kFloat) : weight).contiguous(at::MemoryFormat::ChannelsLast);
  const float *w = data<float>(rounded);
  const int64_t o = weight.size(0), i = weight.size(1), outputs = transposed ? i : o, inputs = transposed ? o : i;
  Scratch packed(9 * inputs * outputs);
  parallel((outputs + 31) / 32, 1, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t first = begin * 32; first < std::min(end * 32, outputs); first += 32) {
      const int64_t wide = std::min<int64_t>(32, outputs - first);
      float *to = packed.numbers + 9 * inputs * first;
      for (int64_t block = 0; block < inputs; block += 16)
        for (int64_t up = 0; up < 3; ++up)
          for (int64_t input = block; input < block + 16; ++input)
            for (int64_t left = 0; left < 3; ++left)
              for (int64_t output = first; output < first + wide; ++output)
                *to++ = transposed ? w[((input * 3 + 2 - up) * 3 + 2 - left) * i + output] : w[((output * 3 + up) * 3 + left) * i + input];
    }
  });
  return packed;
}

/// Sums of one thread about an origin of its own: no cancellation where |mean| is far above the deviation.
struct Moments {
  double n = 0;
  std::vector<float> origin;
  std::vector<double> first, second;

  /// Mean and sum of squared differences from it, of channel c.
  std::pair<double, double> of(int64_t c) const {
    const double shift = first[c] / n;
    return {origin[c] + shift, second[c] - n * shift * shift};
  }
};

template <class T>
struct Convolution {
  static constexpr bool half = sizeof(T) == 2;

  /// conv(x, w) and, where batch statistics are wanted, their moments by thread; finished with `finish` otherwise.
  static at::Tensor forward(const at::Tensor &x, const at::Tensor &weight, const float *packed, const Finish<T> &finish,
                            std::vector<Moments> *moments) {
    const Geometry g(x, weight);
    auto y = at::empty({g.images, g.outputs, g.height, g.width}, x.options(), at::MemoryFormat::ChannelsLast);
    if (moments) moments->resize(part_limit());
    parallel(g.images, 1, [&](int64_t part, int64_t begin, int64_t end) {
      const Scratch planes(g.planes(g.inputs));
      for (int64_t image = begin; image < end; ++image) {
        T *to = data<T>(y) + image * g.area() * g.outputs;
        pad(data<T>(x) + image * g.area() * g.inputs, g.height, g.width, g.inputs, planes.numbers);
        auto here = finish;
        if (here.residual) here.residual += image * g.area() * g.outputs;
        convolve(planes.numbers, g.height, g.width, g.inputs, packed, to, g.outputs, here);
        if (moments) add(to, g, (*moments)[part]);
      }
    });
    return y;
  }

  static void add(const T *image, const Geometry &g, Moments &moments) {
    if (moments.n == 0) {
      moments.origin.resize(g.outputs), moments.first.resize(g.outputs), moments.second.resize(g.outputs);
      for (int64_t c = 0; c < g.outputs; ++c) moments.origin[c] = number(image[c]);
    }
    moments.n += static_cast<double>(g.area());
    statistics(image, moments.origin.data(), g.outputs, 0, g.area(), moments.first.data(), moments.second.data());
  }

  static float number(float value) { return value; }
  static float number(uint16_t value) {
    const uint32_t bits = static_cast<uint32_t>(value) << 16;
    float result;
    std::memcpy(&result, &bits, 4);
    return result;
  }

  /// The gradients of x (where wanted) and of the weights, from that of batch norm's output.
  static void backward(const at::Tensor &dy, const at::Tensor &y, const at::Tensor &middle, const at::Tensor &x,
                       const at::Tensor &weight, const NormGradient &by, bool relu, at::Tensor &dresidual, at::Tensor &dx,
                       at::Tensor &dweight) {
    const Geometry g(x, weight);
    const int64_t blocks = g.inputs / 16 * (g.outputs / 16), size = blocks * 3 * 768;
    const auto packed = dx.defined() ? std::optional(pack(weight, true, half)) : std::nullopt;
    std::vector<at::Tensor> parts(part_limit());
    const auto masked = dresidual.defined() ? (relu ? pad_gradient<T, true, true> : pad_gradient<T, true, false>)
                                            : (relu ? pad_gradient<T, false, true> : pad_gradient<T, false, false>);
    parallel(g.images, 1, [&](int64_t part, int64_t begin, int64_t end) {
      const Scratch px(g.planes(g.inputs)), pdy(g.planes(g.outputs));
      parts[part] = at::zeros({size}, at::kFloat);
      for (int64_t image = begin; image < end; ++image) {
        const int64_t in = image * g.area() * g.inputs, out = image * g.area() * g.outputs;
        masked(data<T>(dy) + out, relu ? data<T>(y) + out : nullptr, data<T>(middle) + out, by.scale.data(), by.slope.data(),
               by.offset.data(), g.height, g.width, g.outputs, pdy.numbers, dresidual.defined() ? data<T>(dresidual) + out : nullptr);
        if (dx.defined())
          convolve(pdy.numbers, g.height, g.width, g.outputs, packed->numbers, data<T>(dx) + in, g.inputs, Finish<T>());
        pad(data<T>(x) + in, g.height, g.width, g.inputs, px.numbers);
        convolve_weights(px.numbers, pdy.numbers, g.height, g.width, g.inputs, g.outputs, data<float>(parts[part]));
      }
    });
    // Summed in the order of the parts and brought into the layout of the weights.
    dweight = at::empty_like(weight);
    float *to = data<float>(dweight);
    parallel(g.outputs, 8, [&](int64_t, int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o)
        for (int64_t up = 0; up < 3; ++up)
          for (int64_t left = 0; left < 3; ++left)
            for (int64_t i = 0; i < g.inputs; ++i) {
              const int64_t from = (((i / 16 * (g.outputs / 16) + o / 16) * 3 + up) * 16 + i % 16) * 48 + left * 16 + o % 16;
              float sum = 0;
              for (const auto &part : parts)
                if (part.defined()) sum += data<float>(part)[from];
              to[((o * 3 + up) * 3 + left) * g.inputs + i] = sum;
            }
    });
  }
};

struct FusedConvolution : torch::autograd::Function<FusedConvolution> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &kernel,
                            const std::optional<at::Tensor> &addend, const at::Tensor &weight, const at::Tensor &bias,
                            const at::Tensor &running_mean, const at::Tensor &running_var, bool training, double momentum,
                            double eps, bool relu, bool graph,
                            const std::shared_ptr<ct::Group> &group) {
    const NormState state{weight, bias, running_mean, running_var, momentum, eps};
    const auto run = x.scalar_type() == at::kFloat ? forward<float> : forward<uint16_t>;
    return run(context, x, kernel, addend.value_or(at::Tensor()), state, training, relu, graph, group);
  }
  template <class T>
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &kernel,
                            const at::Tensor &residual, const NormState &state, bool training, bool relu, bool graph,
                            const std::shared_ptr<ct::Group> &group) {
    const Geometry g(x, kernel);
    Normalization norm(state);
    if (!training)
      for (int64_t c = 0; c < g.outputs; ++c) norm.evaluate(state, c);
    const auto packed = pack(kernel, false, sizeof(T) == 2);
    if (!training && !graph)
      return Convolution<T>::forward(x, kernel, packed.numbers, {norm.scale.data(), norm.offset.data(), data<T>(residual), relu}, nullptr);
    std::vector<Moments> parts;
    const auto middle = Convolution<T>::forward(x, kernel, packed.numbers, {}, training ? &parts : nullptr);
    if (training) {
      std::vector<double> first(g.outputs), second(g.outputs);
      for (int64_t c = 0; c < g.outputs; ++c) {
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
      const double n = ct::join(group, g.rows(), first, second);
      for (int64_t c = 0; c < g.outputs; ++c) {
        const double mean = group ? first[c] / n : first[c];
        norm.train(state, c, mean, group ? second[c] / n - mean * mean : second[c] / n, n);
      }
    }
    auto y = at::empty_like(middle);
    parallel(g.rows(), 512, [&](int64_t, int64_t begin, int64_t end) {
      apply_any(data<T>(middle), data<T>(residual), norm.scale.data(), norm.offset.data(), g.outputs, begin, end, data<T>(y), relu);
    });
    if (!graph) return y;
    context->save_for_backward({x, kernel, middle, relu ? y : at::Tensor(), state.weight, norm.mean, norm.inverse});
    context->saved_data["training"] = training;
    context->saved_data["relu"] = relu;
    context->saved_data["residual"] = residual.defined();
    if (group) context->saved_data["group"] = ct::Holder::keeping(group);
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients) {
    return context->get_saved_variables()[0].scalar_type() == at::kFloat ? backward<float>(context, gradients[0])
                                                                         : backward<uint16_t>(context, gradients[0]);
  }
  template <class T>
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context, const at::Tensor &gradient) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &kernel = saved[1], &middle = saved[2], &y = saved[3], &weight = saved[4], &mean = saved[5];
    const bool training = context->saved_data["training"].toBool(), relu = context->saved_data["relu"].toBool();
    const bool residual = context->saved_data["residual"].toBool();
    const auto dy = gradient.to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const Geometry g(x, kernel);
    const int64_t parts = part_limit();
    std::vector<double> sum(parts * g.outputs), dot(parts * g.outputs);
    parallel(g.rows(), 512, [&](int64_t part, int64_t begin, int64_t end) {
      gradient_sums_any(data<T>(dy), data<T>(y), data<T>(middle), data<float>(mean), g.outputs, begin, end,
                        sum.data() + part * g.outputs, dot.data() + part * g.outputs, relu);
    });
    for (int64_t i = g.outputs; i < parts * g.outputs; ++i) sum[i % g.outputs] += sum[i], dot[i % g.outputs] += dot[i];
    sum.resize(g.outputs), dot.resize(g.outputs);
    const auto group = context->saved_data.count("group") ? ct::Holder::kept(context->saved_data["group"]) : nullptr;
    const NormGradient by(weight, mean, saved[6], sum, dot, g.rows(), training, group);
    // Without a ReLU the residual's gradient is dy itself.
    at::Tensor masked = residual && relu ? at::empty_like(dy) : at::Tensor(), dx, dkernel;
    if (context->needs_input_grad(0)) dx = at::empty_like(x);
    Convolution<T>::backward(dy, y, middle, x, kernel, by, relu, masked, dx, dkernel);
    at::Tensor none;
    return {dx, dkernel, residual ? (relu ? masked : dy) : none, by.dweight, by.dbias, none, none, none, none, none, none, none, none};
  }
};

/// Whether the processor has the kernels and they take these images (channels-last, f32 or bf16) and this kernel.
bool fits(const at::Tensor &x, const at::Tensor &kernel, at::IntArrayRef stride, at::IntArrayRef padding) {
  static const bool able = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const bool half = x.scalar_type() == at::kBFloat16;
  if (!able || !x.is_cpu() || !(half || x.scalar_type() == at::kFloat) || x.numel() == 0 || x.size(3) < 4 ||
      !x.is_contiguous(at::MemoryFormat::ChannelsLast) || !kernel.is_cpu() || kernel.scalar_type() != at::kFloat ||
      !kernel.is_contiguous(at::MemoryFormat::ChannelsLast))
    return false;
  const int64_t outputs = kernel.size(0), inputs = kernel.size(1);
  // Wider kernels outgrow the caches. Where bf16 is multiplied natively, oneDNN is ahead sooner.
  const int64_t most = half && ct_has_bf16() ? 64 * 64 : 256 * 256;
  return kernel.size(2) == 3 && kernel.size(3) == 3 && stride == at::IntArrayRef({1, 1}) && padding == at::IntArrayRef({1, 1}) &&
         outputs % 16 == 0 && inputs % 16 == 0 && inputs * outputs <= most;
}

/// Whether what comes with the convolution lies as the kernels need it.
bool fits(const at::Tensor &x, const at::Tensor &residual, const NormState &state) {
  if (residual.defined() &&
      (!residual.is_cpu() || residual.scalar_type() != x.scalar_type() || !residual.is_contiguous(at::MemoryFormat::ChannelsLast)))
    return false;
  for (const auto *p : {&state.weight, &state.bias, &state.running_mean, &state.running_var})
    if (!p->is_cpu() || p->scalar_type() != at::kFloat || !p->is_contiguous()) return false;
  return true;
}

}  // namespace

bool ct::DirectConvolution::fits(const at::Tensor &x, const at::Tensor &kernel, at::IntArrayRef stride, at::IntArrayRef padding) {
  return x.scalar_type() == at::kFloat && ::fits(x, kernel, stride, padding);
}
ct::DirectConvolution::DirectConvolution(const at::Tensor &kernel, const at::Tensor &bias)
    : kernel(kernel), packed(pack(kernel, false, false).memory), ones(at::ones_like(bias)), bias(bias) {}
at::Tensor ct::DirectConvolution::operator()(const at::Tensor &x, const at::Tensor &residual, bool relu) const {
  return Convolution<float>::forward(x, kernel, aligned(packed), {data<float>(ones), data<float>(bias), data<float>(residual), relu}, nullptr);
}
#else
bool ct::DirectConvolution::fits(const at::Tensor &, const at::Tensor &, at::IntArrayRef, at::IntArrayRef) { return false; }
ct::DirectConvolution::DirectConvolution(const at::Tensor &, const at::Tensor &) {}
at::Tensor ct::DirectConvolution::operator()(const at::Tensor &, const at::Tensor &, bool) const { return {}; }
#endif

extern "C" ct_error *ct_conv_batch_norm(ct_tensor x, ct_tensor kernel, intptr_t stride, intptr_t pad_height, intptr_t pad_width,
                                        ct_tensor residual, ct_tensor weight, ct_tensor bias, ct_tensor running_mean,
                                        ct_tensor running_var, bool training, double momentum, double eps, bool relu,
                                        bool unfused, ct_group *group, ct_tensor *out) {
#if defined(__x86_64__)
  bool direct = false;
  auto *error = guarded([&] {
    const auto &a = get(x), &k = get(kernel);
    const auto r = optional(residual);
    const NormState state{get(weight), get(bias), get(running_mean), get(running_var), momentum, eps};
    const int64_t outputs = k.dim() == 4 ? k.size(0) : 0;
    for (const auto *p : {&state.weight, &state.bias, &state.running_mean, &state.running_var})
      if (p->dim() != 1 || p->size(0) != outputs) return;  // said below
    if (unfused || a.dim() != 4 || k.dim() != 4 || a.size(1) != k.size(1)) return;
    if (r.defined() && (r.dim() != 4 || r.size(0) != a.size(0) || r.size(1) != outputs || r.size(2) != a.size(2) || r.size(3) != a.size(3))) return;
    if (!fits(a, k, {stride, stride}, {pad_height, pad_width}) || !fits(a, r, state)) return;
    direct = true;
    const bool graph = at::GradMode::is_enabled() && (a.requires_grad() || k.requires_grad() || state.weight.requires_grad() || (r.defined() && r.requires_grad()));
    put(out, FusedConvolution::apply(a, k, r.defined() ? std::optional(r) : std::nullopt, state.weight, state.bias,
                                     state.running_mean, state.running_var, training, momentum, eps, relu, graph, group && training ? group->group : nullptr));
  });
  if (error || direct) return error;
#endif
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
