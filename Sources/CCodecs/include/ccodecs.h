// gzip, PNG and byte counting behind plain C functions: errors are returned, memory is the receiver's,
// and nothing here can longjmp or throw into the caller.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a call came to.
typedef enum cc_status {
  CC_OK = 0,
  CC_NO_MEMORY,   ///< An allocation failed.
  CC_LIMIT,       ///< The output reached the limit given before the input ended.
  CC_ENDS_EARLY,  ///< The input ends inside a gzip member.
  CC_CORRUPT,     ///< The input is not gzip, or its check sum or length is wrong.
  CC_TRAILING,    ///< Bytes follow the last gzip member.
  CC_PNG          ///< libpng refused; see the message.
} cc_status;

/// Bytes made by a call. The receiver frees them with `cc_free`, also after a failure.
typedef struct cc_buffer {
  uint8_t *_Nullable bytes;
  size_t count;
} cc_buffer;

/// Frees a buffer's bytes (none is fine).
void cc_free(cc_buffer buffer);

// MARK: gzip

/// Unpacks the gzip members in `input`, one after another, and stops once `limit` bytes are out.
/// `output` holds what was unpacked until then, whatever the status; `consumed` is the place in the input.
cc_status cc_gunzip(const uint8_t *_Nonnull input, size_t input_count, size_t limit,
                    cc_buffer *_Nonnull output, size_t *_Nonnull consumed);

/// The CRC-32 of zlib; 0 of no bytes.
uint32_t cc_crc32(const uint8_t *_Nullable bytes, size_t count);

// MARK: PNG

/// Packs 8-bit gray (1 channel) or RGB (3 channels, interleaved) pixels, rows from the top, as a PNG file.
/// On CC_PNG, `message` (of 128 bytes, null-ended) says why.
cc_status cc_png(const uint8_t *_Nonnull pixels, uint32_t width, uint32_t height, int channels,
                 cc_buffer *_Nonnull output, char *_Nonnull message);

// MARK: Counting

/// Adds to `counts` (256 of them) how often each value occurs in `bytes`.
void cc_histogram(const uint8_t *_Nonnull bytes, size_t count, uint64_t *_Nonnull counts);

#ifdef __cplusplus
}
#endif
