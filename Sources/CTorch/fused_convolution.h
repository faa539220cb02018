// What convolutions of our own share: how they hand over statistics and take gradients.
#pragma once
#include <ATen/ATen.h>

#include <cstring>
#include <vector>

#include "batch_norm.h"
#include "kernels.h"

namespace ct {

template <class T>
T *data(const at::Tensor &a) { return a.defined() ? static_cast<T *>(a.data_ptr()) : nullptr; }

/// Memory for numbers, aligned to cache lines. Not set.
template <class T>
struct Scratch {
  explicit Scratch(int64_t count)
      : memory(at::empty({count * static_cast<int64_t>(sizeof(T)) + 64}, at::kByte)),
        numbers(reinterpret_cast<T *>((reinterpret_cast<uintptr_t>(memory.data_ptr()) + 63) / 64 * 64)) {}
  at::Tensor memory;
  T *numbers;
};

/// Sums of one thread about an origin of its own: no cancellation where |mean| is far above the deviation.
struct Moments {
  double n = 0;
  std::vector<float> origin;
  std::vector<double> first, second;

  /// Takes in rows of channels.
  template <class T>
  void add(const T *rows, int64_t count, int64_t channels) {
    if (n == 0) {
      origin.resize(channels), first.resize(channels), second.resize(channels);
      for (int64_t c = 0; c < channels; ++c) origin[c] = number(rows[c]);
    }
    n += static_cast<double>(count);
    kernels<T>().statistics(rows, origin.data(), channels, 0, count, first.data(), second.data());
  }

  /// Mean and sum of squared differences from it, of channel c.
  std::pair<double, double> of(int64_t c) const {
    const double shift = first[c] / n;
    return {origin[c] + shift, second[c] - n * shift * shift};
  }

 private:
  static float number(float value) { return value; }
  static float number(uint16_t value) {
    const uint32_t bits = static_cast<uint32_t>(value) << 16;
    float result;
    std::memcpy(&result, &bits, 4);
    return result;
  }
};

/// Whether our kernels for numbers of type T take such images and kernels, whatever the window: channels-last on the processor.
template <class T>
bool fits_kernels(const at::Tensor &x, const at::Tensor &kernel) {
  return x.is_cpu() && x.scalar_type() == (sizeof(T) == 2 ? at::kBFloat16 : at::kFloat) && x.numel() > 0 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast) && kernel.is_cpu() && kernel.scalar_type() == at::kFloat &&
         kernel.is_contiguous(at::MemoryFormat::ChannelsLast) && kernel.size(0) % 16 == 0 && kernel.size(1) % 16 == 0;
}

/// What the way back from batch norm's output through the convolution needs: dy, y (for the ReLU), the convolution's output,
/// and the convolution's input and kernel.
struct Backward {
  const at::Tensor &dy, &y, &middle, &x, &kernel;
  const NormGradient &by;
  bool relu;
};

/// Its results. `dresidual` and `dx` are given where wanted, `dkernel` is made.
struct Gradients {
  at::Tensor dresidual, dx, dkernel;
};

}  // namespace ct
