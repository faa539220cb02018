// JPEG and PNG decoding, JPEG encoding and antialiased resizing behind plain C functions: errors are returned, memory is
// the receiver's, and no longjmp leaves a call.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a call on an image came to.
typedef enum cc_image_status {
  CC_IMAGE_OK = 0,
  CC_IMAGE_NO_MEMORY,   ///< An allocation failed.
  CC_IMAGE_UNKNOWN,     ///< Not JPEG, PNG or netpbm.
  CC_IMAGE_TRUNCATED,   ///< The file ends before its picture does.
  CC_IMAGE_DAMAGED,     ///< The library refused or warned of lost data; see the message.
  CC_IMAGE_TOO_LARGE,   ///< More pixels than the limit.
  CC_IMAGE_UNSUPPORTED  ///< A kind of JPEG or PNG that is not read (12 bits, lossless).
} cc_image_status;

/// The format of a file, told by its first bytes.
typedef enum cc_image_format { CC_JPEG_FILE = 1, CC_PNG_FILE = 2, CC_PNM_FILE = 3 } cc_image_format;

/// What a file's header says.
typedef struct cc_image_info {
  cc_image_format format;
  uint32_t width, height;  ///< Upright: after the EXIF orientation.
  int orientation;         ///< EXIF, 1 to 8; 1 where absent or invalid.
  int channels;            ///< As stored: 1 gray, 2 gray + alpha, 3 colour, 4 colour + alpha or CMYK; a palette counts as colour.
  int bits;                ///< As stored, a channel.
  int is_progressive;      ///< Progressive JPEG or interlaced PNG.
} cc_image_info;

/// Part of an upright image.
typedef struct cc_region {
  uint32_t x, y, width, height;
} cc_region;

/// How pixels are interpolated; both antialiased when the size shrinks, as in Pillow.
typedef enum cc_filter { CC_BILINEAR = 1, CC_BICUBIC = 2 } cc_filter;

/// A resize and the part of its result that is wanted: `source` becomes `width` x `height`, of which `window` is kept.
typedef struct cc_resize {
  cc_region source;
  uint32_t width, height;
  cc_region window;
  cc_filter filter;
  /// Nonzero: a JPEG may be decoded at 1/2, 1/4 or 1/8 where that leaves at least this share (in percent, 100 or more) of
  /// the target size; zero: exact.
  int scaled_percent;
} cc_resize;

/// A decoder and its memory, for one thread.
typedef struct cc_decoder cc_decoder;

/// A new decoder; null when memory is short.
cc_decoder *_Nullable cc_decoder_new(void);
/// Frees it (null is fine).
void cc_decoder_free(cc_decoder *_Nullable decoder);
/// The last call's words for what was wrong; empty after success. Valid until the next call.
const char *_Nonnull cc_decoder_message(const cc_decoder *_Nonnull decoder);

/// Reads the header of a JPEG, PNG or binary netpbm file in memory. `bytes` must stay in place until the picture is read or another
/// file is opened. Images of more than `pixel_limit` pixels are refused here.
cc_image_status cc_decoder_open(cc_decoder *_Nonnull decoder, const uint8_t *_Nonnull bytes, size_t count,
                                uint64_t pixel_limit, cc_image_info *_Nonnull info);

/// Reads all of the opened picture into `rgb` [height, width, 3], upright: gray repeated, CMYK by Adobe's convention as
/// in Pillow, 16 bits rounded to 8, alpha flattened on white. A file can be read once for each opening.
cc_image_status cc_decoder_read(cc_decoder *_Nonnull decoder, uint8_t *_Nonnull rgb);

/// Reads part of the opened picture, resized, into `rgb` [window.height, window.width, 3]. With `scaled_percent` 0 the
/// result equals that of `cc_decoder_read`, cropped and resized by `cc_resize_rgb`.
cc_image_status cc_decoder_read_resized(cc_decoder *_Nonnull decoder, cc_resize resize, uint8_t *_Nonnull rgb);

/// Resizes part of an image [height, width, 3] into `out` [window.height, window.width, 3], byte for byte as Pillow
/// crops and resizes. `decoder` lends its memory.
cc_image_status cc_resize_rgb(cc_decoder *_Nonnull decoder, const uint8_t *_Nonnull rgb, uint32_t width, uint32_t height,
                              cc_resize resize, uint8_t *_Nonnull out);

/// Packs RGB (3) or gray (1) pixels as a baseline JPEG of `quality` 1 to 100 (4:2:0 below 90, else 4:4:4), into bytes that
/// the receiver frees with `free`. Null when memory is short.
uint8_t *_Nullable cc_jpeg(const uint8_t *_Nonnull pixels, uint32_t width, uint32_t height, int channels, int quality,
                           size_t *_Nonnull count);

/// For tests: does without the widest `levels` of AVX-512 with VNNI, AVX-512 and AVX2 that this processor has.
void cc_decoder_withhold_vectors(cc_decoder *_Nonnull decoder, int levels);

/// How bytes become values: value * scale[channel] + offset[channel], mirrored left to right if `flip` is set.
typedef struct cc_normalization {
  float scale[3], offset[3];
  int flip;
} cc_normalization;

/// Normalizes RGB pixels into f32, not mirrored.
void cc_normalize(const uint8_t *_Nonnull rgb, size_t pixels, const float scale[_Nonnull 3], const float offset[_Nonnull 3],
                  float *_Nonnull values);

/// `cc_decoder_read_resized` and `cc_normalize` in one, into f32 [window.height, window.width, 3]. After a fault part of
/// `values` may be written.
cc_image_status cc_decoder_read_normalized(cc_decoder *_Nonnull decoder, cc_resize resize, cc_normalization normalization,
                                           float *_Nonnull values);

/// The version of the JPEG library this was compiled against, such as 2.1.5.
const char *_Nonnull cc_jpeg_version(void);

#ifdef __cplusplus
}
#endif
