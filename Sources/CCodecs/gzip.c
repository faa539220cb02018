// gzip by zlib: members one after another, a limit on what comes out, and exact places in errors.
#include "buffer.h"

#include <string.h>
#include <zlib.h>

uint32_t cc_crc32(const uint8_t *bytes, size_t count) {
  return bytes == NULL ? 0 : (uint32_t)crc32_z(0, bytes, count);
}

void cc_free(cc_buffer buffer) { free(buffer.bytes); }

cc_status cc_gunzip(const uint8_t *input, size_t input_count, size_t limit, cc_buffer *output, size_t *consumed) {
  const size_t step = 1 << 30;  // zlib counts in 32 bits
  size_t room = 0;
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  output->bytes = NULL;
  output->count = 0;
  *consumed = 0;
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return CC_NO_MEMORY;
  cc_status status = CC_OK;
  for (;;) {
    if (output->count == room && room < limit && !buffer_grow(output, &room, 1 << 16, limit)) {
      status = CC_NO_MEMORY;
      break;
    }
    if (output->count == limit) {
      status = CC_LIMIT;
      break;
    }
    size_t in = smaller(input_count - *consumed, step), out = smaller(room - output->count, step);
    stream.next_in = (Bytef *)(input + *consumed);
    stream.avail_in = (uInt)in;
    stream.next_out = output->bytes + output->count;
    stream.avail_out = (uInt)out;
    int code = inflate(&stream, Z_NO_FLUSH);
    *consumed += in - stream.avail_in;
    output->count += out - stream.avail_out;
    if (code == Z_STREAM_END) {
      size_t left = input_count - *consumed;
      if (left == 0) break;
      if (left < 2 || input[*consumed] != 0x1f || input[*consumed + 1] != 0x8b) {
        status = CC_TRAILING;
        break;
      }
      inflateReset(&stream);  // The next member.
    } else if (code == Z_MEM_ERROR) {
      status = CC_NO_MEMORY;
      break;
    } else if (code == Z_BUF_ERROR || (code == Z_OK && *consumed == input_count && stream.avail_out > 0)) {
      if (*consumed < input_count) continue;
      status = CC_ENDS_EARLY;
      break;
    } else if (code != Z_OK) {
      status = CC_CORRUPT;
      break;
    }
  }
  inflateEnd(&stream);
  return status;
}
