// Bytes become normalized values, each by one product and one sum that are rounded apart, whatever the instructions.
#pragma STDC FP_CONTRACT OFF
#include "decoder.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

void drop_fourth(const uint8_t *rgbx, uint32_t width, uint8_t *rgb) {
  for (uint32_t x = 0; x < width; x++) {
    rgb[3 * x] = rgbx[4 * x], rgb[3 * x + 1] = rgbx[4 * x + 1], rgb[3 * x + 2] = rgbx[4 * x + 2];
  }
}

/// The pixels of a line from `begin` on.
static void normalize_line(const uint8_t *rgbx, uint32_t begin, uint32_t width, const cc_normalization *by,
                           float *values) {
  for (uint32_t x = begin; x < width; x++) {
    const uint8_t *pixel = rgbx + (size_t)(by->flip ? width - 1 - x : x) * 4;
    for (int c = 0; c < 3; c++) {
      values[3 * (size_t)x + (size_t)c] = pixel[c] * by->scale[c] + by->offset[c];
    }
  }
}

#if defined(__x86_64__)
/// Four pixels at a time.
__attribute__((target("avx512f,avx512bw,avx512vl"))) static uint32_t normalize_line_512(
    const uint8_t *rgbx, uint32_t width, const cc_normalization *by, float *values) {
  const __m128i order = by->flip ? _mm_set_epi8(-1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12)
                                 : _mm_set_epi8(-1, -1, -1, -1, 14, 13, 12, 10, 9, 8, 6, 5, 4, 2, 1, 0);
  float each[16] = {0}, plus[16] = {0};
  for (int i = 0; i < 12; i++) each[i] = by->scale[i % 3], plus[i] = by->offset[i % 3];
  const __m512 scale = _mm512_loadu_ps(each), offset = _mm512_loadu_ps(plus);
  uint32_t x = 0;
  for (; x + 4 <= width; x += 4) {
    const uint8_t *from = rgbx + (size_t)(by->flip ? width - 4 - x : x) * 4;
    __m512 four = _mm512_cvtepi32_ps(
        _mm512_cvtepu8_epi32(_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)from), order)));
    _mm512_mask_storeu_ps(values + 3 * (size_t)x, 0xfff, _mm512_add_ps(_mm512_mul_ps(four, scale), offset));
  }
  return x;
}
#endif

void sink_line(const struct sink *sink, const uint8_t *rgbx, uint32_t width, uint32_t y) {
  if (sink->values == NULL) {
    drop_fourth(rgbx, width, sink->rgb + (size_t)y * width * 3);
    return;
  }
  float *values = sink->values + (size_t)y * width * 3;
  uint32_t done = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    done = normalize_line_512(rgbx, width, sink->normalization, values);
  }
#endif
  normalize_line(rgbx, done, width, sink->normalization, values);
}

void cc_normalize(const uint8_t *rgb, size_t pixels, const float scale[3], const float offset[3], float *values) {
  float s[12], o[12];
  for (int i = 0; i < 12; i++) s[i] = scale[i % 3], o[i] = offset[i % 3];
  size_t count = pixels * 3, i = 0;
  for (; i + 12 <= count; i += 12) {
    for (size_t k = 0; k < 12; k++) values[i + k] = rgb[i + k] * s[k] + o[k];
  }
  for (size_t k = 0; i < count; i++, k++) values[i] = rgb[i] * s[k] + o[k];
}
