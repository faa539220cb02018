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

/// How a row becomes a unit vector: times `factor`, after division by `largest` where its squares leave the range of doubles. False for a
/// row of zeros.
struct Length {
  double largest, factor;
};
template <class T>
static bool length_of(const T *x, const double *center, int64_t columns, Length *length) {
  const auto at = [&](int64_t c) __attribute__((always_inline)) { return center ? load8(x + c) - load8(center + c) : load8(x + c); };
  const auto one = [&](int64_t c) { return x[c] - (center ? center[c] : 0); };
  v8d squares[4] = {};
  int64_t c = 0;
  for (; c + 32 <= columns; c += 32)
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; ++k) {
      const v8d v = at(c + 8 * k);
      squares[k] += v * v;
    }
  double sum = total((squares[0] + squares[1]) + (squares[2] + squares[3]));
  for (; c < columns; ++c) sum += one(c) * one(c);
  *length = {1, 1 / std::sqrt(sum)};
  if (sum > 1e-280 && sum < 1e280) return true;
  double largest = 0;
  for (c = 0; c < columns; ++c) largest = std::max(largest, std::fabs(one(c)));
  if (largest == 0) return false;
  for (sum = 0, c = 0; c < columns; ++c) sum += one(c) / largest * (one(c) / largest);
  *length = {largest, 1 / std::sqrt(sum)};
  return true;
}

/// sums += y - shift for each row y = (x - center) / largest * factor; adds |y - shift|^2 to `square`.
template <class T, int N>
static void add_group(const T *const *x, const T *const *next, const double *center, const double *shift, const Length *lengths, int64_t columns, double *sums, double *square) {
  v8d squares[N] = {};
  bool plain = true;
  for (int r = 0; r < N; ++r) plain &= lengths[r].largest == 1;
  int64_t c = 0;
  for (; plain && c + 16 <= columns; c += 16) {
#pragma clang loop unroll(full)
    for (int r = 0; r < N; ++r) __builtin_prefetch(next[r] + c, 0, 2);
#pragma clang loop unroll(full)
    for (int k = 0; k < 16; k += 8) {
      v8d all = load8(sums + c + k);
      const v8d off = load8(shift + c + k);
#pragma clang loop unroll(full)
      for (int r = 0; r < N; ++r) {
        v8d v = load8(x[r] + c + k);
        if (center) v -= load8(center + c + k);
        v = v * lengths[r].factor - off;
        squares[r] += v * v;
        all += v;
      }
      __builtin_memcpy(sums + c + k, &all, sizeof all);
    }
  }
  for (int r = 0; r < N; ++r) {
    double rest = total(squares[r]);
    for (int64_t k = c; k < columns; ++k) {
      const double v = (x[r][k] - (center ? center[k] : 0)) / lengths[r].largest * lengths[r].factor - shift[k];
      rest += v * v;
      sums[k] += v;
    }
    *square += rest;
  }
}

/// Adds rows y = x - center, divided by their lengths if `unit`, up to 4 at a time: y - shift to `sums`, its square to `square`. center may be null.
/// `next`: the rows that come after. Returns how many rows of zeros had no length and were left out.
template <class T>
static int64_t add_rows(const T *const *x, const T *const *next, int64_t count, const double *center, const double *shift, bool unit, int64_t columns, double *sums, double *square) {
  const T *kept[4];
  Length lengths[4];
  int64_t n = 0;
  for (int64_t r = 0; r < count; ++r) {
    lengths[n] = {1, 1};
    if (unit && !length_of(x[r], center, columns, &lengths[n])) continue;
    kept[n++] = x[r];
  }
  if (n == 4) {
    add_group<T, 4>(kept, next, center, shift, lengths, columns, sums, square);
  } else {
    for (int64_t r = 0; r < n; ++r) add_group<T, 1>(kept + r, next + r, center, shift, lengths + r, columns, sums, square);
  }
  return count - n;
}

// The same in f32, for rows of ordinary size and a shift near them; sums of four numbers go on in double.

/// Adds the numbers of v to `to`.
__attribute__((always_inline)) static inline void add_wide(v16f v, v8d *to) {
  typedef float v8f __attribute__((vector_size(32)));
  const v8f low = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7), high = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  to[0] += __builtin_convertvector(low, v8d);
  to[1] += __builtin_convertvector(high, v8d);
}

/// A centre as two f32 numbers that add up to it, and rows less it.
template <bool Centered>
struct Split {
  const float *high, *low;
  v16f off(const float *x, int64_t c) const { return Centered ? load16(x + c) - load16(high + c) - load16(low + c) : load16(x + c); }
  float one(const float *x, int64_t c) const { return Centered ? x[c] - high[c] - low[c] : x[c]; }
};

/// |x - center|^2. The first half of `next` comes from memory meanwhile.
template <bool Centered>
static double square_single(const float *x, const float *next, Split<Centered> center, int64_t columns) {
  v8d sums[2] = {};
  int64_t c = 0;
  for (; c + 64 <= columns; c += 64) {
    v16f part = {};
    __builtin_prefetch(next + c / 2, 0, 2);
    __builtin_prefetch(next + c / 2 + 16, 0, 2);
#pragma clang loop unroll(full)
    for (int k = 0; k < 64; k += 16) {
      const v16f v = center.off(x, c + k);
      part += v * v;
    }
    add_wide(part, sums);
  }
  double rest = total(sums[0] + sums[1]);
  for (; c < columns; ++c) {
    const double v = center.one(x, c);
    rest += v * v;
  }
  return rest;
}

/// sums += y - shift for each row y = factor (x - center), the factor as two f32 numbers; adds |y - shift|^2 to `square`. Of `next`
/// the columns from `fetched` on come from memory meanwhile.
template <bool Centered, int N>
static void add_group_single(const float *const *x, const float *const *next, int64_t fetched, Split<Centered> center, const float *shift, const float (*factors)[2], int64_t columns,
                             double *sums, double *square) {
  v8d all_squares[2] = {};
  int64_t c = 0;
  for (; c + 16 <= columns; c += 16) {
    const v16f off = load16(shift + c);
    v16f all = {}, squares = {};
#pragma clang loop unroll(full)
    for (int r = 0; r < N; ++r) {
      __builtin_prefetch(next[r] + fetched + (fetched ? c / 2 : c), 0, 2);
      const v16f y = center.off(x[r], c);
      const v16f v = y * factors[r][0] - off + y * factors[r][1];
      squares += v * v;
      all += v;
    }
    v8d to[2] = {load8(sums + c), load8(sums + c + 8)};
    add_wide(all, to);
    __builtin_memcpy(sums + c, to, sizeof to);
    add_wide(squares, all_squares);
  }
  *square += total(all_squares[0] + all_squares[1]);
  for (; c < columns; ++c)
    for (int r = 0; r < N; ++r) {
      const double y = center.one(x[r], c), v = y * factors[r][0] - shift[c] + y * factors[r][1];
      *square += v * v;
      sums[c] += v;
    }
}

template <bool Centered>
static int64_t add_rows_single(const float *const *x, const float *const *next, int64_t count, Split<Centered> center, const float *shift, bool unit, int64_t columns, double *sums,
                               double *square) {
  const float *kept[4];
  float factors[4][2];
  int64_t n = 0;
  for (int64_t r = 0; r < count; ++r) {
    factors[n][0] = 1;
    factors[n][1] = 0;
    if (unit) {
      const double squares = square_single(x[r], next[r], center, columns);
      if (!(squares > 1e-25 && squares < 1e30)) continue;
      const double factor = 1 / std::sqrt(squares);
      factors[n][0] = static_cast<float>(factor);
      factors[n][1] = static_cast<float>(factor - factors[n][0]);
    }
    kept[n++] = x[r];
  }
  const int64_t fetched = unit ? columns / 2 : 0;
  if (n == 4) {
    add_group_single<Centered, 4>(kept, next, fetched, center, shift, factors, columns, sums, square);
  } else {
    for (int64_t r = 0; r < n; ++r) add_group_single<Centered, 1>(kept + r, next + r, fetched, center, shift, factors + r, columns, sums, square);
  }
  return count - n;
}

/// As add_rows; center as two f32 numbers, or null. Returns how many rows have a length that f32 does not hold, and were left out.
static int64_t add_rows_single(const float *const *x, const float *const *next, int64_t count, const float *const *center, const float *shift, bool unit, int64_t columns, double *sums,
                               double *square) {
  if (center) return add_rows_single<true>(x, next, count, {center[0], center[1]}, shift, unit, columns, sums, square);
  return add_rows_single<false>(x, next, count, {}, shift, unit, columns, sums, square);
}
