// Antialiased resizing, byte for byte as Pillow's for 8-bit images: along x, then along y, each rounded to bytes; along y
// first where that drops more than twice as many rows as columns (the order of Pillow 13; older ones always begin with x).
// Pixels have four bytes (the fourth unused), so that one register holds whole pixels. Weights are whole multiples of
// 2^-22 of the cubic with a = -1/2 (Keys) or the triangle, stretched by the reduction and normalized.
// Source of the arithmetic: Pillow 12, src/libImaging/Resample.c; the vector forms give the same sums.
#include "decoder.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { precision = 22, half = 1 << (precision - 1) };

static double weight(cc_filter filter, double x) {
  x = fabs(x);
  if (filter == CC_BILINEAR) return x < 1 ? 1 - x : 0;
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

/// Weights of the output places first ..< first + count of a resize of [start, start + length] of `size` inputs to `target`.
static bool pass_begin(struct pass *pass, uint32_t size, double start, double length, uint32_t target, uint32_t first,
                       uint32_t count, cc_filter filter) {
  double scale = length / target, stretch = scale < 1 ? 1 : scale;
  double support = (filter == CC_BILINEAR ? 1 : 2) * stretch, inverse = 1 / stretch;
  uint32_t taps = ((uint32_t)ceil(support) * 2 + 1 + 3) & ~3u;
  size_t numbers = (size_t)count * (2 + taps);
  if (!scratch_need(&pass->memory, numbers * sizeof(int32_t) + taps * sizeof(double))) return false;
  double *values = (double *)pass->memory.bytes;
  pass->starts = (int32_t *)(values + taps);
  pass->counts = pass->starts + count;
  pass->weights = pass->counts + count;
  pass->first = first, pass->count = count, pass->taps = taps;
  pass->low = size, pass->high = 0;
  memset(pass->weights, 0, (size_t)count * taps * sizeof(int32_t));
  for (uint32_t i = 0; i < count; i++) {
    double center = start + (first + i + 0.5) * scale, sum = 0;
    int64_t low = (int64_t)(center - support + 0.5), high = (int64_t)(center + support + 0.5);
    if (low < 0) low = 0;
    if (low > (int64_t)size - 1) low = (int64_t)size - 1;
    if (high > (int64_t)size) high = size;
    if (high <= low) high = low + 1;
    if (high - low > (int64_t)taps) high = low + taps;
    for (int64_t k = low; k < high; k++) sum += values[k - low] = weight(filter, (k - center + 0.5) * inverse);
    int32_t *weights = pass->weights + (size_t)i * taps;
    for (int64_t k = 0; k < high - low; k++) {
      double value = (sum == 0 ? values[k] : values[k] / sum) * (1 << precision);
      weights[k] = (int32_t)(value < 0 ? value - 0.5 : value + 0.5);
    }
    pass->starts[i] = (int32_t)low;
    pass->counts[i] = (int32_t)(high - low);
    if ((uint32_t)low < pass->low) pass->low = (uint32_t)low;
    if ((uint32_t)high > pass->high) pass->high = (uint32_t)high;
  }
  return true;
}

/// Splits each weight w into three bytes, w = a + 256 b + 65536 c with a, b, c from -128 to 127, for `along_x_vnni`: for
/// every four outputs, and every four inputs of theirs, 64 bytes of a, of b, of c; 16 bytes an output, four times the same
/// four, once for each channel. All outputs take equally many inputs; where these would end beyond the last one needed,
/// they start earlier, with weights of zero. `quads` is 0 where there is no such form. False when memory is short.
static bool split_weights(struct pass *pass) {
  uint32_t groups = (pass->count + 3) / 4;
  pass->quads = 0;
  for (uint32_t i = 0; i < pass->count; i++) {
    uint32_t quads = ((uint32_t)pass->counts[i] + 3) / 4;
    if (quads > pass->quads) pass->quads = quads;
  }
  if (pass->quads > 64) pass->quads = 0;  // Then the weights of one row are large, and the gain is small.
  size_t bytes = (size_t)groups * pass->quads * 192;
  if (!scratch_need(&pass->split, bytes + (size_t)groups * 4 * sizeof(int32_t))) return false;
  pass->split_starts = (int32_t *)(pass->split.bytes + bytes);
  int32_t inputs = (int32_t)pass->quads * 4, latest = (int32_t)pass->high - inputs;
  if (latest < (int32_t)pass->low) latest = (int32_t)pass->low;
  for (uint32_t i = 0; i < groups * 4; i++) {
    // Beyond the last output it stands in; what that gives is not used.
    uint32_t output = i < pass->count ? i : pass->count - 1;
    const int32_t *weights = pass->weights + (size_t)output * pass->taps;
    int32_t start = pass->starts[output] < latest ? pass->starts[output] : latest;
    int32_t zeros = pass->starts[output] - start;
    pass->split_starts[i] = start;
    uint8_t *to = pass->split.bytes + (size_t)(i / 4) * pass->quads * 192 + (i % 4) * 16;
    for (int32_t first = 0; first < inputs; first += 4, to += 192) {
      uint32_t digits[3] = {0, 0, 0};
      for (int32_t k = 0; k < 4; k++) {
        int32_t rest = first + k < zeros ? 0 : weights[first + k - zeros];
        for (int digit = 0; digit < 3; digit++) {
          int32_t low = (int8_t)rest;
          digits[digit] |= (uint32_t)(uint8_t)low << (8 * k);
          rest = (rest - low) / 256;
        }
        if (rest != 0) {  // A weight near 2 or above.
          pass->quads = 0;
          return true;
        }
      }
      for (int digit = 0; digit < 3; digit++) {
        for (int channel = 0; channel < 4; channel++) memcpy(to + 64 * digit + 4 * channel, &digits[digit], 4);
      }
    }
  }
  return true;
}

bool resizer_begin(struct resizer *resizer, uint32_t width, uint32_t height, const double box[4],
                   const cc_resize *resize) {
  const cc_region *window = &resize->window;
  if (!pass_begin(&resizer->columns, width, box[0], box[2], resize->width, window->x, window->width, resize->filter) ||
      !split_weights(&resizer->columns) ||
      !pass_begin(&resizer->rows, height, box[1], box[3], resize->height, window->y, window->height, resize->filter)) {
    return false;
  }
  resizer->rows_first = height > resize->height && (int64_t)height - resize->height > 2 * ((int64_t)width - resize->width);
  uint32_t columns = resizer->rows_first ? resizer->columns.high - resizer->columns.low : window->width;
  resizer->stride = ((size_t)columns * 4 + 63) & ~(size_t)63;
  if (!scratch_need(&resizer->line, (size_t)window->width * 4 + 128) || !scratch_need(&resizer->wide, resizer->stride + 64) ||
      !scratch_need(&resizer->memory, resizer->stride * (resizer->rows.high - resizer->rows.low) + 64)) {
    return false;
  }
  resizer->lines = resizer->memory.bytes;
  return true;
}

void resizer_free(struct resizer *resizer) {
  free(resizer->columns.memory.bytes);
  free(resizer->columns.split.bytes);
  free(resizer->rows.memory.bytes);
  free(resizer->memory.bytes);
  free(resizer->line.bytes);
  free(resizer->wide.bytes);
}

static uint8_t clip(int32_t sum) {
  int32_t value = sum >> precision;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// --- Along x: each output pixel is a weighted sum of neighbouring pixels of one row ----------------------------------

static void along_x(const struct pass *pass, const uint8_t *pixels, uint8_t *line) {
  for (uint32_t i = 0; i < pass->count; i++) {
    const int32_t *weights = pass->weights + (size_t)i * pass->taps;
    const uint8_t *from = pixels + (ptrdiff_t)pass->starts[i] * 4;
    int32_t r = half, g = half, b = half;
    for (int32_t k = 0; k < pass->counts[i]; k++, from += 4) {
      r += from[0] * weights[k], g += from[1] * weights[k], b += from[2] * weights[k];
    }
    line[4 * i] = clip(r), line[4 * i + 1] = clip(g), line[4 * i + 2] = clip(b), line[4 * i + 3] = 0;
  }
}

// --- Along y: each output value is a weighted sum of the values above each other ---------------------------------------

static void along_y(const uint8_t *lines, size_t stride, const int32_t *weights, int32_t count, size_t from, size_t values,
                    uint8_t *out) {
  for (size_t x = from; x < values; x++) {
    int32_t sum = half;
    for (int32_t k = 0; k < count; k++) sum += lines[(size_t)k * stride + x] * weights[k];
    out[x] = clip(sum);
  }
}

#if defined(__x86_64__)
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))
#define AVX2 __attribute__((target("avx2")))

/// Four outputs at a time, each from four pixels at once: products of bytes, weights in three digits. No sums are added
/// across, and the three partial sums hold modulo 2^32 what the whole sum is.
VNNI static void along_x_vnni(const struct pass *pass, const uint8_t *pixels, uint8_t *line) {
  const __m512i planes = _mm512_broadcast_i32x4(_mm_set_epi8(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0));
  const uint8_t *weights = pass->split.bytes;
  for (uint32_t i = 0; i < pass->count; i += 4, line += 16) {
    const uint8_t *from[4];
    for (uint32_t k = 0; k < 4; k++) from[k] = pixels + (ptrdiff_t)pass->split_starts[i + k] * 4;
    __m512i a = _mm512_set1_epi32(half), b = _mm512_setzero_si512(), c = b;
    for (uint32_t quad = 0; quad < pass->quads; quad++, weights += 192) {
      __m512i values = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(from[0] + 16 * quad)));
      values = _mm512_inserti32x4(values, _mm_loadu_si128((const __m128i *)(from[1] + 16 * quad)), 1);
      values = _mm512_inserti32x4(values, _mm_loadu_si128((const __m128i *)(from[2] + 16 * quad)), 2);
      values = _mm512_inserti32x4(values, _mm_loadu_si128((const __m128i *)(from[3] + 16 * quad)), 3);
      values = _mm512_shuffle_epi8(values, planes);
      a = _mm512_dpbusd_epi32(a, values, _mm512_loadu_si512(weights));
      b = _mm512_dpbusd_epi32(b, values, _mm512_loadu_si512(weights + 64));
      c = _mm512_dpbusd_epi32(c, values, _mm512_loadu_si512(weights + 128));
    }
    a = _mm512_add_epi32(a, _mm512_add_epi32(_mm512_slli_epi32(b, 8), _mm512_slli_epi32(c, 16)));
    a = _mm512_max_epi32(_mm512_srai_epi32(a, precision), _mm512_setzero_si512());
    _mm_storeu_si128((__m128i *)line, _mm512_cvtusepi32_epi8(a));
  }
}

/// Four pixels at a time; their four sums are added in the end.
AVX512 static void along_x_512(const struct pass *pass, const uint8_t *pixels, uint8_t *line) {
  const __m512i spread = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
  const __m128i rounding = _mm_set1_epi32(half);
  for (uint32_t i = 0; i < pass->count; i++) {
    const int32_t *weights = pass->weights + (size_t)i * pass->taps;
    const uint8_t *from = pixels + (ptrdiff_t)pass->starts[i] * 4;
    __m512i sum = _mm512_setzero_si512();
    for (int32_t k = 0; k < pass->counts[i]; k += 4, from += 16) {
      __m512i four = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)from));
      __m512i by = _mm512_permutexvar_epi32(spread, _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(weights + k))));
      sum = _mm512_add_epi32(sum, _mm512_mullo_epi32(four, by));
    }
    __m256i two = _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
    __m128i one = _mm_add_epi32(_mm256_castsi256_si128(two), _mm256_extracti128_si256(two, 1));
    one = _mm_srai_epi32(_mm_add_epi32(one, rounding), precision);
    one = _mm_packus_epi16(_mm_packs_epi32(one, one), one);
    int32_t pixel = _mm_cvtsi128_si32(one);
    memcpy(line + 4 * i, &pixel, 4);
  }
}

AVX512 static size_t along_y_512(const uint8_t *lines, size_t stride, const int32_t *weights, int32_t count, size_t values,
                                 uint8_t *out) {
  size_t x = 0;
  for (; x + 32 <= values; x += 32) {
    __m512i a = _mm512_set1_epi32(half), b = a;
    const uint8_t *from = lines + x;
    for (int32_t k = 0; k < count; k++, from += stride) {
      __m512i by = _mm512_set1_epi32(weights[k]);
      a = _mm512_add_epi32(a, _mm512_mullo_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)from)), by));
      b = _mm512_add_epi32(b, _mm512_mullo_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(from + 16))), by));
    }
    a = _mm512_max_epi32(_mm512_srai_epi32(a, precision), _mm512_setzero_si512());
    b = _mm512_max_epi32(_mm512_srai_epi32(b, precision), _mm512_setzero_si512());
    _mm_storeu_si128((__m128i *)(out + x), _mm512_cvtusepi32_epi8(a));
    _mm_storeu_si128((__m128i *)(out + x + 16), _mm512_cvtusepi32_epi8(b));
  }
  return x;
}

/// Two pixels at a time.
AVX2 static void along_x_256(const struct pass *pass, const uint8_t *pixels, uint8_t *line) {
  const __m256i spread = _mm256_set_epi32(1, 1, 1, 1, 0, 0, 0, 0);
  const __m128i rounding = _mm_set1_epi32(half);
  for (uint32_t i = 0; i < pass->count; i++) {
    const int32_t *weights = pass->weights + (size_t)i * pass->taps;
    const uint8_t *from = pixels + (ptrdiff_t)pass->starts[i] * 4;
    __m256i sum = _mm256_setzero_si256();
    for (int32_t k = 0; k < pass->counts[i]; k += 2, from += 8) {
      __m256i two = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)from));
      __m256i by = _mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)(weights + k)));
      sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(two, _mm256_permutevar8x32_epi32(by, spread)));
    }
    __m128i one = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    one = _mm_srai_epi32(_mm_add_epi32(one, rounding), precision);
    one = _mm_packus_epi16(_mm_packs_epi32(one, one), one);
    int32_t pixel = _mm_cvtsi128_si32(one);
    memcpy(line + 4 * i, &pixel, 4);
  }
}

AVX2 static size_t along_y_256(const uint8_t *lines, size_t stride, const int32_t *weights, int32_t count, size_t values,
                               uint8_t *out) {
  size_t x = 0;
  for (; x + 8 <= values; x += 8) {
    __m256i sum = _mm256_set1_epi32(half);
    const uint8_t *from = lines + x;
    for (int32_t k = 0; k < count; k++, from += stride) {
      __m256i eight = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)from));
      sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(eight, _mm256_set1_epi32(weights[k])));
    }
    sum = _mm256_srai_epi32(sum, precision);
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    _mm_storel_epi64((__m128i *)(out + x), _mm_packus_epi16(words, words));
  }
  return x;
}

/// 3 AVX-512 with VNNI, 2 AVX-512, 1 AVX2, 0 none of them; less what the resizer is told to do without.
static int vector_level(const struct resizer *resizer) {
  int level = __builtin_cpu_supports("avx2") ? 1 : 0;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    level = __builtin_cpu_supports("avx512vnni") ? 3 : 2;
  }
  return level - resizer->withheld;
}
#endif

/// `pixels` begin at column `left`, which may lie right of column 0: nothing left of columns.low is read.
static void resize_along_x(const struct resizer *resizer, const uint8_t *pixels, int64_t left, uint8_t *line) {
  const struct pass *columns = &resizer->columns;
  pixels -= left * 4;
#if defined(__x86_64__)
  int level = vector_level(resizer);
  if (level == 3 && columns->quads == 0) level = 2;
  switch (level) {
    case 3: along_x_vnni(columns, pixels, line); return;
    case 2: along_x_512(columns, pixels, line); return;
    case 1: along_x_256(columns, pixels, line); return;
  }
#endif
  along_x(columns, pixels, line);
}

static void resize_along_y(const struct resizer *resizer, uint32_t i, uint8_t *line) {
  const struct pass *rows = &resizer->rows;
  size_t stride = resizer->stride, done = 0;
  const uint8_t *lines = resizer->lines + (size_t)(rows->starts[i] - (int32_t)rows->low) * stride;
  const int32_t *weights = rows->weights + (size_t)i * rows->taps;
#if defined(__x86_64__)
  switch (vector_level(resizer)) {
    case 3:
    case 2: done = along_y_512(lines, stride, weights, rows->counts[i], stride, line); break;
    case 1: done = along_y_256(lines, stride, weights, rows->counts[i], stride, line); break;
  }
#endif
  along_y(lines, stride, weights, rows->counts[i], done, stride, line);
}

void resizer_row(struct resizer *resizer, const uint8_t *pixels, int64_t left, uint32_t y) {
  if (y < resizer->rows.low || y >= resizer->rows.high) return;
  uint8_t *line = resizer->lines + (size_t)(y - resizer->rows.low) * resizer->stride;
  if (resizer->rows_first) {
    size_t columns = resizer->columns.high - resizer->columns.low;
    memcpy(line, pixels + ((int64_t)resizer->columns.low - left) * 4, columns * 4);
  } else {
    resize_along_x(resizer, pixels, left, line);
  }
}

void resizer_end(struct resizer *resizer, const struct sink *sink) {
  uint32_t width = resizer->columns.count;
  for (uint32_t i = 0; i < resizer->rows.count; i++) {
    uint8_t *line = resizer->line.bytes;
    if (resizer->rows_first) {
      resize_along_y(resizer, i, resizer->wide.bytes);
      resize_along_x(resizer, resizer->wide.bytes, resizer->columns.low, line);
    } else {
      resize_along_y(resizer, i, line);
    }
    sink_line(sink, line, width, i);
  }
}
