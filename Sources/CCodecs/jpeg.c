// JPEG by libjpeg-turbo. Its errors, and its warnings of lost data, land here by longjmp and leave as a status.
#include "decoder.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
// After jpeglib.h, whose types it needs.
#include <jerror.h>

struct jpeg {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  cc_decoder *decoder;
  cc_image_status status;
  jmp_buf back;
};

/// More scans than any encoder writes. Each may cost a pass over the whole picture, from a few bytes: large pictures get
/// fewer, 4 thousand million pixels' worth, but 32.
static int scan_limit(const struct jpeg_decompress_struct *info) {
  uint64_t scans = 4000000000u / ((uint64_t)info->image_width * info->image_height + 1);
  return scans > 500 ? 500 : scans < 32 ? 32 : (int)scans;
}

static void leave(struct jpeg *jpeg, cc_image_status status) {
  jpeg->status = status;
  longjmp(jpeg->back, 1);
}

static void fail(j_common_ptr info) {
  struct jpeg *jpeg = (struct jpeg *)info;
  jpeg->errors.format_message(info, jpeg->decoder->message);
  switch (jpeg->errors.msg_code) {
    case JERR_OUT_OF_MEMORY: leave(jpeg, CC_IMAGE_NO_MEMORY); break;
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY: leave(jpeg, CC_IMAGE_TRUNCATED); break;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED: leave(jpeg, CC_IMAGE_UNSUPPORTED); break;
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW: leave(jpeg, CC_IMAGE_TOO_LARGE); break;
    default: leave(jpeg, CC_IMAGE_DAMAGED);
  }
}

/// libjpeg goes on after these with pixels made up.
static void warn(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF: {
      struct jpeg *jpeg = (struct jpeg *)info;
      jpeg->errors.format_message(info, jpeg->decoder->message);
      leave(jpeg, CC_IMAGE_TRUNCATED);
      break;
    }
    case JWRN_ARITH_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC: fail(info); break;
    default: break;  // Bytes between markers, odd version numbers: nothing is lost.
  }
}

static void print_nothing(j_common_ptr info) { (void)info; }

static void watch(j_common_ptr info) {
  struct jpeg *jpeg = (struct jpeg *)info;
  if (jpeg->info.input_scan_number > scan_limit(&jpeg->info)) {
    snprintf(jpeg->decoder->message, sizeof jpeg->decoder->message, "more than %d scans", scan_limit(&jpeg->info));
    leave(jpeg, CC_IMAGE_DAMAGED);
  }
}

void jpeg_forget(cc_decoder *decoder) {
  struct jpeg *jpeg = decoder->jpeg;
  if (jpeg == NULL) return;
  jpeg_destroy_decompress(&jpeg->info);
  free(jpeg);
  decoder->jpeg = NULL;
}

/// Makes a decompressor, a new one for each file: libjpeg keeps tables, and a file that lacks its own would be read with
/// those of the file before.
static cc_image_status prepare(cc_decoder *decoder) {
  jpeg_forget(decoder);
  struct jpeg *jpeg = calloc(1, sizeof *jpeg);
  if (jpeg == NULL) return decoder_fail(decoder, CC_IMAGE_NO_MEMORY, "no memory for a JPEG decoder");
  jpeg->decoder = decoder;
  jpeg->info.err = jpeg_std_error(&jpeg->errors);
  jpeg->errors.error_exit = fail;
  jpeg->errors.emit_message = warn;
  jpeg->errors.output_message = print_nothing;
  if (setjmp(jpeg->back)) {
    jpeg_destroy_decompress(&jpeg->info);
    free(jpeg);
    return CC_IMAGE_NO_MEMORY;
  }
  jpeg_create_decompress(&jpeg->info);
  jpeg->progress.progress_monitor = watch;
  jpeg->info.progress = &jpeg->progress;
  jpeg_save_markers(&jpeg->info, JPEG_APP0 + 1, 0xffff);
  decoder->jpeg = jpeg;
  return CC_IMAGE_OK;
}

static int orientation(const struct jpeg_decompress_struct *info) {
  for (jpeg_saved_marker_ptr marker = info->marker_list; marker != NULL; marker = marker->next) {
    if (marker->marker == JPEG_APP0 + 1 && marker->data_length > 6 && memcmp(marker->data, "Exif\0", 6) == 0) {
      return exif_orientation(marker->data + 6, marker->data_length - 6);
    }
  }
  return 1;
}

cc_image_status jpeg_open(cc_decoder *decoder, uint64_t pixel_limit) {
  cc_image_status status = prepare(decoder);
  if (status != CC_IMAGE_OK) return status;
  struct jpeg *jpeg = decoder->jpeg;
  struct jpeg_decompress_struct *info = &jpeg->info;
  if (setjmp(jpeg->back)) {
    jpeg_abort_decompress(info);
    return jpeg->status;
  }
  jpeg_mem_src(info, decoder->bytes, decoder->count);
  jpeg_read_header(info, TRUE);
  decoder->info.width = info->image_width;
  decoder->info.height = info->image_height;
  decoder->info.channels = info->num_components;
  decoder->info.bits = info->data_precision;
  decoder->info.is_progressive = info->progressive_mode;
  decoder->info.orientation = orientation(info);
  if ((uint64_t)info->image_width * info->image_height > pixel_limit) {
    return decoder_fail(decoder, CC_IMAGE_TOO_LARGE, "%u x %u pixels", info->image_width, info->image_height);
  }
  return CC_IMAGE_OK;
}

/// Four bytes a pixel. Adobe's CMYK is stored inverted; the arithmetic is Pillow's, so that results can be compared.
static void cmyk_to_rgbx(uint8_t *row, uint32_t width) {
  for (uint32_t x = 0; x < width; x++, row += 4) {
    uint32_t k = row[3];
    for (int c = 0; c < 3; c++) {
      uint32_t product = (255 - row[c]) * k + 128;
      row[c] = (uint8_t)(k - (((product >> 8) + product) >> 8));
    }
    row[3] = 0;
  }
}

static void set_output(struct jpeg_decompress_struct *info) {
  bool is_cmyk = info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
  info->out_color_space = is_cmyk ? JCS_CMYK : JCS_EXT_RGBX;
  info->dct_method = JDCT_ISLOW;
  info->do_fancy_upsampling = TRUE;
}

/// Begins to decompress. A component without a scan would be made up.
static void start(struct jpeg *jpeg) {
  struct jpeg_decompress_struct *info = &jpeg->info;
  jpeg_start_decompress(info);
  for (int c = 0; c < info->num_components; c++) {
    if (info->comp_info[c].quant_table != NULL) continue;  // Taken when the component's first scan begins.
    snprintf(jpeg->decoder->message, sizeof jpeg->decoder->message, "component %d has no data", c + 1);
    leave(jpeg, CC_IMAGE_DAMAGED);
  }
}

cc_image_status jpeg_read(cc_decoder *decoder, uint8_t *rgb) {
  struct jpeg *jpeg = decoder->jpeg;
  struct jpeg_decompress_struct *info = &jpeg->info;
  if (!scratch_need(&decoder->row, (size_t)info->image_width * 4 + 64)) {
    return decoder_fail(decoder, CC_IMAGE_NO_MEMORY, "no memory for a row of %u pixels", info->image_width);
  }
  if (setjmp(jpeg->back)) {
    jpeg_abort_decompress(info);
    return jpeg->status;
  }
  set_output(info);
  // Rows go straight to their place, but for CMYK.
  if (info->out_color_space == JCS_EXT_RGBX) info->out_color_space = JCS_RGB;
  start(jpeg);
  while (info->output_scanline < info->output_height) {
    uint8_t *to = rgb + (size_t)info->output_scanline * info->output_width * 3;
    JSAMPROW row = info->out_color_space == JCS_RGB ? to : decoder->row.bytes;
    if (jpeg_read_scanlines(info, &row, 1) != 1) fail((j_common_ptr)info);
    if (info->out_color_space == JCS_RGB) continue;
    cmyk_to_rgbx(row, info->output_width);
    drop_fourth(row, info->output_width, to);
  }
  jpeg_finish_decompress(info);
  return CC_IMAGE_OK;
}

/// The largest of 1, 2, 4, 8 by which the source may shrink before it is resized.
static uint32_t reduction(const cc_resize *resize) {
  if (resize->scaled_percent < 100) return 1;
  uint64_t percent = (uint64_t)resize->scaled_percent;
  uint32_t by = 8;
  while (by > 1 && ((uint64_t)resize->source.width * 100 < resize->width * percent * by ||
                    (uint64_t)resize->source.height * 100 < resize->height * percent * by)) {
    by /= 2;
  }
  return by;
}

/// Whether libjpeg smooths between blocks: the scans of a progressive picture end before the last bits. What it does to a
/// block then depends on two blocks on either side.
static bool smooths(const struct jpeg_decompress_struct *info) {
  if (!info->progressive_mode || !info->do_block_smoothing || info->coef_bits == NULL) return false;
  for (int c = 0; c < info->num_components; c++) {
    for (int i = 1; i < DCTSIZE2; i++) {
      if (info->coef_bits[c][i] != 0) return true;
    }
  }
  return false;
}

cc_image_status jpeg_read_resized(cc_decoder *decoder, const cc_resize *resize, const struct sink *sink) {
  struct jpeg *jpeg = decoder->jpeg;
  struct jpeg_decompress_struct *info = &jpeg->info;
  struct resizer *resizer = &decoder->resizer;
  uint32_t by = reduction(resize);
  cc_region s = resize->source;
  // The grid of pixels that the source touches, after reduction; the box lies in it, maybe between pixels.
  uint32_t x = s.x / by, y = s.y / by;
  uint32_t right = (s.x + s.width + by - 1) / by, bottom = (s.y + s.height + by - 1) / by;
  double box[4] = {(double)s.x / by - x, (double)s.y / by - y, (double)s.width / by, (double)s.height / by};
  if (!resizer_begin(resizer, right - x, bottom - y, box, resize) ||
      !scratch_need(&decoder->row, ((size_t)info->image_width / by + 64) * 4 + 64)) {
    return decoder_fail(decoder, CC_IMAGE_NO_MEMORY, "no memory to resize %u x %u pixels", s.width, s.height);
  }
  if (setjmp(jpeg->back)) {
    jpeg_abort_decompress(info);
    return jpeg->status;
  }
  set_output(info);
  info->scale_num = 1;
  info->scale_denom = by;
  start(jpeg);
  // Columns: libjpeg-turbo cuts at whole blocks; one block more on either side keeps its upsampling from seeing the cut.
  JDIMENSION block = (JDIMENSION)(info->max_h_samp_factor * info->min_DCT_scaled_size);
  JDIMENSION first = x + resizer->columns.low, last = x + resizer->columns.high;
  first = first > block ? first - block : 0;
  last = last + block < info->output_width ? last + block : info->output_width;
  JDIMENSION width = last - first, full = info->output_width;
  bool is_smooth = smooths(info);
  if (width + block < full && !is_smooth) {
    jpeg_crop_scanline(info, &first, &width);
  } else {
    first = 0;
  }
  JDIMENSION top = y + resizer->rows.low, end = y + resizer->rows.high;
  if (end > info->output_height) end = info->output_height;
  if (top > 0 && !is_smooth) jpeg_skip_scanlines(info, top);
  while (info->output_scanline < end) {
    JSAMPROW row = decoder->row.bytes;
    uint32_t line = info->output_scanline;
    if (jpeg_read_scanlines(info, &row, 1) != 1) fail((j_common_ptr)info);
    if (info->out_color_space == JCS_CMYK) cmyk_to_rgbx(row, info->output_width);
    // `first` and `line` count from the picture's corner, the resizer from the source's.
    if (line >= top) resizer_row(resizer, row, (int64_t)first - x, line - y);
  }
  // What lies below is not looked at.
  jpeg_abort_decompress(info);
  resizer_end(resizer, sink);
  return CC_IMAGE_OK;
}

const char *cc_jpeg_version(void) {
#define TEXT(x) #x
#define VALUE(x) TEXT(x)
  return VALUE(LIBJPEG_TURBO_VERSION);
}
