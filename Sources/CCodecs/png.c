// PNG writing. libpng reports errors by longjmp; it lands here, never in the caller.
#include "ccodecs.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sink {
  cc_buffer *output;
  size_t room;
  char *message;
};

static void fail(png_structp png, png_const_charp text) {
  struct sink *sink = png_get_error_ptr(png);
  snprintf(sink->message, 128, "%s", text);
  longjmp(png_jmpbuf(png), 1);
}

static void ignore(png_structp png, png_const_charp text) { (void)png, (void)text; }

static void append(png_structp png, png_bytep bytes, png_size_t count) {
  struct sink *sink = png_get_io_ptr(png);
  cc_buffer *output = sink->output;
  if (count > sink->room - output->count) {
    size_t wanted = (output->count + count) * 2;
    uint8_t *grown = realloc(output->bytes, wanted);
    if (grown == NULL) png_error(png, "out of memory");
    output->bytes = grown;
    sink->room = wanted;
  }
  memcpy(output->bytes + output->count, bytes, count);
  output->count += count;
}

static void flush(png_structp png) { (void)png; }

cc_status cc_png(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, cc_buffer *output,
                 char *message) {
  output->bytes = NULL;
  output->count = 0;
  message[0] = 0;
  if (channels != 1 && channels != 3) {
    snprintf(message, 128, "a PNG needs 1 or 3 channels, not %d", channels);
    return CC_PNG;
  }
  struct sink sink = {output, 0, message};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &sink, fail, ignore);
  if (png == NULL) return CC_NO_MEMORY;
  png_infop info = png_create_info_struct(png);
  if (info == NULL) {
    png_destroy_write_struct(&png, NULL);
    return CC_NO_MEMORY;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return CC_PNG;
  }
  png_set_write_fn(png, &sink, append, flush);
  png_set_compression_level(png, 9);
  png_set_IHDR(png, info, width, height, 8, channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (uint32_t row = 0; row < height; row++) {
    png_write_row(png, pixels + (size_t)row * width * (size_t)channels);
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return CC_OK;
}
