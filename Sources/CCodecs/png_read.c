// PNG reading. libpng reports errors by longjmp; it lands here, never in the caller.
#include "decoder.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

struct source {
  cc_decoder *decoder;
  size_t place;
  cc_image_status status;
};

static void fail(png_structp png, png_const_charp text) {
  struct source *source = png_get_error_ptr(png);
  if (source->status == CC_IMAGE_OK) {
    decoder_fail(source->decoder, CC_IMAGE_DAMAGED, "%s", text);
    source->status = CC_IMAGE_DAMAGED;
  }
  longjmp(png_jmpbuf(png), 1);
}

/// libpng goes on without a transparency that it does not understand; nothing else that it warns of changes a pixel.
static void warn(png_structp png, png_const_charp text) {
  if (strncmp(text, "tRNS", 4) == 0) fail(png, text);
}

static void take(png_structp png, png_bytep bytes, png_size_t count) {
  struct source *source = png_get_io_ptr(png);
  cc_decoder *decoder = source->decoder;
  if (count > decoder->count - source->place) {
    source->status = decoder_fail(decoder, CC_IMAGE_TRUNCATED, "Premature end of PNG file");
    png_error(png, "end");
  }
  memcpy(bytes, decoder->bytes + source->place, count);
  source->place += count;
}

static png_structp begin(struct source *source, png_infop *info) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, source, fail, warn);
  *info = png == NULL ? NULL : png_create_info_struct(png);
  if (*info == NULL) {
    png_destroy_read_struct(&png, NULL, NULL);
    source->status = decoder_fail(source->decoder, CC_IMAGE_NO_MEMORY, "no memory for a PNG decoder");
    return NULL;
  }
  png_set_read_fn(png, source, take);
  // Sizes are ours to judge. A wrong check sum is damage, also in chunks that libpng would drop.
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // Of the ancillary chunks only transparency and orientation are read: what the others unpack to takes no memory.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);  // All but tRNS.
#ifdef PNG_eXIf_SUPPORTED
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, (png_const_bytep) "eXIf", 1);
#endif
  png_set_chunk_malloc_max(png, 16 << 20);
  return png;
}

cc_image_status png_open(cc_decoder *decoder, uint64_t pixel_limit) {
  struct source source = {decoder, 0, CC_IMAGE_OK};
  png_infop info;
  png_structp png = begin(&source, &info);
  if (png == NULL) return source.status;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return source.status;
  }
  png_read_info(png, info);
  cc_image_info *out = &decoder->info;
  int type = png_get_color_type(png, info);
  out->width = png_get_image_width(png, info);
  out->height = png_get_image_height(png, info);
  out->bits = png_get_bit_depth(png, info);
  out->is_progressive = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
  bool has_key = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  out->channels = (type & PNG_COLOR_MASK_COLOR ? 3 : 1) + (type & PNG_COLOR_MASK_ALPHA || has_key ? 1 : 0);
#ifdef PNG_eXIf_SUPPORTED
  png_uint_32 count = 0;
  png_bytep exif = NULL;
  if (png_get_eXIf_1(png, info, &count, &exif) != 0 && exif != NULL) out->orientation = exif_orientation(exif, count);
#endif
  png_destroy_read_struct(&png, &info, NULL);
  if ((uint64_t)out->width * out->height > pixel_limit) {
    return decoder_fail(decoder, CC_IMAGE_TOO_LARGE, "%u x %u pixels", out->width, out->height);
  }
  return CC_IMAGE_OK;
}

/// Four bytes a pixel become three, on white.
static void flatten(const uint8_t *rgba, uint32_t width, uint8_t *rgb) {
  for (uint32_t x = 0; x < width; x++, rgba += 4, rgb += 3) {
    uint32_t alpha = rgba[3];
    for (int c = 0; c < 3; c++) rgb[c] = (uint8_t)((rgba[c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
}

cc_image_status png_read(cc_decoder *decoder, uint8_t *rgb) {
  struct source source = {decoder, 0, CC_IMAGE_OK};
  png_infop info;
  png_structp png = begin(&source, &info);
  if (png == NULL) return source.status;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return source.status;
  }
  png_read_info(png, info);
  png_set_expand(png);  // Palettes, 1 to 4 bits, transparent keys.
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  size_t stride = (size_t)width * 4, rows = passes > 1 ? height : 1;
  if (png_get_rowbytes(png, info) != stride) png_error(png, "rows of an unexpected length");
  if (!scratch_need(&decoder->row, stride * rows)) {
    source.status = decoder_fail(decoder, CC_IMAGE_NO_MEMORY, "no memory for %u x %u pixels", width, height);
    png_error(png, "memory");
  }
  for (int pass = 0; pass < passes; pass++) {
    for (uint32_t y = 0; y < height; y++) {
      uint8_t *row = decoder->row.bytes + (passes > 1 ? y * stride : 0);
      png_read_row(png, row, NULL);
      if (pass == passes - 1) flatten(row, width, rgb + (size_t)y * width * 3);
    }
  }
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return CC_IMAGE_OK;
}
