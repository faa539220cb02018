// Fused batch norm + residual + ReLU over rows of channels.
// Included once for each instruction set, after vector_kernels.h. Statistics are f32 within 256 rows, then f64.

/// sum[c] += sum of (x - shift), square[c] += sum of (x - shift)^2 over rows begin..<end.
template <class T>
static void statistics(const T *x, const float *shift, int64_t channels, int64_t begin, int64_t end, double *sum,
                       double *square) {
  for (int64_t first = begin; first < end; first += 256) {
    const int64_t last = first + 256 < end ? first + 256 : end;
    for (int64_t c = 0; c < channels; c += 16) {
      const v16f s = load16(shift + c);
      v16f a = {}, b = {};
      for (int64_t r = first; r < last; ++r) {
        const v16f v = load16(x + r * channels + c) - s;
        a += v;
        b += v * v;
      }
      for (int i = 0; i < 16; ++i) {
        sum[c + i] += a[i];
        square[c + i] += b[i];
      }
    }
  }
}

/// y = act(x * scale + offset [+ residual])
template <class T, bool Residual, bool Relu>
static void apply(const T *x, const T *residual, const float *scale, const float *offset, int64_t channels,
                  int64_t begin, int64_t end, T *y) {
  for (int64_t first = begin; first < end; first += 64) {
    const int64_t last = first + 64 < end ? first + 64 : end;
    for (int64_t c = 0; c < channels; c += 16) {
      const v16f s = load16(scale + c), o = load16(offset + c);
      for (int64_t r = first; r < last; ++r) {
        const int64_t i = r * channels + c;
        v16f v = load16(x + i) * s + o;
        if constexpr (Residual) v += load16(residual + i);
        if constexpr (Relu) v = (v16f)((v16u)v & ~(v16u)(v < 0));  // NaN stays
        store16(y + i, v);
      }
    }
  }
}

/// sum[c] += sum of g, dot[c] += sum of g (x - mean), where g is dy where y <= 0 does not hold, else 0.
template <class T, bool Relu>
static void gradient_sums(const T *dy, const T *y, const T *x, const float *mean, int64_t channels, int64_t begin,
                          int64_t end, double *sum, double *dot) {
  for (int64_t first = begin; first < end; first += 256) {
    const int64_t last = first + 256 < end ? first + 256 : end;
    for (int64_t c = 0; c < channels; c += 16) {
      const v16f m = load16(mean + c);
      v16f a = {}, b = {};
      for (int64_t r = first; r < last; ++r) {
        const int64_t i = r * channels + c;
        v16f g = load16(dy + i);
        if constexpr (Relu) g = (v16f)((v16u)g & ~(v16u)(load16(y + i) <= 0));
        a += g;
        b += g * (load16(x + i) - m);
      }
      for (int i = 0; i < 16; ++i) {
        sum[c + i] += a[i];
        dot[c + i] += b[i];
      }
    }
  }
}

/// dx = g * scale + x * slope + offset (the affine form of the batch-norm gradient); residual gradient = g.
template <class T, class Out, bool Residual, bool Relu>
static void gradient(const T *dy, const T *y, const T *x, const float *scale, const float *slope, const float *offset,
                     int64_t channels, int64_t begin, int64_t end, Out *dx, T *dresidual) {
  for (int64_t first = begin; first < end; first += 64) {
    const int64_t last = first + 64 < end ? first + 64 : end;
    for (int64_t c = 0; c < channels; c += 16) {
      const v16f s = load16(scale + c), k = load16(slope + c), o = load16(offset + c);
      for (int64_t r = first; r < last; ++r) {
        const int64_t i = r * channels + c;
        v16f g = load16(dy + i);
        if constexpr (Relu) g = (v16f)((v16u)g & ~(v16u)(load16(y + i) <= 0));
        if constexpr (Residual) store16(dresidual + i, g);
        store16(dx + i, g * s + load16(x + i) * k + o);
      }
    }
  }
}

template <class T>
static void apply_any(const T *x, const T *residual, const float *scale, const float *offset, int64_t channels,
                      int64_t begin, int64_t end, T *y, bool relu) {
  if (residual && relu) apply<T, true, true>(x, residual, scale, offset, channels, begin, end, y);
  else if (residual) apply<T, true, false>(x, residual, scale, offset, channels, begin, end, y);
  else if (relu) apply<T, false, true>(x, residual, scale, offset, channels, begin, end, y);
  else apply<T, false, false>(x, residual, scale, offset, channels, begin, end, y);
}

template <class T>
static void gradient_sums_any(const T *dy, const T *y, const T *x, const float *mean, int64_t channels, int64_t begin,
                              int64_t end, double *sum, double *dot, bool relu) {
  if (relu) gradient_sums<T, true>(dy, y, x, mean, channels, begin, end, sum, dot);
  else gradient_sums<T, false>(dy, y, x, mean, channels, begin, end, sum, dot);
}

template <class T, class Out>
static void gradient_any(const T *dy, const T *y, const T *x, const float *scale, const float *slope,
                         const float *offset, int64_t channels, int64_t begin, int64_t end, Out *dx, T *dresidual,
                         bool relu) {
  if (dresidual && relu) gradient<T, Out, true, true>(dy, y, x, scale, slope, offset, channels, begin, end, dx, dresidual);
  else if (dresidual) gradient<T, Out, true, false>(dy, y, x, scale, slope, offset, channels, begin, end, dx, dresidual);
  else if (relu) gradient<T, Out, false, true>(dy, y, x, scale, slope, offset, channels, begin, end, dx, dresidual);
  else gradient<T, Out, false, false>(dy, y, x, scale, slope, offset, channels, begin, end, dx, dresidual);
}

/// These, without convolutions.
template <class T>
static Kernels<T> batch_norm_table() {
  return {statistics<T>, apply_any<T>, gradient_sums_any<T>, gradient_any<T, T>, gradient_any<T, float>, nullptr, nullptr, nullptr};
}
