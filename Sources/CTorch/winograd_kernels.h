// Winograd's convolution F(2x2, 3x3) (Lavin & Gray 2016, section 4.1): 3x3 windows at stride 1 with one pixel of zeros
// around, for images in channels-last memory. A tile of 2x2 outputs sees 4x4 inputs; both are transformed so that 16
// products a channel pair do the work of 36. The same transforms give the weights' gradient: with y = A'[(Gw)(B'd)] the
// sum of g y is bilinear in w and g, so dw = G'[(Ag)(B'd)].
// Included once for each instruction set, after vector_kernels.h, with `lanes` (numbers in a register) and the block of
// registers of a product, `tall` x `wide` times 16. Transforms lie as [16][tiles][channels], a cache line between the 16.

using Numbers = Lanes<lanes>::Numbers;
using Bits = Lanes<lanes>::Bits;

/// How far apart the 16 parts of a transform lie.
static int64_t distance(int64_t tiles, int64_t channels) { return tiles * channels + 32; }

/// v = B' d B of the 4x4 inputs of each tile of a row of tiles, for the channels c to c + lanes: put(tile, i, v0, v1, v2, v3) takes line i of v.
template <class T, class Put>
__attribute__((always_inline)) static inline void transform_input_row(const T *x, const Tiles &t, int64_t channels, int64_t row, int64_t c, const Put &put) {
  static const T nothing[16] = {};
  const int64_t image = row / t.down, top = 2 * (row % t.down) - 1;
  const T *from[4];
  int64_t step[4];
  for (int i = 0; i < 4; ++i) {
    const bool inside = top + i >= 0 && top + i < t.height;
    from[i] = inside ? x + (image * t.height + top + i) * t.width * channels + c : nothing;
    step[i] = inside ? channels : 0;
  }
  const auto column = [&](int64_t w, Numbers *to) __attribute__((always_inline)) {
    const Numbers d0 = load<lanes>(from[0] + w * step[0]), d1 = load<lanes>(from[1] + w * step[1]),
                  d2 = load<lanes>(from[2] + w * step[2]), d3 = load<lanes>(from[3] + w * step[3]);
    to[0] = d0 - d2, to[1] = d1 + d2, to[2] = d2 - d1, to[3] = d1 - d3;
  };
  Numbers a[4] = {}, b[4];  // the two columns on the left, transformed
  column(0, b);
  for (int64_t tile = 0; tile < t.across; ++tile) {
    Numbers d[4] = {}, e[4] = {};
    if (2 * tile + 1 < t.width) column(2 * tile + 1, d);
    if (2 * tile + 2 < t.width) column(2 * tile + 2, e);
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; ++i) {
      put(tile, i, a[i] - d[i], b[i] + d[i], d[i] - b[i], b[i] - e[i]);
      a[i] = d[i], b[i] = e[i];
    }
  }
}

/// The same of v = A g A' of the 2x2 gradients of each tile.
template <class T, class Put>
__attribute__((always_inline)) static inline void transform_gradient_row(const T *g, const Tiles &t, int64_t channels, int64_t row, int64_t c, const Put &put) {
  const int64_t image = row / t.down, top = 2 * (row % t.down);
  const T *above = g + (image * t.height + top) * t.width * channels + c, *below = above + t.width * channels;
  const bool whole = top + 1 < t.height;
  for (int64_t tile = 0; tile < t.across; ++tile) {
    const int64_t left = 2 * tile * channels, right = left + channels;
    const bool pair = 2 * tile + 1 < t.width;
    const Numbers none = {};
    const Numbers d[2][2] = {{load<lanes>(above + left), pair ? load<lanes>(above + right) : none},
                             {whole ? load<lanes>(below + left) : none, whole && pair ? load<lanes>(below + right) : none}};
    const Numbers rows[4][2] = {{d[0][0], d[0][1]}, {d[0][0] + d[1][0], d[0][1] + d[1][1]}, {d[0][0] - d[1][0], d[0][1] - d[1][1]}, {-d[1][0], -d[1][1]}};
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; ++i) put(tile, i, rows[i][0], rows[i][0] + rows[i][1], rows[i][0] - rows[i][1], -rows[i][1]);
  }
}

/// v [16][tiles][channels] of rows first..<last of tiles. V is float or uint16_t (the bits of a bf16).
template <class T, class V>
static void transform_inputs(const T *x, const Tiles &t, int64_t channels, int64_t first, int64_t last, V *v) {
  const int64_t apart = distance((last - first) * t.across, channels);
  for (int64_t row = first; row < last; ++row, v += t.across * channels)
    for (int64_t c = 0; c < channels; c += lanes)
      transform_input_row(x, t, channels, row, c, [&](int64_t tile, int i, Numbers v0, Numbers v1, Numbers v2, Numbers v3) __attribute__((always_inline)) {
        V *place = v + tile * channels + c + 4 * i * apart;
        store<lanes>(place, v0), store<lanes>(place + apart, v1), store<lanes>(place + 2 * apart, v2), store<lanes>(place + 3 * apart, v3);
      });
}

static void transform_gradients(const float *g, const Tiles &t, int64_t channels, int64_t first, int64_t last, float *v) {
  const int64_t apart = distance((last - first) * t.across, channels);
  for (int64_t row = first; row < last; ++row, v += t.across * channels)
    for (int64_t c = 0; c < channels; c += lanes)
      transform_gradient_row(g, t, channels, row, c, [&](int64_t tile, int i, Numbers v0, Numbers v1, Numbers v2, Numbers v3) __attribute__((always_inline)) {
        float *place = v + tile * channels + c + 4 * i * apart;
        store<lanes>(place, v0), store<lanes>(place + apart, v1), store<lanes>(place + 2 * apart, v2), store<lanes>(place + 3 * apart, v3);
      });
}

/// y = A' m A of every tile in rows first..<last of tiles, finished: `count` of the `channels`, the first of them at `y`.
template <class T>
static void transform_outputs(const float *m, const Tiles &t, int64_t count, int64_t channels, int64_t first, int64_t last, T *y, const Finish<T> &finish) {
  const int64_t apart = distance((last - first) * t.across, count);
  for (int64_t row = first; row < last; ++row) {
    const int64_t image = row / t.down, top = 2 * (row % t.down);
    const int64_t start = (image * t.height + top) * t.width * channels;
    const bool whole = top + 1 < t.height;
    for (int64_t tile = 0; tile < t.across; ++tile, m += count) {
      const int64_t place = start + 2 * tile * channels;
      const bool pair = 2 * tile + 1 < t.width;
      for (int64_t c = 0; c < count; c += lanes) {
        Numbers up[4], down[4];
#pragma clang loop unroll(full)
        for (int j = 0; j < 4; ++j) {
          const float *from = m + c + j * apart;
          const Numbers m0 = load<lanes>(from), m1 = load<lanes>(from + 4 * apart), m2 = load<lanes>(from + 8 * apart),
                        m3 = load<lanes>(from + 12 * apart);
          up[j] = m0 + m1 + m2;
          down[j] = m1 - m2 - m3;
        }
        const auto put = [&](int64_t i, Numbers value) __attribute__((always_inline)) {
          if (finish.scale) {
            value = value * load<lanes>(finish.scale + c) + load<lanes>(finish.offset + c);
            if (finish.residual) value += load<lanes>(finish.residual + i);
            if (finish.relu) value = (Numbers)((Bits)value & ~(Bits)(value < 0));  // NaN stays
          }
          store<lanes>(y + i, value);
        };
        const int64_t i = place + c, next = t.width * channels;
        put(i, up[0] + up[1] + up[2]);
        if (pair) put(i + channels, up[1] - up[2] - up[3]);
        if (!whole) continue;
        put(i + next, down[0] + down[1] + down[2]);
        if (pair) put(i + next + channels, down[1] - down[2] - down[3]);
      }
    }
  }
}

/// c [Rows][16 Wide] (+)= a b: a's numbers are `row` and `deep` apart, b's rows `b_deep`, its columns of 16 `b_wide`.
template <int Rows, int Wide, bool Add>
static void product(const float *a, int64_t row, int64_t deep, const float *b, int64_t b_deep, int64_t b_wide, int64_t depth, float *c, int64_t c_row) {
  v16f sums[Rows][Wide];
#pragma clang loop unroll(full)
  for (int r = 0; r < Rows; ++r)
#pragma clang loop unroll(full)
    for (int w = 0; w < Wide; ++w) sums[r][w] = Add ? load16(c + r * c_row + 16 * w) : v16f{};
  for (int64_t k = 0; k < depth; ++k, a += deep, b += b_deep) {
    v16f right[Wide];
#pragma clang loop unroll(full)
    for (int w = 0; w < Wide; ++w) right[w] = load16(b + w * b_wide);
#pragma clang loop unroll(full)
    for (int r = 0; r < Rows; ++r) {
      const float left = a[r * row];
#pragma clang loop unroll(full)
      for (int w = 0; w < Wide; ++w) sums[r][w] += left * right[w];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < Rows; ++r)
#pragma clang loop unroll(full)
    for (int w = 0; w < Wide; ++w) store16(c + r * c_row + 16 * w, sums[r][w]);
}

template <int Wide, bool Add>
static void products(int64_t rows, const float *a, int64_t row, int64_t deep, const float *b, int64_t b_deep, int64_t b_wide, int64_t depth, float *c, int64_t c_row) {
  int64_t r = 0;
  const auto take = [&](auto size) __attribute__((always_inline)) {
    constexpr int Rows = decltype(size)::value;
    for (; r + Rows <= rows; r += Rows) product<Rows, Wide, Add>(a + r * row, row, deep, b, b_deep, b_wide, depth, c + r * c_row, c_row);
  };
  take(std::integral_constant<int, tall>());
  if constexpr (tall > 4) take(std::integral_constant<int, 4>());
  if constexpr (tall > 2) take(std::integral_constant<int, 2>());
  take(std::integral_constant<int, 1>());
}

/// m [16][tiles][outputs] = v [16][tiles][inputs] u [16][outputs / 16][inputs][16]
static void multiply(const float *v, const float *u, int64_t tiles, int64_t inputs, int64_t outputs, float *m) {
  for (int place = 0; place < 16; ++place, v += distance(tiles, inputs), m += distance(tiles, outputs), u += inputs * outputs) {
    int64_t o = 0;
    for (; o + 16 * wide <= outputs; o += 16 * wide)
      products<wide, false>(tiles, v, inputs, 1, u + inputs * o, 16, inputs * 16, inputs, m + o, outputs);
    for (; o < outputs; o += 16) products<1, false>(tiles, v, inputs, 1, u + inputs * o, 16, 0, inputs, m + o, outputs);
  }
}

/// m [16][inputs][outputs] += v' g, with v [16][tiles][inputs] and g [16][tiles][outputs]
static void multiply_gradients(const float *v, const float *g, int64_t tiles, int64_t inputs, int64_t outputs, float *m) {
  for (int place = 0; place < 16; ++place, v += distance(tiles, inputs), g += distance(tiles, outputs), m += inputs * outputs) {
    int64_t o = 0;
    for (; o + 16 * wide <= outputs; o += 16 * wide)
      products<wide, true>(inputs, v, 1, inputs, g + o, outputs, 16, tiles, m + o, outputs);
    for (; o < outputs; o += 16) products<1, true>(inputs, v, 1, inputs, g + o, outputs, 0, tiles, m + o, outputs);
  }
}

template <class In, class Out>
static void convolve(const In *x, const Tiles &t, int64_t inputs, int64_t outputs, int64_t first, int64_t last, const float *weights, Out *y, const Finish<Out> &finish, float *scratch) {
  const int64_t tiles = (last - first) * t.across;
  float *m = scratch + 16 * distance(tiles, inputs);
  transform_inputs(x, t, inputs, first, last, scratch);
  multiply(scratch, weights, tiles, inputs, outputs, m);
  transform_outputs(m, t, outputs, outputs, first, last, y, finish);
}

template <class T>
static void add_products(const T *x, const float *g, const Tiles &t, int64_t inputs, int64_t outputs, int64_t first, int64_t last, float *sums, float *scratch) {
  const int64_t tiles = (last - first) * t.across;
  float *v = scratch + 16 * distance(tiles, inputs);
  transform_inputs(x, t, inputs, first, last, scratch);
  transform_gradients(g, t, outputs, first, last, v);
  multiply_gradients(scratch, v, tiles, inputs, outputs, sums);
}

/// These, and those of batch norm.
template <class T>
static Kernels<T> table() {
  auto all = batch_norm_table<T>();
  all.convolve = convolve<T, T>, all.convolve_wide = convolve<float, T>, all.add_products = add_products<T>;
  return all;
}
