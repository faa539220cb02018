// Direct convolution of 3x3 windows at stride 1 with one pixel of zeros around, for images in channels-last memory.
// Included once for each instruction set, after batch_norm_kernels.h. Numbers are multiplied and added in f32 whatever T is.
//
// One image at a time is copied, converted and padded into planes [channels / 16][height + 2][width + 2][16]. Then each
// number read from a plane serves the three outputs beside each other whose windows hold it, so that loads stay well
// below multiplications; `Pixels` x `Wide` accumulators of 16 channels stay in registers.

/// What a convolution's sums go through before they are stored: nothing, or batch norm as scale and offset, a residual, ReLU.
template <class T>
struct Finish {
  const float *scale = nullptr, *offset = nullptr;
  const T *residual = nullptr;
  bool relu = false;
};

/// Copies one image into planes. Their borders are left as they are (zeros).
template <class T>
static void pad(const T *x, int64_t height, int64_t width, int64_t channels, float *planes) {
  const int64_t row = (width + 2) * 16;
  for (int64_t block = 0; block < channels; block += 16)
    for (int64_t h = 0; h < height; ++h) {
      float *to = planes + block * (height + 2) * (width + 2) + (h + 1) * row + 16;
      const T *from = x + h * width * channels + block;
      for (int64_t w = 0; w < width; ++w) store16(to + 16 * w, load16(from + w * channels));
    }
}

/// The same for the gradient of batch norm (see `gradient` in batch_norm_kernels.h), which is then stored nowhere else.
template <class T, bool Residual, bool Relu>
static void pad_gradient(const T *dy, const T *y, const T *x, const float *scale, const float *slope, const float *offset,
                         int64_t height, int64_t width, int64_t channels, float *planes, T *dresidual) {
  const int64_t row = (width + 2) * 16;
  for (int64_t block = 0; block < channels; block += 16) {
    const v16f s = load16(scale + block), k = load16(slope + block), o = load16(offset + block);
    for (int64_t h = 0; h < height; ++h) {
      float *to = planes + block * (height + 2) * (width + 2) + (h + 1) * row + 16;
      for (int64_t w = 0; w < width; ++w) {
        const int64_t i = (h * width + w) * channels + block;
        v16f g = load16(dy + i);
        if constexpr (Relu) g = (v16f)((v16u)g & ~(v16u)(load16(y + i) <= 0));
        if constexpr (Residual) store16(dresidual + i, g);
        store16(to + 16 * w, g * s + load16(x + i) * k + o);
      }
    }
  }
}

/// Outputs [Pixels][16 Wide] of one row, from `x` at its upper left corner. Weights [blocks][3][16 inputs][3][16 Wide].
template <class T, int Pixels, int Wide>
static void convolve_tile(const float *x, int64_t plane, int64_t row, int64_t blocks, const float *weights, T *y,
                          int64_t outputs, int64_t place, int64_t channel, const Finish<T> &finish) {
  v16f sums[Pixels][Wide];
#pragma clang loop unroll(full)
  for (int p = 0; p < Pixels; ++p)
#pragma clang loop unroll(full)
    for (int v = 0; v < Wide; ++v) sums[p][v] = v16f{};
  for (int64_t block = 0; block < blocks; ++block, x += plane)
    for (int up = 0; up < 3; ++up) {
      const float *from = x + up * row;
      for (int input = 0; input < 16; ++input, ++from) {
        v16f k[3][Wide];
#pragma clang loop unroll(full)
        for (int j = 0; j < 3; ++j)
#pragma clang loop unroll(full)
          for (int v = 0; v < Wide; ++v) k[j][v] = load16(weights + 16 * (Wide * j + v));
        weights += 48 * Wide;
#pragma clang loop unroll(full)
        for (int q = 0; q < Pixels + 2; ++q) {
          const float one = from[q * 16];
#pragma clang loop unroll(full)
          for (int j = 0; j < 3; ++j)
#pragma clang loop unroll(full)
            for (int v = 0; v < Wide; ++v)
              if (q >= j && q - j < Pixels) sums[q - j][v] += one * k[j][v];
        }
      }
    }
#pragma clang loop unroll(full)
  for (int v = 0; v < Wide; ++v) {
    const int64_t c = channel + 16 * v;
    if (!finish.scale) {
#pragma clang loop unroll(full)
      for (int p = 0; p < Pixels; ++p) store16(y + (place + p) * outputs + c, sums[p][v]);
    } else {
      const v16f s = load16(finish.scale + c), o = load16(finish.offset + c);
#pragma clang loop unroll(full)
      for (int p = 0; p < Pixels; ++p) {
        const int64_t i = (place + p) * outputs + c;
        v16f value = sums[p][v] * s + o;
        if (finish.residual) value += load16(finish.residual + i);
        if (finish.relu) value = (v16f)((v16u)value & ~(v16u)(value < 0));  // NaN stays
        store16(y + i, value);
      }
    }
  }
}

/// A row of tiles; the last may overlap the one before, whose numbers it makes again.
template <class T, int Pixels, int Wide>
static void convolve_rows(const float *planes, int64_t height, int64_t width, int64_t inputs, const float *weights,
                          T *y, int64_t outputs, int64_t channel, const Finish<T> &finish) {
  const int64_t row = (width + 2) * 16, plane = (height + 2) * row;
  for (int64_t h = 0; h < height; ++h)
    for (int64_t w = 0; w < width; w += Pixels) {
      const int64_t left = w + Pixels <= width ? w : width - Pixels;
      convolve_tile<T, Pixels, Wide>(planes + h * row + left * 16, plane, row, inputs / 16, weights, y, outputs,
                                     h * width + left, channel, finish);
    }
}

/// The width of tiles that makes the fewest numbers twice.
static int64_t best_tile(int64_t width, const int *sizes, int count) {
  int64_t best = 0, least = INT64_MAX;
  for (int s = 0; s < count; ++s)
    if (sizes[s] <= width) {
      const int64_t made = (width + sizes[s] - 1) / sizes[s] * sizes[s];
      if (made < least) least = made, best = sizes[s];
    }
  return best;
}

/// y [height, width, outputs] from planes. `weights` as `pack` lays them out.
template <class T>
static void convolve(const float *planes, int64_t height, int64_t width, int64_t inputs, const float *weights, T *y,
                     int64_t outputs, const Finish<T> &finish) {
  static constexpr int pairs[] = {8, 7, 4}, singles[] = {16, 14, 8, 7, 4};
  const int64_t pair = best_tile(width, pairs, 3), single = best_tile(width, singles, 5);
  int64_t channel = 0;
  for (; channel + 32 <= outputs; channel += 32) {
    const float *w = weights + 9 * inputs * channel;
    switch (pair) {
      case 8: convolve_rows<T, 8, 2>(planes, height, width, inputs, w, y, outputs, channel, finish); break;
      case 7: convolve_rows<T, 7, 2>(planes, height, width, inputs, w, y, outputs, channel, finish); break;
      default: convolve_rows<T, 4, 2>(planes, height, width, inputs, w, y, outputs, channel, finish);
    }
  }
  if (channel == outputs) return;
  const float *w = weights + 9 * inputs * channel;
  switch (single) {
    case 16: return convolve_rows<T, 16, 1>(planes, height, width, inputs, w, y, outputs, channel, finish);
    case 14: return convolve_rows<T, 14, 1>(planes, height, width, inputs, w, y, outputs, channel, finish);
    case 8: return convolve_rows<T, 8, 1>(planes, height, width, inputs, w, y, outputs, channel, finish);
    case 7: return convolve_rows<T, 7, 1>(planes, height, width, inputs, w, y, outputs, channel, finish);
    default: return convolve_rows<T, 4, 1>(planes, height, width, inputs, w, y, outputs, channel, finish);
  }
}

/// dw [Inputs][3][16] += sums over pixels of x times the gradients that see it in the left, middle and right column.
template <int Inputs>
static void weight_tile(const float *x, const float *dy, int64_t row, int64_t rows, int64_t width, float *dw) {
  v16f sums[Inputs][3];
#pragma clang loop unroll(full)
  for (int i = 0; i < Inputs; ++i)
#pragma clang loop unroll(full)
    for (int j = 0; j < 3; ++j) sums[i][j] = load16(dw + 48 * i + 16 * j);
  for (int64_t r = 0; r < rows; ++r) {
    const float *a = x + r * row, *b = dy + r * row;
    for (int64_t w = 0; w < width; ++w, a += 16, b += 16) {
      const v16f k[3] = {load16(b + 32), load16(b + 16), load16(b)};
#pragma clang loop unroll(full)
      for (int i = 0; i < Inputs; ++i)
#pragma clang loop unroll(full)
        for (int j = 0; j < 3; ++j) sums[i][j] += a[i] * k[j];
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < Inputs; ++i)
#pragma clang loop unroll(full)
    for (int j = 0; j < 3; ++j) store16(dw + 48 * i + 16 * j, sums[i][j]);
}

/// dw [inputs / 16][outputs / 16][3][16 inputs][3][16] += the weights' gradient of one image, from planes of x and dy.
static void convolve_weights(const float *x, const float *dy, int64_t height, int64_t width, int64_t inputs,
                             int64_t outputs, float *dw) {
  const int64_t row = (width + 2) * 16, plane = (height + 2) * row;
  // As many rows at a time as stay in the first-level cache.
  int64_t band = 4096 / row;
  band = band < 1 ? 1 : band > height ? height : band;
  for (int64_t first = 0; first < height; first += band) {
    const int64_t rows = first + band <= height ? band : height - first;
    for (int64_t i = 0; i < inputs / 16; ++i)
      for (int64_t o = 0; o < outputs / 16; ++o)
        for (int up = 0; up < 3; ++up) {
          const float *a = x + i * plane + (first + 1) * row + 16, *b = dy + o * plane + (first + 2 - up) * row;
          float *to = dw + ((i * (outputs / 16) + o) * 3 + up) * 768;
          weight_tile<8>(a, b, row, rows, width, to);
          weight_tile<8>(a + 8, b, row, rows, width, to + 384);
        }
  }
}
