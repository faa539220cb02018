// One way in to all image formats: tells them apart, turns pictures upright, crops and resizes.
#include "decoder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool scratch_need(struct scratch *scratch, size_t size) {
  if (scratch->room >= size && scratch->bytes != NULL) return true;
  free(scratch->bytes);
  size_t room = size + size / 4 + 64;
  scratch->bytes = malloc(room);
  scratch->room = scratch->bytes == NULL ? 0 : room;
  return scratch->bytes != NULL;
}

cc_image_status decoder_fail(cc_decoder *decoder, cc_image_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(decoder->message, sizeof decoder->message, format, arguments);
  va_end(arguments);
  return status;
}

cc_decoder *cc_decoder_new(void) { return calloc(1, sizeof(cc_decoder)); }

void cc_decoder_free(cc_decoder *decoder) {
  if (decoder == NULL) return;
  jpeg_forget(decoder);
  resizer_free(&decoder->resizer);
  free(decoder->row.bytes);
  free(decoder->whole.bytes);
  free(decoder->turned.bytes);
  free(decoder);
}

void cc_decoder_withhold_vectors(cc_decoder *decoder, int levels) { decoder->resizer.withheld = levels; }

const char *cc_decoder_message(const cc_decoder *decoder) { return decoder->message; }

int exif_orientation(const uint8_t *tiff, size_t count) {
  if (count < 14) return 1;
  bool little = tiff[0] == 'I' && tiff[1] == 'I';
  if (!little && !(tiff[0] == 'M' && tiff[1] == 'M')) return 1;
#define WORD(p) (uint32_t)(little ? tiff[p] | tiff[(p) + 1] << 8 : tiff[p] << 8 | tiff[(p) + 1])
#define LONG(p) (little ? WORD(p) | WORD((p) + 2) << 16 : WORD(p) << 16 | WORD((p) + 2))
  if (WORD(2) != 42) return 1;
  size_t directory = LONG(4);
  if (directory > count - 2) return 1;
  size_t entries = WORD(directory), place = directory + 2;
  for (size_t i = 0; i < entries && place + 12 <= count; i++, place += 12) {
    if (WORD(place) != 0x0112) continue;
    uint32_t type = WORD(place + 2), value = type == 3 ? WORD(place + 8) : type == 4 ? LONG(place + 8) : 0;
    return value >= 1 && value <= 8 ? (int)value : 1;
  }
#undef WORD
#undef LONG
  return 1;
}

cc_image_status cc_decoder_open(cc_decoder *decoder, const uint8_t *bytes, size_t count, uint64_t pixel_limit,
                                cc_image_info *info) {
  static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  decoder->bytes = bytes;
  decoder->count = count;
  decoder->message[0] = 0;
  memset(&decoder->info, 0, sizeof decoder->info);
  decoder->info.orientation = 1;
  cc_image_status status;
  if (count >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff) {
    decoder->info.format = CC_JPEG_FILE;
    status = jpeg_open(decoder, pixel_limit);
  } else if (count >= 8 && memcmp(bytes, png, 8) == 0) {
    decoder->info.format = CC_PNG_FILE;
    status = png_open(decoder, pixel_limit);
  } else if (count >= 3 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6')) {
    decoder->info.format = CC_PNM_FILE;
    status = pnm_open(decoder, pixel_limit);
  } else {
    status = decoder_fail(decoder, CC_IMAGE_UNKNOWN, "not an image of a known format");
  }
  if (status == CC_IMAGE_OK && decoder->info.orientation > 4) {
    uint32_t width = decoder->info.width;
    decoder->info.width = decoder->info.height;
    decoder->info.height = width;
  }
  *info = decoder->info;
  return status;
}

static cc_image_status read_stored(cc_decoder *decoder, uint8_t *rgb) {
  switch (decoder->info.format) {
    case CC_JPEG_FILE: return jpeg_read(decoder, rgb);
    case CC_PNG_FILE: return png_read(decoder, rgb);
    case CC_PNM_FILE: return pnm_read(decoder, rgb);
  }
  return decoder_fail(decoder, CC_IMAGE_UNKNOWN, "no image is open");
}

/// Copies a stored picture into its upright place. `width` and `height` are the upright sizes.
static void turn(const uint8_t *stored, uint8_t *rgb, uint32_t width, uint32_t height, int orientation) {
  bool swaps = orientation > 4;
  ptrdiff_t stored_width = swaps ? height : width, stored_height = swaps ? width : height;
  for (ptrdiff_t y = 0; y < (ptrdiff_t)height; y++) {
    for (ptrdiff_t x = 0; x < (ptrdiff_t)width; x++) {
      ptrdiff_t sx = swaps ? y : x, sy = swaps ? x : y;
      // 2, 3, 7, 8 come mirrored along the stored x; 3, 4, 6, 7 along the stored y.
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) sx = stored_width - 1 - sx;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) sy = stored_height - 1 - sy;
      const uint8_t *from = stored + (sy * stored_width + sx) * 3;
      rgb[0] = from[0], rgb[1] = from[1], rgb[2] = from[2];
      rgb += 3;
    }
  }
}

cc_image_status cc_decoder_read(cc_decoder *decoder, uint8_t *rgb) {
  cc_image_info *info = &decoder->info;
  if (info->orientation == 1) return read_stored(decoder, rgb);
  if (!scratch_need(&decoder->turned, (size_t)info->width * info->height * 3)) {
    return decoder_fail(decoder, CC_IMAGE_NO_MEMORY, "no memory for %u x %u pixels", info->width, info->height);
  }
  cc_image_status status = read_stored(decoder, decoder->turned.bytes);
  if (status == CC_IMAGE_OK) turn(decoder->turned.bytes, rgb, info->width, info->height, info->orientation);
  return status;
}

static bool is_inside(const cc_resize *resize, uint32_t width, uint32_t height) {
  const cc_region *s = &resize->source, *w = &resize->window;
  return s->width > 0 && s->height > 0 && s->x < width && s->y < height && s->width <= width - s->x &&
         s->height <= height - s->y && w->width > 0 && w->height > 0 && w->x < resize->width && w->y < resize->height &&
         w->width <= resize->width - w->x && w->height <= resize->height - w->y;
}

static cc_image_status resize_pixels(cc_decoder *decoder, const uint8_t *rgb, uint32_t width, uint32_t height,
                                     const cc_resize *resize, const struct sink *sink) {
  if (!is_inside(resize, width, height)) {
    return decoder_fail(decoder, CC_IMAGE_UNSUPPORTED, "a region outside the image");
  }
  cc_region s = resize->source;
  double box[4] = {0, 0, s.width, s.height};
  struct resizer *resizer = &decoder->resizer;
  bool fits = resizer_begin(resizer, s.width, s.height, box, resize);
  if (!fits || !scratch_need(&decoder->row, (size_t)s.width * 4 + 64)) {
    return decoder_fail(decoder, CC_IMAGE_NO_MEMORY, "no memory to resize %u x %u pixels", s.width, s.height);
  }
  for (uint32_t y = resizer->rows.low; y < resizer->rows.high; y++) {
    const uint8_t *from = rgb + ((size_t)(s.y + y) * width + s.x) * 3;
    uint8_t *row = decoder->row.bytes;
    for (uint32_t x = 0; x < s.width; x++) {
      row[4 * x] = from[3 * x], row[4 * x + 1] = from[3 * x + 1], row[4 * x + 2] = from[3 * x + 2], row[4 * x + 3] = 0;
    }
    resizer_row(resizer, row, 0, y);
  }
  resizer_end(resizer, sink);
  return CC_IMAGE_OK;
}

static cc_image_status read_resized(cc_decoder *decoder, const cc_resize *resize, const struct sink *sink) {
  cc_image_info *info = &decoder->info;
  if (!is_inside(resize, info->width, info->height)) {
    return decoder_fail(decoder, CC_IMAGE_UNSUPPORTED, "a region outside the image");
  }
  if (info->format == CC_JPEG_FILE && info->orientation == 1) return jpeg_read_resized(decoder, resize, sink);
  const uint8_t *pixels = info->format == CC_PNM_FILE ? pnm_pixels(decoder) : NULL;
  if (pixels == NULL) {
    if (!scratch_need(&decoder->whole, (size_t)info->width * info->height * 3)) {
      return decoder_fail(decoder, CC_IMAGE_NO_MEMORY, "no memory for %u x %u pixels", info->width, info->height);
    }
    cc_image_status status = cc_decoder_read(decoder, decoder->whole.bytes);
    if (status != CC_IMAGE_OK) return status;
    pixels = decoder->whole.bytes;
  }
  return resize_pixels(decoder, pixels, info->width, info->height, resize, sink);
}

cc_image_status cc_decoder_read_resized(cc_decoder *decoder, cc_resize resize, uint8_t *rgb) {
  struct sink sink = {.rgb = rgb};
  return read_resized(decoder, &resize, &sink);
}

cc_image_status cc_decoder_read_normalized(cc_decoder *decoder, cc_resize resize, cc_normalization normalization,
                                           float *values) {
  struct sink sink = {.values = values, .normalization = &normalization};
  return read_resized(decoder, &resize, &sink);
}

cc_image_status cc_resize_rgb(cc_decoder *decoder, const uint8_t *rgb, uint32_t width, uint32_t height, cc_resize resize,
                              uint8_t *out) {
  struct sink sink = {.rgb = out};
  return resize_pixels(decoder, rgb, width, height, &resize, &sink);
}
