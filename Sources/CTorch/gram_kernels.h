// Products of rows with rows in f32, of matrices in panels of 16 rows: [rows / 16][columns][16], zeros beyond the last row.
// Included once for each instruction set, after vector_kernels.h, with `gram_tall` and `gram_wide`: the block of registers,
// gram_tall rows by gram_wide panels.

/// To panels begin..<end: scale (x - center), and squares[r] = the sum of each row's squares.
static void pack(const float *x, const float *center, float scale, int64_t rows, int64_t columns, int64_t begin, int64_t end, float *to, double *squares) {
  for (int64_t panel = begin; panel < end; ++panel) {
    const float *from = x + panel * 16 * columns;
    float *place = to + panel * 16 * columns;
    const int64_t count = std::min<int64_t>(16, rows - panel * 16);
    double sums[16] = {};
    for (int64_t c = 0; c < columns; c += 16) {
      const int64_t width = std::min<int64_t>(16, columns - c);
      alignas(64) float block[16][16] = {};
      for (int64_t r = 0; r < count; ++r)
        for (int64_t k = 0; k < width; ++k) block[k][r] = scale * (from[r * columns + c + k] - center[c + k]);
      v16f square = {};
      for (int64_t k = 0; k < width; ++k) {
        const v16f v = load16(block[k]);
        square += v * v;
        store16(place + (c + k) * 16, v);
      }
      for (int r = 0; r < 16; ++r) sums[r] += square[r];
    }
    for (int64_t r = 0; r < count; ++r) squares[panel * 16 + r] = sums[r];
  }
}

template <int Tall, int Wide, bool Add>
static void gram_tile(const float *a, const float *b, int64_t apart, int64_t depth, float *c, int64_t c_row) {
  v16f sums[Tall][Wide] = {};
  for (int64_t k = 0; k < depth; ++k, a += 16, b += 16) {
    v16f right[Wide];
#pragma clang loop unroll(full)
    for (int w = 0; w < Wide; ++w) right[w] = load16(b + w * apart);
#pragma clang loop unroll(full)
    for (int r = 0; r < Tall; ++r) {
      const float left = a[r];
#pragma clang loop unroll(full)
      for (int w = 0; w < Wide; ++w) sums[r][w] += left * right[w];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < Tall; ++r)
#pragma clang loop unroll(full)
    for (int w = 0; w < Wide; ++w) {
      float *place = c + r * c_row + 16 * w;
      // Sums of short runs are added: less rounding than one long sum.
      store16(place, Add ? load16(place) + sums[r][w] : sums[r][w]);
    }
}

template <int Tall, bool Add>
static void gram_tiles(int64_t wide, const float *a, const float *b, int64_t apart, int64_t depth, float *c, int64_t c_row) {
  if constexpr (gram_wide > 2)
    if (wide == 3) return gram_tile<Tall, 3, Add>(a, b, apart, depth, c, c_row);
  if constexpr (gram_wide > 1)
    if (wide == 2) return gram_tile<Tall, 2, Add>(a, b, apart, depth, c, c_row);
  gram_tile<Tall, 1, Add>(a, b, apart, depth, c, c_row);
}

/// A panel of a with some of b.
template <bool Add>
static void gram_panel(int64_t wide, const float *a, const float *b, int64_t apart, int64_t depth, float *c, int64_t c_row) {
  int64_t r = 0;
  for (; r + gram_tall <= 16; r += gram_tall) gram_tiles<gram_tall, Add>(wide, a + r, b, apart, depth, c + r * c_row, c_row);
  if constexpr (16 % gram_tall != 0) gram_tiles<16 % gram_tall, Add>(wide, a + r, b, apart, depth, c + r * c_row, c_row);
}

/// out [16 a_panels][16 b_panels] = a b', for panels begin..<end of a. With `upper` a and b are one matrix, and only entries above the
/// diagonal are formed, the others 0.
static void gram(const float *a, const float *b, int64_t b_panels, int64_t columns, int64_t begin, int64_t end, bool upper, float *out) {
  constexpr int64_t deep = 256, high = 8;  // so many columns of so many panels of a, and those of b, stay in the cache
  const int64_t apart = columns * 16, row = 16 * b_panels;
  for (int64_t k = 0; k < columns; k += deep) {
    const int64_t depth = std::min(deep, columns - k);
    for (int64_t top = begin; top < end; top += high)
      for (int64_t j = 0; j < b_panels;) {
        const int64_t wide = std::min<int64_t>(gram_wide, b_panels - j);
        for (int64_t i = top; i < std::min(end, top + high); ++i) {
          if (upper && j + wide <= i) continue;
          float *c = out + i * 16 * row + j * 16;
          const float *left = a + i * apart + k * 16, *right = b + j * apart + k * 16;
          if (k == 0) gram_panel<false>(wide, left, right, apart, depth, c, row);
          else gram_panel<true>(wide, left, right, apart, depth, c, row);
        }
        j += wide;
      }
  }
  if (upper)
    for (int64_t i = 16 * begin; i < 16 * end; ++i) std::fill_n(out + i * row, i + 1, 0.0f);
}
