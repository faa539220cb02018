// Convolutions of bf16 images by windows of 1x1 or 3x3 in products of pairs of bf16, which the processor sums in f32
// (AVX512_BF16). Pairs are of neighbouring channels in the images' convolution and of neighbouring pixels in the weights'
// gradient. Products are exact; sums are rounded as f32.
// Included once, after vector_kernels.h.

typedef __bf16 Pairs __attribute__((vector_size(64)));  // 16 of them
typedef uint32_t Words __attribute__((vector_size(64)));
typedef uint16_t Halves __attribute__((vector_size(32)));

__attribute__((always_inline)) static inline Pairs pairs(const uint16_t *p) {
  Pairs v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
/// One pair 16 times.
__attribute__((always_inline)) static inline Pairs everywhere(const uint16_t *p) {
  uint32_t pair;
  __builtin_memcpy(&pair, p, sizeof pair);
  return (Pairs)(Words{} + pair);
}
/// to [16][2] of a [16] and b [16].
__attribute__((always_inline)) static inline void interleave(Halves a, Halves b, uint16_t *to) {
  const auto v = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  __builtin_memcpy(to, &v, sizeof v);
}

/// 16 Wide outputs of Rows pixels.
template <int Rows, int Wide>
static void convolve_pixels(const uint16_t *x, int64_t pixel, int64_t line, int64_t window, int64_t inputs, const uint16_t *w, int64_t w_apart,
                            uint16_t *y, int64_t y_pixel, const Finish<uint16_t> &finish) {
  v16f sums[Rows][Wide] = {};
  for (int64_t up = 0; up < window; ++up)
    for (int64_t left = 0; left < window; ++left) {
      const uint16_t *from = x + up * line + left * inputs;
      for (int64_t c = 0; c < inputs; c += 2, w += 32) {
        Pairs right[Wide];
#pragma clang loop unroll(full)
        for (int i = 0; i < Wide; ++i) right[i] = pairs(w + i * w_apart);
#pragma clang loop unroll(full)
        for (int r = 0; r < Rows; ++r) {
          const Pairs pair = everywhere(from + r * pixel + c);
#pragma clang loop unroll(full)
          for (int i = 0; i < Wide; ++i) sums[r][i] = __builtin_ia32_dpbf16ps_512(sums[r][i], pair, right[i]);
        }
      }
    }
#pragma clang loop unroll(full)
  for (int r = 0; r < Rows; ++r)
#pragma clang loop unroll(full)
    for (int i = 0; i < Wide; ++i) {
      v16f value = sums[r][i];
      const int64_t at = r * y_pixel + 16 * i;
      if (finish.scale) {
        value = value * load16(finish.scale + 16 * i) + load16(finish.offset + 16 * i);
        if (finish.residual) value += load16(finish.residual + at);
        if (finish.relu) value = (v16f)((v16u)value & ~(v16u)(value < 0));  // NaN stays
      }
      store16(y + at, value);
    }
}

constexpr int most_sums = 28;  // with their weights and a pair they fit the 32 registers
using ConvolvePixels = decltype(&convolve_pixels<1, 1>);
template <int Wide, int... Rows>
static constexpr std::array<ConvolvePixels, most_sums> pixel_counts(std::integer_sequence<int, Rows...>) { return {convolve_pixels<Rows + 1, Wide>...}; }

static void convolve_paired(const uint16_t *x, const Lines &from, int64_t line, int64_t window, int64_t inputs, const uint16_t *weights, int64_t outputs,
                            uint16_t *y, const Lines &to, const Finish<uint16_t> &finish) {
  static constexpr std::array<ConvolvePixels, most_sums> kernels[2] = {pixel_counts<1>(std::make_integer_sequence<int, most_sums>()),
                                                                       pixel_counts<2>(std::make_integer_sequence<int, most_sums / 2>())};
  const int64_t apart = window * window * inputs * 16;
  int64_t wide;
  for (int64_t o = 0; o < outputs; o += 16 * wide) {
    wide = o + 32 <= outputs ? 2 : 1;
    const int64_t most = most_sums / wide, parts = (from.width + most - 1) / most;
    for (int64_t image = 0; image < from.images; ++image)
      for (int64_t row = 0; row < from.count; ++row)
        for (int64_t part = 0; part < parts; ++part) {
          const int64_t first = from.width * part / parts, last = from.width * (part + 1) / parts;
          const int64_t at = image * to.image + row * to.line + first * to.pixel + o;
          const Finish<uint16_t> here{finish.scale ? finish.scale + o : nullptr, finish.scale ? finish.offset + o : nullptr,
                                      finish.residual ? finish.residual + at : nullptr, finish.relu};
          kernels[wide - 1][last - first - 1](x + image * from.image + row * from.line + first * from.pixel, from.pixel, line, window, inputs,
                                              weights + o / 16 * apart, apart, y + at, to.pixel, here);
        }
  }
}

static void lay_out(const float *weights, int64_t, int64_t taps, int64_t inputs, int64_t begin, int64_t end, uint16_t *to) {
  for (int64_t o = begin; o < end; o += 16)
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t c = 0; c < inputs; c += 16) {
        alignas(64) uint32_t rows[16][8];
        for (int i = 0; i < 16; ++i) store16(reinterpret_cast<uint16_t *>(rows[i]), load16(weights + ((o + i) * taps + tap) * inputs + c));
        auto *place = to + ((o / 16 * taps + tap) * inputs + c) * 16;
        for (int pair = 0; pair < 8; ++pair, place += 32) {
          alignas(64) uint32_t column[16];
          for (int i = 0; i < 16; ++i) column[i] = rows[i][pair];
          __builtin_memcpy(place, column, sizeof column);
        }
      }
}

static void lay_out_turned(const float *weights, int64_t outputs, int64_t taps, int64_t inputs, int64_t begin, int64_t end, uint16_t *to) {
  for (int64_t c = begin; c < end; c += 16)
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t o = 0; o < outputs; o += 2) {
        Halves rows[2];
        for (int i = 0; i < 2; ++i) store16(reinterpret_cast<uint16_t *>(&rows[i]), load16(weights + ((o + i) * taps + tap) * inputs + c));
        interleave(rows[0], rows[1], to + ((c / 16 * taps + taps - 1 - tap) * outputs + o) * 16);
      }
}

static void pair_pixels(const uint16_t *x, const Lines &lines, int64_t start, int64_t pairs, int64_t channels, int64_t apart, uint16_t *to) {
  for (int64_t image = 0; image < lines.images; ++image)
    for (int64_t row = 0; row < lines.count; ++row, to += pairs * 32)
      for (int64_t c = 0; c < channels; c += 16) {
        const uint16_t *from = x + image * lines.image + row * lines.line + c;
        uint16_t *place = to + c / 16 * apart;
        for (int64_t pair = 0, p = start; pair < pairs; ++pair, p += 2, place += 32) {
          Halves a = {}, b = {};
          if (p >= 0 && p < lines.width) __builtin_memcpy(&a, from + p * lines.pixel, sizeof a);
          if (p + 1 >= 0 && p + 1 < lines.width) __builtin_memcpy(&b, from + (p + 1) * lines.pixel, sizeof b);
          interleave(a, b, place);
        }
      }
}

/// Rows inputs and 16 Wide outputs of `add_products`.
template <int Rows, int Wide>
static void add_block(const uint16_t *x, const Lines &lines, const uint16_t *g, int64_t g_apart, int64_t outputs, bool fresh, float *sums) {
  v16f m[Rows][Wide];
#pragma clang loop unroll(full)
  for (int r = 0; r < Rows; ++r)
#pragma clang loop unroll(full)
    for (int i = 0; i < Wide; ++i) m[r][i] = fresh ? v16f{} : load16(sums + r * outputs + 16 * i);
  for (int64_t image = 0; image < lines.images; ++image)
    for (int64_t row = 0; row < lines.count; ++row) {
      const uint16_t *from = x + image * lines.image + row * lines.line;
      for (int64_t pair = 0; pair < lines.width; ++pair, from += 32, g += 32) {
        Pairs right[Wide];
#pragma clang loop unroll(full)
        for (int i = 0; i < Wide; ++i) right[i] = pairs(g + i * g_apart);
#pragma clang loop unroll(full)
        for (int r = 0; r < Rows; ++r) {
          const Pairs left = everywhere(from + 2 * r);
#pragma clang loop unroll(full)
          for (int i = 0; i < Wide; ++i) m[r][i] = __builtin_ia32_dpbf16ps_512(m[r][i], left, right[i]);
        }
      }
    }
#pragma clang loop unroll(full)
  for (int r = 0; r < Rows; ++r)
#pragma clang loop unroll(full)
    for (int i = 0; i < Wide; ++i) store16(sums + r * outputs + 16 * i, m[r][i]);
}

static void add_pairs(const uint16_t *x, const Lines &lines, int64_t x_apart, const uint16_t *g, int64_t g_apart, int64_t inputs, int64_t outputs,
                      bool fresh, float *sums) {
  for (int64_t o = 0; o < outputs; o += 32)
    for (int64_t c = 0; c < inputs; c += 16) {
      const uint16_t *from = x + c / 16 * x_apart, *by = g + o / 16 * g_apart;
      float *to = sums + c * outputs + o;
      if (o + 32 <= outputs) {
        add_block<8, 2>(from, lines, by, g_apart, outputs, fresh, to);
        add_block<8, 2>(from + 16, lines, by, g_apart, outputs, fresh, to + 8 * outputs);
      } else {
        add_block<16, 1>(from, lines, by, g_apart, outputs, fresh, to);
      }
    }
}

static void gather(const float *const *parts, int64_t count, int64_t taps, int64_t inputs, int64_t outputs, int64_t begin, int64_t end, float *to) {
  for (int64_t o = begin; o < end; o += 16)
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t c = 0; c < inputs; c += 16) {
        alignas(64) float rows[16][16];
        for (int i = 0; i < 16; ++i) {
          const int64_t at = (tap * inputs + c + i) * outputs + o;
          v16f sum = load16(parts[0] + at);
          for (int64_t part = 1; part < count; ++part) sum += load16(parts[part] + at);
          store16(rows[i], sum);
        }
        for (int j = 0; j < 16; ++j) {
          v16f row;
          for (int i = 0; i < 16; ++i) row[i] = rows[i][j];
          store16(to + ((o + j) * taps + tap) * inputs + c, row);
        }
      }
}

/// c [Rows][32] (+)= a b: a's pairs are `row` and `deep` numbers apart, b's rows `b_deep`, its halves `b_wide`.
template <int Rows, bool Add>
static void pair_product(const uint16_t *a, int64_t row, int64_t deep, const uint16_t *b, int64_t b_deep, int64_t b_wide, int64_t depth, float *c, int64_t c_row) {
  v16f sums[Rows][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < Rows; ++r)
#pragma clang loop unroll(full)
    for (int w = 0; w < 2; ++w) sums[r][w] = Add ? load16(c + r * c_row + 16 * w) : v16f{};
  for (int64_t k = 0; k < depth; ++k, a += deep, b += b_deep) {
    const Pairs right[2] = {pairs(b), pairs(b + b_wide)};
#pragma clang loop unroll(full)
    for (int r = 0; r < Rows; ++r) {
      const Pairs left = everywhere(a + r * row);
#pragma clang loop unroll(full)
      for (int w = 0; w < 2; ++w) sums[r][w] = __builtin_ia32_dpbf16ps_512(sums[r][w], left, right[w]);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < Rows; ++r)
#pragma clang loop unroll(full)
    for (int w = 0; w < 2; ++w) store16(c + r * c_row + 16 * w, sums[r][w]);
}

constexpr int most_rows = most_sums / 2;
using PairProduct = decltype(&pair_product<1, false>);
template <int... Rows>
static constexpr std::array<PairProduct, most_rows> row_counts(std::integer_sequence<int, Rows...>) { return {pair_product<Rows + 1, false>...}; }

static void multiply_pairs(const uint16_t *a, int64_t rows, int64_t size, const uint16_t *b, float *c) {
  static constexpr auto kernels = row_counts(std::make_integer_sequence<int, most_rows>());
  const int64_t parts = (rows + most_rows - 1) / most_rows;
  for (int64_t part = 0; part < parts; ++part) {
    const int64_t begin = rows * part / parts, end = rows * (part + 1) / parts;
    kernels[end - begin - 1](a + begin * size, size, 2, b, 32, size * 16, size / 2, c + begin * 32, 32);
  }
}

static PairedKernels paired_table() { return {convolve_paired, lay_out, lay_out_turned, pair_pixels, add_pairs, gather, multiply_pairs}; }
