// Winograd's convolution (winograd_kernels.h) of bf16 images in products of pairs of bf16: transforms are rounded to bf16, products
// and their sums are those of paired_kernels.h. Pairs are of neighbouring channels in the images' convolution and of
// neighbouring tiles in the weights' gradient.
// Included once, after winograd_kernels.h and paired_kernels.h.

/// [16][2] of two vectors, rounded.
__attribute__((always_inline)) static inline void store_pairs(uint16_t *to, v16f a, v16f b) {
  const auto v = __builtin_ia32_cvtne2ps2bf16_512(b, a);
  const auto mixed = __builtin_shufflevector(v, v, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  __builtin_memcpy(to, &mixed, sizeof mixed);
}

/// Where tiles come as pairs: v [16][pairs][channels][2] of rows first..<last of tiles, the last pair half zeros where they are odd.
/// `transform` is one of those of a row.
template <class Transform>
__attribute__((always_inline)) static inline void transform_pairs(const Tiles &t, int64_t channels, int64_t first, int64_t last, uint16_t *v, const Transform &transform) {
  const int64_t tiles = (last - first) * t.across, apart = distance((tiles + 1) / 2 * 2, channels);
  for (int64_t c = 0; c < channels; c += 16) {
    v16f before[4][4] = {};  // the even tile of a pair
    int64_t number = 0;
    const auto put = [&](int64_t, int i, v16f v0, v16f v1, v16f v2, v16f v3) __attribute__((always_inline)) {
      if (number % 2 == 0) {
        before[i][0] = v0, before[i][1] = v1, before[i][2] = v2, before[i][3] = v3;
      } else {
        uint16_t *place = v + (number / 2 * channels + c) * 2 + 4 * i * apart;
        store_pairs(place, before[i][0], v0), store_pairs(place + apart, before[i][1], v1);
        store_pairs(place + 2 * apart, before[i][2], v2), store_pairs(place + 3 * apart, before[i][3], v3);
      }
      number += i == 3;
    };
    for (int64_t row = first; row < last; ++row) transform(row, c, put);
    if (number % 2)
      for (int i = 0; i < 4; ++i) put(0, i, v16f{}, v16f{}, v16f{}, v16f{});
  }
}

/// Outputs are taken 32 at a time, whose sums stay in the cache.
template <class T>
static void convolve_tiles(const T *x, const Tiles &t, int64_t inputs, int64_t outputs, int64_t first, int64_t last, const uint16_t *weights, uint16_t *y, const Finish<uint16_t> &finish, uint16_t *v, float *m) {
  const int64_t tiles = (last - first) * t.across;
  transform_inputs(x, t, inputs, first, last, v);
  for (int64_t o = 0; o < outputs; o += 32) {
    for (int place = 0; place < 16; ++place)
      multiply_pairs(v + place * distance(tiles, inputs), tiles, inputs, weights + (place * outputs + o) * inputs, m + place * distance(tiles, 32));
    const Finish<uint16_t> here{finish.scale ? finish.scale + o : nullptr, finish.scale ? finish.offset + o : nullptr, finish.residual ? finish.residual + o : nullptr, finish.relu};
    transform_outputs(m, t, 32, outputs, first, last, y + o, here);
  }
}

static void add_tile_products(const uint16_t *x, const float *g, const Tiles &t, int64_t inputs, int64_t outputs, int64_t first, int64_t last, bool fresh, float *sums, uint16_t *v, uint16_t *w) {
  const int64_t pairs = ((last - first) * t.across + 1) / 2;
  transform_pairs(t, inputs, first, last, v, [&](int64_t row, int64_t c, const auto &put) __attribute__((always_inline)) { transform_input_row(x, t, inputs, row, c, put); });
  transform_pairs(t, outputs, first, last, w, [&](int64_t row, int64_t c, const auto &put) __attribute__((always_inline)) { transform_gradient_row(g, t, outputs, row, c, put); });
  constexpr int rows = 8;
  const auto product = fresh ? pair_product<rows, false> : pair_product<rows, true>;
  for (int place = 0; place < 16; ++place, v += distance(2 * pairs, inputs), w += distance(2 * pairs, outputs), sums += inputs * outputs)
    for (int64_t o = 0; o < outputs; o += 32)
      for (int64_t c = 0; c < inputs; c += rows)
        product(v + c * 2, 2, inputs * 2, w + o * 2, outputs * 2, 32, pairs, sums + c * outputs + o, outputs);
}

/// G w G' of 16 weights a tap, `taps` numbers apart.
__attribute__((always_inline)) static inline void spread_taps(const float *w, int64_t taps, bool turned, v16f (&to)[16]) {
  v16f rows[4][3];
  for (int left = 0; left < 3; ++left) {
    v16f tap[3];
    for (int up = 0; up < 3; ++up) tap[up] = load16(w + (turned ? 8 - (up * 3 + left) : up * 3 + left) * taps);
    rows[0][left] = tap[0], rows[1][left] = 0.5f * (tap[0] + tap[1] + tap[2]), rows[2][left] = 0.5f * (tap[0] - tap[1] + tap[2]), rows[3][left] = tap[2];
  }
  for (int r = 0; r < 4; ++r)
    to[4 * r] = rows[r][0], to[4 * r + 1] = 0.5f * (rows[r][0] + rows[r][1] + rows[r][2]), to[4 * r + 2] = 0.5f * (rows[r][0] - rows[r][1] + rows[r][2]), to[4 * r + 3] = rows[r][2];
}

static void lay_out_tiles(const float *weights, int64_t outputs, int64_t inputs, int64_t begin, int64_t end, uint16_t *to) {
  for (int64_t o = begin; o < end; o += 16)
    for (int64_t c = 0; c < inputs; c += 16) {
      alignas(64) uint32_t rows[16][16][8];  // places, outputs, pairs of inputs
      for (int i = 0; i < 16; ++i) {
        v16f places[16];
        spread_taps(weights + (o + i) * 9 * inputs + c, inputs, false, places);
        for (int place = 0; place < 16; ++place) store16(reinterpret_cast<uint16_t *>(rows[place][i]), places[place]);
      }
      for (int place = 0; place < 16; ++place)
        for (int pair = 0; pair < 8; ++pair) {
          alignas(64) uint32_t column[16];
          for (int i = 0; i < 16; ++i) column[i] = rows[place][i][pair];
          __builtin_memcpy(to + ((place * outputs + o) * inputs) + (c / 2 + pair) * 32, column, sizeof column);
        }
    }
}

static void lay_out_tiles_turned(const float *weights, int64_t outputs, int64_t inputs, int64_t begin, int64_t end, uint16_t *to) {
  for (int64_t c = begin; c < end; c += 16)
    for (int64_t o = 0; o < outputs; o += 2) {
      v16f a[16], b[16];
      spread_taps(weights + o * 9 * inputs + c, inputs, true, a);
      spread_taps(weights + (o + 1) * 9 * inputs + c, inputs, true, b);
      for (int place = 0; place < 16; ++place) store_pairs(to + (place * inputs + c) * outputs + o * 16, a[place], b[place]);
    }
}

/// G' s G of the parts' sums s, 16 outputs at a time.
static void gather_tiles(const float *const *parts, int64_t count, int64_t inputs, int64_t outputs, int64_t begin, int64_t end, float *to) {
  for (int64_t o = begin; o < end; o += 16)
    for (int64_t c = 0; c < inputs; c += 16) {
      alignas(64) float taps[9][16][16];
      for (int i = 0; i < 16; ++i) {
        v16f rows[3][4];
        for (int q = 0; q < 4; ++q) {
          v16f s[4];
          for (int p = 0; p < 4; ++p) {
            const int64_t at = ((4 * p + q) * inputs + c + i) * outputs + o;
            s[p] = load16(parts[0] + at);
            for (int64_t part = 1; part < count; ++part) s[p] += load16(parts[part] + at);
          }
          rows[0][q] = s[0] + 0.5f * (s[1] + s[2]), rows[1][q] = 0.5f * (s[1] - s[2]), rows[2][q] = 0.5f * (s[1] + s[2]) + s[3];
        }
        for (int up = 0; up < 3; ++up) {
          store16(taps[3 * up][i], rows[up][0] + 0.5f * (rows[up][1] + rows[up][2]));
          store16(taps[3 * up + 1][i], 0.5f * (rows[up][1] - rows[up][2]));
          store16(taps[3 * up + 2][i], 0.5f * (rows[up][1] + rows[up][2]) + rows[up][3]);
        }
      }
      for (int j = 0; j < 16; ++j)
        for (int tap = 0; tap < 9; ++tap) {
          v16f row;
          for (int i = 0; i < 16; ++i) row[i] = taps[tap][i][j];
          store16(to + ((o + j) * 9 + tap) * inputs + c, row);
        }
    }
}

static PairedTileKernels paired_tile_table() { return {convolve_tiles<uint16_t>, convolve_tiles<float>, add_tile_products, lay_out_tiles, lay_out_tiles_turned, gather_tiles}; }
