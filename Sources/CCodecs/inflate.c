// One zlib stream, with a limit on what comes out. The first bytes out may be wanted alone: then the limit ends it.
#include "czlib.h"

#include "buffer.h"

#include <string.h>
#include <zlib.h>

cc_status cc_inflate(const uint8_t *input, size_t input_count, size_t limit, cc_buffer *output, size_t *consumed) {
  const size_t step = 1 << 30;  // zlib counts in 32 bits
  size_t room = 0;
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  output->bytes = NULL;
  output->count = 0;
  *consumed = 0;
  if (inflateInit(&stream) != Z_OK) return CC_NO_MEMORY;
  cc_status status = CC_OK;
  for (;;) {
    if (output->count == room && room < limit && !buffer_grow(output, &room, 1 << 14, limit)) {
      status = CC_NO_MEMORY;
      break;
    }
    size_t in = smaller(input_count - *consumed, step), out = smaller(room - output->count, step);
    uint8_t spare;  // Where the room is used up, the stream may still have its check sum to read.
    stream.next_in = (Bytef *)(input + *consumed);
    stream.avail_in = (uInt)in;
    stream.next_out = out == 0 ? &spare : output->bytes + output->count;
    stream.avail_out = out == 0 ? 1 : (uInt)out;
    int code = inflate(&stream, Z_NO_FLUSH);
    size_t made = (out == 0 ? 1 : out) - stream.avail_out;
    *consumed += in - stream.avail_in;
    if (out == 0 && made > 0) {
      status = CC_LIMIT;
      break;
    }
    output->count += made;
    if (code == Z_STREAM_END) {
      if (*consumed < input_count) status = CC_TRAILING;
      break;
    }
    if (code == Z_MEM_ERROR) {
      status = CC_NO_MEMORY;
      break;
    }
    if (code != Z_OK && code != Z_BUF_ERROR) {
      status = CC_CORRUPT;
      break;
    }
    if (*consumed == input_count && stream.avail_out > 0) {
      status = CC_ENDS_EARLY;
      break;
    }
  }
  inflateEnd(&stream);
  return status;
}
