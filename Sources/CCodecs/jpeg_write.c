// JPEG writing, for packed files and the corruption of that name.
#include "cimages.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

struct writer {
  struct jpeg_compress_struct info;
  struct jpeg_error_mgr errors;
  jmp_buf back;
  unsigned char *bytes;
  unsigned long count;
};

static void fail(j_common_ptr info) { longjmp(((struct writer *)info)->back, 1); }
static void ignore(j_common_ptr info, int level) { (void)info, (void)level; }
static void print_nothing(j_common_ptr info) { (void)info; }

uint8_t *cc_jpeg(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, size_t *count) {
  struct writer *writer = calloc(1, sizeof *writer);
  *count = 0;
  if (writer == NULL) return NULL;
  struct jpeg_compress_struct *info = &writer->info;
  info->err = jpeg_std_error(&writer->errors);
  writer->errors.error_exit = fail;
  writer->errors.emit_message = ignore;
  writer->errors.output_message = print_nothing;
  uint8_t *bytes = NULL;
  if (setjmp(writer->back) == 0) {
    jpeg_create_compress(info);
    jpeg_mem_dest(info, &writer->bytes, &writer->count);
    info->image_width = width;
    info->image_height = height;
    info->input_components = channels;
    info->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, quality, TRUE);
    if (channels == 3 && quality >= 90) info->comp_info[0].h_samp_factor = info->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(info, TRUE);
    while (info->next_scanline < height) {
      JSAMPROW row = (JSAMPROW)(pixels + (size_t)info->next_scanline * width * (size_t)channels);
      jpeg_write_scanlines(info, &row, 1);
    }
    jpeg_finish_compress(info);
    bytes = writer->bytes;
    *count = writer->count;
  } else {
    free(writer->bytes);
  }
  jpeg_destroy_compress(info);
  free(writer);
  return bytes;
}
