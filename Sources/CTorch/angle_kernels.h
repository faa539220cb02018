// Angles between rows of unit length, from the products of what is left of them after a common shift. Included once for each instruction
// set, after measure_kernels.h.

typedef int32_t v16i __attribute__((vector_size(64)));

/// 2 asin(sqrt(s) / 2), the angle between unit vectors at a squared distance of s in 0...4; the polynomial of Cephes' asinf.
__attribute__((always_inline)) static inline v16f angle_of(v16f s) {
  const auto pick = [](v16i mask, v16f a, v16f b) __attribute__((always_inline)) { return (v16f)(((v16i)a & mask) | ((v16i)b & ~mask)); };
  const v16f x = 0.5f * __builtin_elementwise_sqrt(s);
  const v16i beyond = x > 0.5f;
  const v16f z = pick(beyond, 0.5f - 0.5f * x, 0.25f * s), r = pick(beyond, __builtin_elementwise_sqrt(z), x);
  v16f p = v16f{} + 4.2163199048e-2f;
  for (const float c : {2.4181311049e-2f, 4.5470025998e-2f, 7.4953002686e-2f, 1.6666752422e-1f}) p = p * z + c;
  const v16f half = r + r * z * p;
  return pick(beyond, 3.14159265358979f - 4 * half, 2 * half);
}

/// The angle between two rows that are unit vectors but for rounding (Kahan's formula), in double.
static double angle_between(const float *a, const float *b, int64_t columns) {
  v8d difference = {}, sum = {};
  int64_t c = 0;
  for (; c + 8 <= columns; c += 8) {
    const v8d x = load8(a + c), y = load8(b + c);
    difference += (x - y) * (x - y);
    sum += (x + y) * (x + y);
  }
  double d = total(difference), s = total(sum);
  for (; c < columns; ++c) {
    const double x = a[c], y = b[c];
    d += (x - y) * (x - y);
    s += (x + y) * (x + y);
  }
  return 2 * std::atan2(std::sqrt(d), std::sqrt(s));
}

/// weight * sum over j in first..<count of weights[j] times the angle between row i of a and row j of b. `products` are those of the shifted
/// rows, `square` and `squares` their lengths'. Rows of class `own` are left out; none where it is negative. Where the products lose
/// the distance to rounding (near-equal and near-opposite rows), it is taken from the rows themselves.
static double angle_row(const float *products, float square, const float *squares, const float *weights, const int32_t *classes, int32_t own, const float *a, const float *b,
                        int64_t columns, int64_t first, int64_t count) {
  double sum = 0;
  const v16i lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (int64_t j = first / 16 * 16; j < count; j += 16) {
    const v16i place = lanes + static_cast<int32_t>(j);
    v16i wanted = (place >= static_cast<int32_t>(first)) & (place < static_cast<int32_t>(count));
    v16i of;
    __builtin_memcpy(&of, classes + j, sizeof of);
    wanted &= of != own;
    const v16f both = load16(squares + j) + square, s = both - 2 * load16(products + j);
    const v16i lost = wanted & ((s < 1e-4f * both) | (s > 3.99f));
    const v16i kept = wanted & ~lost;
    const v16f angles = (v16f)((v16i)(angle_of((v16f)((v16i)s & kept)) * load16(weights + j)) & kept);
    float part = 0;
    for (int k = 0; k < 16; ++k) part += angles[k];
    sum += part;
    int any = 0;
    for (int k = 0; k < 16; ++k) any |= lost[k];
    if (any)
      for (int k = 0; k < 16; ++k)
        if (lost[k]) sum += weights[j + k] * angle_between(a, b + (j + k) * columns, columns);
  }
  return sum;
}

static MeasureKernels measure_table() { return {dot, column_sums, subtract, pack, gram, add_rows<float>, add_rows<double>, add_rows_single, angle_row}; }
