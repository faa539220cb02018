// Products of rows of features, f32 or bf16, with the weights of a few classes, and back. f32 within a block of rows, then f64.
// Included once for each instruction set, after vector_kernels.h. `size` is a multiple of 16.

/// z[r][k] = x[r] w[k] for R rows and C classes. `next`: asks for the rows after these, since hardware stops at the end of a page.
template <int R, int C, bool next, class T>
__attribute__((always_inline)) static inline void logistic_tile(const T *x, const float *w, int64_t size, int64_t classes, float *z) {
  v16f sums[R][C] = {};
  for (int64_t i = 0; i < size; i += 16) {
    v16f row[R];
#pragma clang loop unroll(full)
    for (int r = 0; r < R; ++r) {
      row[r] = load16(x + r * size + i);
      if (next) __builtin_prefetch(x + (R + r) * size + i);
    }
#pragma clang loop unroll(full)
    for (int c = 0; c < C; ++c) {
      const v16f weight = load16(w + c * size + i);
#pragma clang loop unroll(full)
      for (int r = 0; r < R; ++r) sums[r][c] += row[r] * weight;
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < R; ++r)
#pragma clang loop unroll(full)
    for (int c = 0; c < C; ++c) {
      const v16f all = sums[r][c];
      const auto eight = __builtin_shufflevector(all, all, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(all, all, 8, 9, 10, 11, 12, 13, 14, 15);
      const auto four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
      z[r * classes + c] = (four[0] + four[2]) + (four[1] + four[3]);
    }
}

template <int R, class T>
static void logistic_some(const T *x, const float *w, int64_t size, int64_t classes, float *z) {
  int64_t k = 0;
  if (classes >= logistic_classes) {
    logistic_tile<R, logistic_classes, true>(x, w, size, classes, z);
    k = logistic_classes;
  }
  for (; k + logistic_classes <= classes; k += logistic_classes) logistic_tile<R, logistic_classes, false>(x, w + k * size, size, classes, z + k);
  for (; k < classes; ++k) logistic_tile<R, 1, false>(x, w + k * size, size, classes, z + k);
}

/// z [rows, classes] of x [rows, size] and w [classes, size]
template <class T>
static void logistic_products(const T *x, int64_t rows, int64_t size, const float *w, int64_t classes, float *z) {
  int64_t r = 0;
  for (; r + logistic_rows <= rows; r += logistic_rows) logistic_some<logistic_rows>(x + r * size, w, size, classes, z + r * classes);
  for (; r < rows; ++r) logistic_some<1>(x + r * size, w, size, classes, z + r * classes);
}

/// sums[k][columns] += s[r][k] x[r][columns] over rows, for C classes and V vectors of 16 columns; x squared if asked.
template <int C, int V, bool squared, class T>
__attribute__((always_inline)) static inline void logistic_columns_of(const T *x, const float *s, int64_t rows, int64_t size, int64_t classes, double *sums) {
  v16f all[C][V] = {};
  for (int64_t r = 0; r < rows; ++r) {
    v16f row[V];
#pragma clang loop unroll(full)
    for (int v = 0; v < V; ++v) {
      row[v] = load16(x + r * size + 16 * v);
      if (squared) row[v] *= row[v];
    }
#pragma clang loop unroll(full)
    for (int c = 0; c < C; ++c) {
      const float by = s[r * classes + c];
#pragma clang loop unroll(full)
      for (int v = 0; v < V; ++v) all[c][v] += by * row[v];
    }
  }
  typedef double v16d __attribute__((vector_size(128)));
#pragma clang loop unroll(full)
  for (int c = 0; c < C; ++c)
#pragma clang loop unroll(full)
    for (int v = 0; v < V; ++v) {
      v16d wide;
      __builtin_memcpy(&wide, sums + c * size + 16 * v, sizeof wide);
      wide += __builtin_convertvector(all[c][v], v16d);
      __builtin_memcpy(sums + c * size + 16 * v, &wide, sizeof wide);
    }
}

template <bool squared, class T>
static void logistic_sums_of(const T *x, const float *s, int64_t rows, int64_t size, int64_t classes, double *sums) {
  constexpr int many = 2 * logistic_classes;
  for (int64_t i = 0; i < size;) {
    const int64_t step = size - i >= 16 * logistic_columns ? 16 * logistic_columns : 16;
    int64_t k = 0;
    if (step == 16 * logistic_columns) {
      for (; k + many <= classes; k += many) logistic_columns_of<many, logistic_columns, squared>(x + i, s + k, rows, size, classes, sums + k * size + i);
      for (; k + 4 <= classes; k += 4) logistic_columns_of<4, logistic_columns, squared>(x + i, s + k, rows, size, classes, sums + k * size + i);
      for (; k < classes; ++k) logistic_columns_of<1, logistic_columns, squared>(x + i, s + k, rows, size, classes, sums + k * size + i);
    } else {
      for (; k + 4 <= classes; k += 4) logistic_columns_of<4, 1, squared>(x + i, s + k, rows, size, classes, sums + k * size + i);
      for (; k < classes; ++k) logistic_columns_of<1, 1, squared>(x + i, s + k, rows, size, classes, sums + k * size + i);
    }
    i += step;
  }
}

/// sums [classes, size] += s' x, or s' x^2
template <class T>
static void logistic_sums(const T *x, const float *s, int64_t rows, int64_t size, int64_t classes, bool squared, double *sums) {
  squared ? logistic_sums_of<true>(x, s, rows, size, classes, sums) : logistic_sums_of<false>(x, s, rows, size, classes, sums);
}

static ct::LogisticKernels logistic_table() { return {logistic_products<float>, logistic_products<uint16_t>, logistic_sums<float>, logistic_sums<uint16_t>}; }
