// What the image files of this target share. Not seen by Swift.
#pragma once
#include "cimages.h"

#include <stdbool.h>
#include <stdlib.h>

/// Memory that grows and is used again.
struct scratch {
  uint8_t *bytes;
  size_t room;
};

/// At least `size` bytes; false when memory is short. What was there may be lost.
bool scratch_need(struct scratch *scratch, size_t size);

/// The weights of one axis of a resize: for each output place where its inputs start, how many, and their weights in units
/// of 2^-22, padded with zeros to `taps` (a multiple of 4).
struct pass {
  uint32_t first, count;  ///< The output places computed: first ..< first + count.
  uint32_t taps;
  int32_t *starts, *counts, *weights;
  uint32_t low, high;  ///< The inputs needed: low ..< high.
  uint32_t quads;      ///< Fours of inputs that `split` has for each output; 0 where a weight does not fit it.
  int32_t *split_starts;
  struct scratch memory, split;
};

/// A resize of rows that come one after another.
struct resizer {
  struct pass columns, rows;
  int withheld;         ///< Levels of vector instructions not to be used; 0 outside tests.
  bool rows_first;      ///< Along y before along x.
  size_t stride;        ///< Bytes of a line, a multiple of 64.
  uint8_t *lines;       ///< Rows from rows.low on: resized along x already, or from columns.low on as they came.
  struct scratch memory, line, wide;
};

/// Where an image goes: as bytes, or normalized where `values` is set.
struct sink {
  uint8_t *rgb;
  float *values;
  const cc_normalization *normalization;
};

/// Takes line `y` of `width` pixels of four bytes.
void sink_line(const struct sink *sink, const uint8_t *rgbx, uint32_t width, uint32_t y);

/// Prepares a resize of `width` x `height` pixels, of which the box (in pixels, may lie between them) becomes
/// target_width x target_height.
bool resizer_begin(struct resizer *resizer, uint32_t width, uint32_t height, const double box[4], const cc_resize *resize);
/// Takes row `y`: pixels of four bytes from column `left` on, with 64 readable bytes beyond the last one needed.
void resizer_row(struct resizer *resizer, const uint8_t *pixels, int64_t left, uint32_t y);
/// Delivers the window.
void resizer_end(struct resizer *resizer, const struct sink *sink);
void resizer_free(struct resizer *resizer);

struct cc_decoder {
  const uint8_t *bytes;
  size_t count;
  cc_image_info info;
  size_t start;  ///< Where the pixels of an uncompressed file begin.
  void *jpeg;  ///< Made anew for each JPEG.
  struct resizer resizer;
  struct scratch row, whole, turned;
  char message[256];
};

cc_image_status decoder_fail(cc_decoder *decoder, cc_image_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// EXIF orientation from a TIFF block; 1 unless it is there and valid.
int exif_orientation(const uint8_t *tiff, size_t count);

// JPEG: `open` reads the header; `read` all pixels as stored; `read_resized` a part.
cc_image_status jpeg_open(cc_decoder *decoder, uint64_t pixel_limit);
cc_image_status jpeg_read(cc_decoder *decoder, uint8_t *rgb);
cc_image_status jpeg_read_resized(cc_decoder *decoder, const cc_resize *resize, const struct sink *sink);
void jpeg_forget(cc_decoder *decoder);

cc_image_status png_open(cc_decoder *decoder, uint64_t pixel_limit);
cc_image_status png_read(cc_decoder *decoder, uint8_t *rgb);

cc_image_status pnm_open(cc_decoder *decoder, uint64_t pixel_limit);
cc_image_status pnm_read(cc_decoder *decoder, uint8_t *rgb);
/// The pixels where they lie, if they are RGB; else null.
const uint8_t *pnm_pixels(const cc_decoder *decoder);

/// Four bytes a pixel become three.
void drop_fourth(const uint8_t *rgbx, uint32_t width, uint8_t *rgb);
