// Growing output of the unpackers. Not seen by Swift.
#pragma once
#include <stdlib.h>

#include "ccodecs.h"

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/// Doubles the room for output, from `first` on, up to the limit. Returns 0 when memory is short.
static inline int buffer_grow(cc_buffer *output, size_t *room, size_t first, size_t limit) {
  size_t wanted = *room == 0 ? smaller(limit, first) : (*room > limit / 2 ? limit : *room * 2);
  uint8_t *bytes = realloc(output->bytes, wanted == 0 ? 1 : wanted);
  if (bytes == NULL) return 0;
  output->bytes = bytes;
  *room = wanted;
  return 1;
}
