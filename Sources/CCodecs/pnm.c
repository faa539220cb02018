// Netpbm's binary pictures (P5 gray, P6 RGB, 8 bits): what packed files hold uncompressed.
#include "decoder.h"

#include <string.h>

static bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The next decimal number, after white space and comments; false where there is none or it is absurd.
static bool number(const uint8_t *bytes, size_t count, size_t *place, uint32_t *value) {
  size_t i = *place;
  while (i < count && (is_space(bytes[i]) || bytes[i] == '#')) {
    if (bytes[i] == '#') {
      while (i < count && bytes[i] != '\n') i++;
    } else {
      i++;
    }
  }
  uint32_t sum = 0;
  size_t start = i;
  for (; i < count && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
    if (sum > 100000000) return false;
    sum = sum * 10 + (uint32_t)(bytes[i] - '0');
  }
  *place = i;
  *value = sum;
  return i > start;
}

cc_image_status pnm_open(cc_decoder *decoder, uint64_t pixel_limit) {
  const uint8_t *bytes = decoder->bytes;
  size_t place = 2;
  uint32_t width, height, depth;
  if (!number(bytes, decoder->count, &place, &width) || !number(bytes, decoder->count, &place, &height) ||
      !number(bytes, decoder->count, &place, &depth) || width == 0 || height == 0) {
    return decoder_fail(decoder, CC_IMAGE_DAMAGED, "a netpbm header without width, height and largest value");
  }
  if (depth != 255) return decoder_fail(decoder, CC_IMAGE_UNSUPPORTED, "a netpbm file of largest value %u, not 255", depth);
  if ((uint64_t)width * height > pixel_limit) {
    return decoder_fail(decoder, CC_IMAGE_TOO_LARGE, "%u x %u pixels", width, height);
  }
  cc_image_info *info = &decoder->info;
  info->width = width, info->height = height, info->bits = 8;
  info->channels = bytes[1] == '6' ? 3 : 1;
  decoder->start = place + 1;  // One white space follows the header.
  size_t needed = (size_t)width * height * (size_t)info->channels;
  if (decoder->start > decoder->count || needed > decoder->count - decoder->start) {
    return decoder_fail(decoder, CC_IMAGE_TRUNCATED, "Premature end of netpbm file");
  }
  return CC_IMAGE_OK;
}

const uint8_t *pnm_pixels(const cc_decoder *decoder) {
  return decoder->info.channels == 3 ? decoder->bytes + decoder->start : NULL;
}

cc_image_status pnm_read(cc_decoder *decoder, uint8_t *rgb) {
  const uint8_t *from = decoder->bytes + decoder->start;
  size_t pixels = (size_t)decoder->info.width * decoder->info.height;
  if (decoder->info.channels == 3) {
    memcpy(rgb, from, pixels * 3);
  } else {
    for (size_t i = 0; i < pixels; i++) rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = from[i];
  }
  return CC_IMAGE_OK;
}
