// The arithmetic of batch norm on one channel's sums: what both the fused batch norm and the fused convolution do.
#pragma once
#include <ATen/core/Tensor.h>

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "parallel.h"
#include "process_group.h"

namespace ct {

constexpr int64_t rows_worth_a_thread = 512;

/// Two sums per channel over all rows: share(begin, end, a, b) adds those of some rows, for each thread to its own.
template <class Share>
std::pair<std::vector<double>, std::vector<double>> sums(int64_t rows, int64_t channels, const Share &share) {
  const auto parts = part_limit();
  std::vector<double> a(parts * channels), b(parts * channels);
  parallel(rows, rows_worth_a_thread, [&](int64_t part, int64_t begin, int64_t end) {
    share(begin, end, a.data() + part * channels, b.data() + part * channels);
  });
  for (int64_t i = channels; i < parts * channels; ++i) {
    a[i % channels] += a[i];
    b[i % channels] += b[i];
  }
  a.resize(channels);
  b.resize(channels);
  return {std::move(a), std::move(b)};
}

/// Adds up two sums per channel over the ranks of a group (or none), and returns how many rows they are then of.
double join(const std::shared_ptr<Group> &group, int64_t rows, std::vector<double> &a, std::vector<double> &b);

/// Batch norm's parameters, f32 vectors of one length.
struct NormState {
  at::Tensor weight, bias, running_mean, running_var;
  double momentum, eps;
};

/// y = x * scale + offset, and what backward needs: mean and 1 / sqrt(var + eps).
struct Normalization {
  at::Tensor mean, inverse;
  std::vector<float> scale, offset;

  explicit Normalization(const NormState &state)
      : mean(at::empty_like(state.weight)), inverse(at::empty_like(state.weight)), scale(state.weight.numel()),
        offset(state.weight.numel()) {}

  /// By the statistics of a batch of `n` numbers a channel, which also move the running ones.
  void train(const NormState &state, int64_t c, double average, double variance, double n) {
    if (variance < 0) variance = 0;  // NaN stays
    auto rm = state.running_mean.data_ptr<float>(), rv = state.running_var.data_ptr<float>();
    rm[c] = static_cast<float>((1 - state.momentum) * rm[c] + state.momentum * average);
    rv[c] = static_cast<float>((1 - state.momentum) * rv[c] + state.momentum * variance * (n > 1 ? n / (n - 1) : 1));
    set(state, c, static_cast<float>(average), variance);
  }
  /// By the running statistics.
  void evaluate(const NormState &state, int64_t c) {
    set(state, c, state.running_mean.data_ptr<float>()[c], state.running_var.data_ptr<float>()[c]);
  }

 private:
  void set(const NormState &state, int64_t c, float average, double variance) {
    const auto i = static_cast<float>(1 / std::sqrt(variance + state.eps));
    mean.data_ptr<float>()[c] = average;
    inverse.data_ptr<float>()[c] = i;
    scale[c] = state.weight.data_ptr<float>()[c] * i;
    offset[c] = state.bias.data_ptr<float>()[c] - average * scale[c];
  }
};

/// dx = g * scale + x * slope + offset, from the sums over a batch of g and of g (x - mean).
struct NormGradient {
  at::Tensor dweight, dbias;
  std::vector<float> scale, slope, offset;

  /// `sum` and `dot` are this process's; those of a group are joined for dx. `rows`: numbers a channel here.
  NormGradient(const at::Tensor &weight, const at::Tensor &mean, const at::Tensor &inverse, std::vector<double> sum,
               std::vector<double> dot, int64_t rows, bool training, const std::shared_ptr<Group> &group)
      : dweight(at::empty_like(weight)), dbias(at::empty_like(weight)), scale(weight.numel()), slope(weight.numel()),
        offset(weight.numel()) {
    const auto m = mean.data_ptr<float>(), i = inverse.data_ptr<float>(), gamma = weight.data_ptr<float>();
    for (int64_t c = 0; c < weight.numel(); ++c) {
      dweight.data_ptr<float>()[c] = static_cast<float>(dot[c] * i[c]);
      dbias.data_ptr<float>()[c] = static_cast<float>(sum[c]);
    }
    const double n = training ? join(group, rows, sum, dot) : 1;
    for (int64_t c = 0; c < weight.numel(); ++c) {
      const double s = static_cast<double>(gamma[c]) * i[c];
      const double tilt = training ? -s * i[c] * i[c] * dot[c] / n : 0;
      scale[c] = static_cast<float>(s);
      slope[c] = static_cast<float>(tilt);
      offset[c] = static_cast<float>(training ? -s * sum[c] / n - tilt * m[c] : 0);
    }
  }
};

}  // namespace ct
