// Counting byte values: exact sums of a data set need nothing else.
#include "ccodecs.h"

void cc_histogram(const uint8_t *bytes, size_t count, uint64_t *counts) {
  for (size_t i = 0; i < count; i++) counts[bytes[i]]++;
}
