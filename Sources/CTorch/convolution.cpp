// Convolution + batch norm + residual + ReLU as one differentiable function (ct_conv_batch_norm).
//
// y = act(norm(conv(x, w)) + residual). Where our own kernels apply (3x3, stride 1: winograd_kernels.h) a few images at a
// time go through convolution and the sums of its statistics while they lie in the cache. Backward makes the gradient of the
// convolution's output a few images at a time, too, so that it never lies in memory whole.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <memory>

#include "batch_norm.h"
#include "convolve.h"
#include "direct_convolution.h"
#include "guard.h"
#include "kernels.h"
#include "parallel.h"

using ct::Finish, ct::get, ct::guarded, ct::kernels, ct::Normalization, ct::NormGradient, ct::NormState, ct::optional, ct::parallel, ct::part_limit, ct::put;

namespace {

template <class T>
T *data(const at::Tensor &a) { return a.defined() ? static_cast<T *>(a.data_ptr()) : nullptr; }

/// Memory for numbers, aligned to cache lines.
float *aligned(const at::Tensor &memory) {
  return reinterpret_cast<float *>((reinterpret_cast<uintptr_t>(memory.data_ptr<float>()) + 63) / 64 * 64);
}
struct Scratch {
  explicit Scratch(int64_t count) : memory(at::empty({count + 16}, at::kFloat)), numbers(aligned(memory)) {}
  at::Tensor memory;
  float *numbers;
};

struct Geometry {
  int64_t images, inputs, outputs, area;
  ct::Tiles tiles;
  Geometry(const at::Tensor &x, int64_t outputs)
      : images(x.size(0)), inputs(x.size(1)), outputs(outputs), area(x.size(2) * x.size(3)), tiles(x.size(2), x.size(3)) {}
  int64_t rows() const { return images * area; }
  int64_t scratch() const { return tiles.scratch(tiles.rows(), inputs + outputs); }

  /// Calls body(first, count) for a few of the images begin..<end at a time.
  template <class Body>
  void each(int64_t begin, int64_t end, const Body &body) const {
    for (int64_t first = begin; first < end; first += tiles.images()) body(first, std::min(tiles.images(), end - first));
  }
  /// Calls body(first, last) for the rows of tiles of so many images.
  template <class Body>
  void groups(int64_t count, const Body &body) const {
    const int64_t all = count * tiles.down;
    for (int64_t first = 0; first < all; first += tiles.rows()) body(first, std::min(all, first + tiles.rows()));
  }
};

/// From weights [3] to the four of Winograd's products, and back for gradients: G of Lavin & Gray 2016, equation 7.
constexpr float spread[4][3] = {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};

/// Weights [outputs][3][3][inputs] (channels-last), transformed as the kernels take them: [16][outputs / 16][inputs][16]; with
/// `transposed` those of the gradient with respect to x: outputs and inputs change places, the window is turned.
/// `half`: rounded to bf16 first, as bf16 weights would be.
Scratch transform(const at::Tensor &weight, bool transposed, bool half) {
  const auto rounded = (half ? weight.to(at::kBFloat16).to(at::kFloat) : weight).contiguous(at::MemoryFormat::ChannelsLast);
  const float *w = data<float>(rounded);
  const int64_t o = weight.size(0), i = weight.size(1), outputs = transposed ? i : o, inputs = transposed ? o : i;
  Scratch result(16 * inputs * outputs);
  parallel(o, 16, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t a = begin; a < end; ++a)
      for (int64_t b = 0; b < i; b += 16) {
        float rows[4][3][16];  // G w, of 16 inputs
        for (int r = 0; r < 4; ++r)
          for (int left = 0; left < 3; ++left)
            for (int n = 0; n < 16; ++n) {
              const auto at = [&](int up) { return w[((a * 3 + (transposed ? 2 - up : up)) * 3 + (transposed ? 2 - left : left)) * i + b + n]; };
              rows[r][left][n] = spread[r][0] * at(0) + spread[r][1] * at(1) + spread[r][2] * at(2);
            }
        for (int r = 0; r < 4; ++r)
          for (int q = 0; q < 4; ++q) {
            float *to = result.numbers + (r * 4 + q) * inputs * outputs;
            for (int n = 0; n < 16; ++n) {
              const float value = spread[q][0] * rows[r][0][n] + spread[q][1] * rows[r][1][n] + spread[q][2] * rows[r][2][n];
              (transposed ? to[(b / 16 * inputs + a) * 16 + n] : to[(a / 16 * inputs + b + n) * 16 + a % 16]) = value;
            }
          }
      }
  });
  return result;
}

/// The gradient of weights [outputs][3][3][inputs] from the sums [16][inputs][outputs] of the threads, in their order.
void gather(const std::vector<at::Tensor> &parts, int64_t inputs, int64_t outputs, float *to) {
  parallel(inputs, 8, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t o = 0; o < outputs; ++o) {
        float sums[4][4] = {}, rows[3][4];
        for (const auto &part : parts)
          if (part.defined())
            for (int p = 0; p < 16; ++p) sums[p / 4][p % 4] += data<float>(part)[(p * inputs + i) * outputs + o];
        for (int up = 0; up < 3; ++up)
          for (int q = 0; q < 4; ++q)
            rows[up][q] = spread[0][up] * sums[0][q] + spread[1][up] * sums[1][q] + spread[2][up] * sums[2][q] + spread[3][up] * sums[3][q];
        for (int up = 0; up < 3; ++up)
          for (int left = 0; left < 3; ++left)
            to[((o * 3 + up) * 3 + left) * inputs + i] = spread[0][left] * rows[up][0] + spread[1][left] * rows[up][1] +
                                                         spread[2][left] * rows[up][2] + spread[3][left] * rows[up][3];
      }
  });
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
  static at::Tensor forward(const at::Tensor &x, int64_t outputs, const float *transformed, const Finish<T> &finish,
                            std::vector<Moments> *moments) {
    const Geometry g(x, outputs);
    auto y = at::empty({g.images, g.outputs, x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
    if (moments) moments->resize(part_limit());
    parallel(g.images, 1, [&](int64_t part, int64_t begin, int64_t end) {
      const Scratch scratch(g.scratch());
      g.each(begin, end, [&](int64_t image, int64_t count) {
        const T *from = data<T>(x) + image * g.area * g.inputs;
        T *to = data<T>(y) + image * g.area * g.outputs;
        auto here = finish;
        if (here.residual) here.residual += image * g.area * g.outputs;
        g.groups(count, [&](int64_t first, int64_t last) {
          kernels<T>().convolve(from, g.tiles, g.inputs, g.outputs, first, last, transformed, to, here, scratch.numbers);
        });
        if (moments) add(to, count * g.area, g.outputs, (*moments)[part]);
      });
    });
    return y;
  }

  static void add(const T *rows, int64_t count, int64_t channels, Moments &moments) {
    if (moments.n == 0) {
      moments.origin.resize(channels), moments.first.resize(channels), moments.second.resize(channels);
      for (int64_t c = 0; c < channels; ++c) moments.origin[c] = number(rows[c]);
    }
    moments.n += static_cast<double>(count);
    kernels<T>().statistics(rows, moments.origin.data(), channels, 0, count, moments.first.data(), moments.second.data());
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
    const Geometry g(x, weight.size(0));
    const auto transposed = dx.defined() ? std::optional(transform(weight, true, half)) : std::nullopt;
    std::vector<at::Tensor> parts(part_limit());
    parallel(g.images, 1, [&](int64_t part, int64_t begin, int64_t end) {
      const auto &k = kernels<T>();
      const Scratch scratch(g.scratch()), gradient(g.tiles.images() * g.area * g.outputs);
      parts[part] = at::zeros({16 * g.inputs * g.outputs}, at::kFloat);
      g.each(begin, end, [&](int64_t image, int64_t count) {
        const int64_t in = image * g.area * g.inputs, out = image * g.area * g.outputs;
        k.gradient_wide(data<T>(dy) + out, relu ? data<T>(y) + out : nullptr, data<T>(middle) + out, by.scale.data(), by.slope.data(),
                        by.offset.data(), g.outputs, 0, count * g.area, gradient.numbers,
                        dresidual.defined() ? data<T>(dresidual) + out : nullptr, relu);
        g.groups(count, [&](int64_t first, int64_t last) {
          if (dx.defined())
            k.convolve_wide(gradient.numbers, g.tiles, g.outputs, g.inputs, first, last, transposed->numbers, data<T>(dx) + in, {}, scratch.numbers);
          k.add_products(data<T>(x) + in, gradient.numbers, g.tiles, g.inputs, g.outputs, first, last, data<float>(parts[part]), scratch.numbers);
        });
      });
    });
    dweight = at::empty_like(weight);
    gather(parts, g.inputs, g.outputs, data<float>(dweight));
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
    const Geometry g(x, kernel.size(0));
    Normalization norm(state);
    if (!training)
      for (int64_t c = 0; c < g.outputs; ++c) norm.evaluate(state, c);
    const auto transformed = transform(kernel, false, sizeof(T) == 2);
    if (!training && !graph)
      return Convolution<T>::forward(x, g.outputs, transformed.numbers, {norm.scale.data(), norm.offset.data(), data<T>(residual), relu}, nullptr);
    std::vector<Moments> parts;
    const auto middle = Convolution<T>::forward(x, g.outputs, transformed.numbers, {}, training ? &parts : nullptr);
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
      kernels<T>().apply(data<T>(middle), data<T>(residual), norm.scale.data(), norm.offset.data(), g.outputs, begin, end, data<T>(y), relu);
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
    const Geometry g(x, kernel.size(0));
    const int64_t parts = part_limit();
    std::vector<double> sum(parts * g.outputs), dot(parts * g.outputs);
    parallel(g.rows(), 512, [&](int64_t part, int64_t begin, int64_t end) {
      kernels<T>().gradient_sums(data<T>(dy), data<T>(y), data<T>(middle), data<float>(mean), g.outputs, begin, end,
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
  const bool half = x.scalar_type() == at::kBFloat16;
  if (!kernels<float>().convolve || !x.is_cpu() || !(half || x.scalar_type() == at::kFloat) || x.numel() == 0 ||
      !x.is_contiguous(at::MemoryFormat::ChannelsLast) || !kernel.is_cpu() || kernel.scalar_type() != at::kFloat ||
      !kernel.is_contiguous(at::MemoryFormat::ChannelsLast))
    return false;
  const int64_t outputs = kernel.size(0), inputs = kernel.size(1);
  // Where bf16 is multiplied natively, oneDNN is ahead with wide kernels.
  return kernel.size(2) == 3 && kernel.size(3) == 3 && stride == at::IntArrayRef({1, 1}) && padding == at::IntArrayRef({1, 1}) &&
         outputs % 16 == 0 && inputs % 16 == 0 && !(half && ct_has_bf16() && inputs * outputs > 64 * 64);
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
    : transformed(transform(kernel, false, false).memory), ones(at::ones_like(bias)), bias(bias) {}
at::Tensor ct::DirectConvolution::operator()(const at::Tensor &x, const at::Tensor &residual, bool relu) const {
  return Convolution<float>::forward(x, ones.numel(), aligned(transformed), {data<float>(ones), data<float>(bias), data<float>(residual), relu}, nullptr);
}

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
    if (r.defined() && (r.dim() != 4 || r.size(0) != a.size(0) || r.size(1) != outputs || r.size(2) != a.size(2) || r.size(3) != a.size(3))) return;
    if (!fits(a, k, {stride, stride}, {pad_height, pad_width}) || !fits(a, r, state)) return;
    direct = true;
    const bool graph = at::GradMode::is_enabled() && (a.requires_grad() || k.requires_grad() || state.weight.requires_grad() || (r.defined() && r.requires_grad()));
    put(out, FusedConvolution::apply(a, k, r.defined() ? std::optional(r) : std::nullopt, state.weight, state.bias,
                                     state.running_mean, state.running_var, training, momentum, eps, relu, graph, group && training ? group->group : nullptr));
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
