// One zlib stream (RFC 1950), as MATLAB's files hold them, behind a plain C function.
#pragma once
#include "ccodecs.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Unpacks the one zlib stream in `input`, and stops once `limit` bytes are out. `output` holds what was unpacked until
/// then, whatever the status; `consumed` is the place in the input. Bytes after the stream are CC_TRAILING.
cc_status cc_inflate(const uint8_t *_Nonnull input, size_t input_count, size_t limit,
                     cc_buffer *_Nonnull output, size_t *_Nonnull consumed);

#ifdef __cplusplus
}
#endif
