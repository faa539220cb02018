// The arithmetic of batch norm and of 3x3 convolutions, compiled once for each instruction set; `kernels` gives those of
// this processor. T is float or uint16_t (the bits of a bf16). Images lie in channels-last memory, seen as rows of
// channels, which are a multiple of 16.
#pragma once
#include <algorithm>
#include <cstdint>

namespace ct {

/// Images in tiles of 2x2 outputs. Rows of tiles are counted through all images.
struct Tiles {
  int64_t height, width, across, down;
  Tiles(int64_t height, int64_t width) : height(height), width(width), across((width + 1) / 2), down((height + 1) / 2) {}

  /// Some 64 tiles make products long enough while their transforms stay in the cache: rows of tiles at a time, images.
  int64_t rows() const { return std::min(std::max<int64_t>(1, 64 / across), images() * down); }
  int64_t images() const { return std::max<int64_t>(1, 64 / (across * down)); }

  /// Numbers that a kernel needs as scratch for `rows` rows of tiles, given how many channels it transforms.
  int64_t scratch(int64_t rows, int64_t channels) const { return 16 * rows * across * channels + 2 * 16 * 16; }
};

/// What a convolution's sums go through before they are stored: nothing, or batch norm as scale and offset, a residual, ReLU.
template <class T>
struct Finish {
  const float *scale = nullptr, *offset = nullptr;
  const T *residual = nullptr;
  bool relu = false;
};

template <class T>
struct Kernels {
  // Batch norm of rows begin..<end (batch_norm_kernels.h).
  void (*statistics)(const T *x, const float *shift, int64_t channels, int64_t begin, int64_t end, double *sum, double *square);
  void (*apply)(const T *x, const T *residual, const float *scale, const float *offset, int64_t channels, int64_t begin, int64_t end, T *y, bool relu);
  void (*gradient_sums)(const T *dy, const T *y, const T *x, const float *mean, int64_t channels, int64_t begin, int64_t end, double *sum, double *dot, bool relu);
  void (*gradient)(const T *dy, const T *y, const T *x, const float *scale, const float *slope, const float *offset, int64_t channels, int64_t begin, int64_t end, T *dx, T *dresidual, bool relu);
  void (*gradient_wide)(const T *dy, const T *y, const T *x, const float *scale, const float *slope, const float *offset, int64_t channels, int64_t begin, int64_t end, float *dx, T *dresidual, bool relu);

  // Convolutions of rows first..<last of tiles (winograd_kernels.h); null where registers are too short for them.
  /// y [outputs] of x [inputs], with `weights` [16][outputs / 16][inputs][16] transformed.
  void (*convolve)(const T *x, const Tiles &tiles, int64_t inputs, int64_t outputs, int64_t first, int64_t last, const float *weights, T *y, const Finish<T> &finish, float *scratch);
  /// The same from gradients in f32.
  void (*convolve_wide)(const float *x, const Tiles &tiles, int64_t inputs, int64_t outputs, int64_t first, int64_t last, const float *weights, T *y, const Finish<T> &finish, float *scratch);
  /// sums [16][inputs][outputs] += the transformed gradient of the weights, from x and the gradient g of the outputs.
  void (*add_products)(const T *x, const float *g, const Tiles &tiles, int64_t inputs, int64_t outputs, int64_t first, int64_t last, float *sums, float *scratch);
};

template <class T>
const Kernels<T> &kernels();

}  // namespace ct
