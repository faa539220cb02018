// Sums over rows of features in f32: f32 within short runs, then f64.
// Included once for each instruction set, after gram_kernels.h.

constexpr int64_t short_run = 1024;  // numbers that go into one f32 sum per lane: 64

/// sum a b
static double dot(const float *a, const float *b, int64_t count) {
  double sum = 0;
  int64_t i = 0;
  for (; i + short_run <= count; i += short_run) {
    v16f s[4] = {};
    for (int64_t j = i; j < i + short_run; j += 64)
#pragma clang loop unroll(full)
      for (int k = 0; k < 4; ++k) s[k] += load16(a + j + 16 * k) * load16(b + j + 16 * k);
    const v16f all = (s[0] + s[1]) + (s[2] + s[3]);
    for (int k = 0; k < 16; ++k) sum += all[k];
  }
  v16f s = {};
  for (; i + 16 <= count; i += 16) s += load16(a + i) * load16(b + i);
  for (int k = 0; k < 16; ++k) sum += s[k];
  for (; i < count; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

typedef double v8d __attribute__((vector_size(64)));
template <class T>
__attribute__((always_inline)) static inline v8d load8(const T *p) {
  typedef T V __attribute__((vector_size(8 * sizeof(T))));
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, v8d);
}

/// sums[c] += sum of x over rows begin..<end, in double: constant columns then have exactly their mean.
static void column_sums(const float *x, int64_t columns, int64_t begin, int64_t end, double *sums) {
  for (int64_t first = begin; first < end; first += 64) {
    const int64_t last = first + 64 < end ? first + 64 : end;
    int64_t c = 0;
    for (; c + 16 <= columns; c += 16) {
      v8d s[2] = {load8(sums + c), load8(sums + c + 8)};
      for (int64_t r = first; r < last; ++r)
        for (int k = 0; k < 2; ++k) s[k] += load8(x + r * columns + c + 8 * k);
      __builtin_memcpy(sums + c, s, sizeof s);
    }
    for (; c < columns; ++c)
      for (int64_t r = first; r < last; ++r) sums[c] += x[r * columns + c];
  }
}

/// y = scale (x - center), squares[r] = sum y^2, for rows begin..<end
static void subtract(const float *x, const float *center, float scale, int64_t columns, int64_t begin, int64_t end, float *y, double *squares) {
  for (int64_t r = begin; r < end; ++r) {
    const float *from = x + r * columns;
    float *to = y + r * columns;
    int64_t c = 0;
    for (; c + 16 <= columns; c += 16) store16(to + c, scale * (load16(from + c) - load16(center + c)));
    for (; c < columns; ++c) to[c] = scale * (from[c] - center[c]);
    squares[r] = dot(to, to, columns);
  }
}

static double total(v8d v) {
  double sum = 0;
  for (int i = 0; i < 8; ++i) sum += v[i];
  return sum;
}

/// sums += y - shift for a row y = x - center, divided by its length if `unit`; adds |y - shift|^2 to `square`. center and shift may be null.
/// False, and nothing added, for a row of zeros that has no length to be divided by. `next`: the row that comes after.
template <class T>
static bool add_row(const T *x, const T *next, const double *center, const double *shift, bool unit, int64_t columns, double *sums, double *square) {
  const auto at = [&](int64_t c) __attribute__((always_inline)) { return center ? load8(x + c) - load8(center + c) : load8(x + c); };
  const auto one = [&](int64_t c) { return x[c] - (center ? center[c] : 0); };
  const int64_t whole = columns / 8 * 8;
  double largest = 1, factor = 1;
  if (unit) {
    v8d squares = {};
    for (int64_t c = 0; c < whole; c += 8) {
      __builtin_prefetch(next + c);
      const v8d v = at(c);
      squares += v * v;
    }
    double length = total(squares);
    for (int64_t c = whole; c < columns; ++c) length += one(c) * one(c);
    if (!(length > 1e-280 && length < 1e280)) {
      // Squares beyond the range of doubles, or nothing at all.
      largest = length = 0;
      for (int64_t c = 0; c < columns; ++c) largest = std::max(largest, std::fabs(one(c)));
      if (largest == 0) return false;
      for (int64_t c = 0; c < columns; ++c) length += one(c) / largest * (one(c) / largest);
    }
    factor = 1 / std::sqrt(length);
  }
  v8d squares = {};
  for (int64_t c = 0; c < whole; c += 8) {
    if (!unit) __builtin_prefetch(next + c);
    v8d v = (largest == 1 ? at(c) : at(c) / largest) * factor;
    if (shift) v -= load8(shift + c);
    squares += v * v;
    v += load8(sums + c);
    __builtin_memcpy(sums + c, &v, sizeof v);
  }
  double rest = 0;
  for (int64_t c = whole; c < columns; ++c) {
    const double v = one(c) / largest * factor - (shift ? shift[c] : 0);
    rest += v * v;
    sums[c] += v;
  }
  *square += total(squares) + rest;
  return true;
}

