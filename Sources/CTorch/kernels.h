// The arithmetic of batch norm and of convolutions, compiled once for each instruction set; `kernels` gives those of
// this processor. T is float or uint16_t (the bits of a bf16). Images lie in channels-last memory, seen as rows of
// channels, which are a multiple of 16.
#pragma once
#include <algorithm>
#include <cstdint>

#include "ctorch.h"

namespace ct {

/// Images in tiles of 2x2 outputs. Rows of tiles are counted through all images.
struct Tiles {
  int64_t height, width, across, down;
  Tiles(int64_t height, int64_t width) : height(height), width(width), across((width + 1) / 2), down((height + 1) / 2) {}

  /// Some 64 tiles make products long enough while their transforms stay in the cache: rows of tiles at a time, images.
  int64_t rows(int64_t wanted = 64) const { return std::min(std::max<int64_t>(1, wanted / across), images(wanted) * down); }
  int64_t images(int64_t wanted = 64) const { return std::max<int64_t>(1, wanted / (across * down)); }

  /// Numbers that a kernel needs as scratch for `rows` rows of tiles, given how many channels it transforms.
  int64_t scratch(int64_t rows, int64_t channels) const { return 16 * (rows * across + 1) * channels + 2 * 16 * 32; }
};

/// What a convolution's sums go through before they are stored: nothing, or batch norm as scale and offset, a residual, ReLU.
template <class T>
struct Finish {
  const float *scale = nullptr, *offset = nullptr;
  const T *residual = nullptr;
  bool relu = false;
};

template <class T>
struct Kernels {
  // Batch norm of rows begin..<end (batch_norm_kernels.h).
  void (*statistics)(const T *x, const float *shift, int64_t channels, int64_t begin, int64_t end, double *sum, double *square);
  void (*apply)(const T *x, const T *residual, const float *scale, const float *offset, int64_t channels, int64_t begin, int64_t end, T *y, bool relu);
  void (*gradient_sums)(const T *dy, const T *y, const T *x, const float *mean, int64_t channels, int64_t begin, int64_t end, double *sum, double *dot, bool relu);
  void (*gradient)(const T *dy, const T *y, const T *x, const float *scale, const float *slope, const float *offset, int64_t channels, int64_t begin, int64_t end, T *dx, T *dresidual, bool relu);
  void (*gradient_wide)(const T *dy, const T *y, const T *x, const float *scale, const float *slope, const float *offset, int64_t channels, int64_t begin, int64_t end, float *dx, T *dresidual, bool relu);

  // Convolutions of rows first..<last of tiles (winograd_kernels.h); null where registers are too short for them.
  /// y [outputs] of x [inputs], with `weights` [16][outputs / 16][inputs][16] transformed.
  void (*convolve)(const T *x, const Tiles &tiles, int64_t inputs, int64_t outputs, int64_t first, int64_t last, const float *weights, T *y, const Finish<T> &finish, float *scratch);
  /// The same from gradients in f32.
  void (*convolve_wide)(const float *x, const Tiles &tiles, int64_t inputs, int64_t outputs, int64_t first, int64_t last, const float *weights, T *y, const Finish<T> &finish, float *scratch);
  /// sums [16][inputs][outputs] += the transformed gradient of the weights, from x and the gradient g of the outputs.
  void (*add_products)(const T *x, const float *g, const Tiles &tiles, int64_t inputs, int64_t outputs, int64_t first, int64_t last, float *sums, float *scratch);
};

template <class T>
const Kernels<T> &kernels();

/// Sums over rows of features (measure_kernels.h).
struct MeasureKernels {
  double (*dot)(const float *a, const float *b, int64_t count);
  void (*column_sums)(const float *x, int64_t columns, int64_t begin, int64_t end, double *sums);
  void (*subtract)(const float *x, const float *center, float scale, int64_t columns, int64_t begin, int64_t end, float *y, double *squares);
  // Products of rows with rows (gram_kernels.h).
  void (*pack)(const float *x, const float *center, float scale, int64_t rows, int64_t columns, int64_t begin, int64_t end, float *to, double *squares);
  void (*gram)(const float *a, const float *b, int64_t b_panels, int64_t columns, int64_t begin, int64_t end, bool upper, float *out);
  // Up to 4 rows into their class's sums.
  int64_t (*add_rows)(const float *const *x, const float *const *next, int64_t count, const double *center, const double *shift, bool unit, int64_t columns, double *sums, double *square);
  int64_t (*add_rows_double)(const double *const *x, const double *const *next, int64_t count, const double *center, const double *shift, bool unit, int64_t columns, double *sums, double *square);
  int64_t (*add_rows_single)(const float *const *x, const float *const *next, int64_t count, const float *const *center, const float *shift, bool unit, int64_t columns, double *sums, double *square);
  // Angles of one row with others (angle_kernels.h); arrays over the others are readable to the next multiple of 16.
  double (*angle_row)(const float *products, float square, const float *squares, const float *weights, const int32_t *classes, int32_t own, const float *a, const float *b, int64_t columns, int64_t first, int64_t count);
};
const MeasureKernels &measure_kernels();

/// Linear classifiers of a few classes (logistic_kernels.h); `size` is a multiple of 16.
struct LogisticKernels {
  /// z [rows, classes] of x [rows, size] and w [classes, size]
  void (*products)(const float *x, int64_t rows, int64_t size, const float *w, int64_t classes, float *z);
  void (*narrow_products)(const uint16_t *x, int64_t rows, int64_t size, const float *w, int64_t classes, float *z);
  /// sums [classes, size] += s' x, or s' x^2, of s [rows, classes]
  void (*sums)(const float *x, const float *s, int64_t rows, int64_t size, int64_t classes, bool squared, double *sums);
  void (*narrow_sums)(const uint16_t *x, const float *s, int64_t rows, int64_t size, int64_t classes, bool squared, double *sums);
};
const LogisticKernels &logistic_kernels();

/// How rows of outputs are read (output_kernels.h).
struct OutputTask {
  ct_output_kind kind;
  int64_t classes, bins;
  const double *edges;            // bins + 1
  const double *scale, *offset;   // of logits, one a class
  double slack;                   // how far probabilities may be from summing to 1
};
struct OutputRow {
  double log_label, confidence, brier;
  int64_t answer;
};
using OutputSlopes = ct_slopes;
/// Each is false, or negative, for a row that holds what it may not. `scratch` has room for a row.
struct OutputKernels {
  bool (*row)(const float *z, const OutputTask &task, int64_t label, double *scratch, OutputRow *row, double *gaps);
  bool (*row_double)(const double *z, const OutputTask &task, int64_t label, double *scratch, OutputRow *row, double *gaps);
  bool (*slope)(const float *z, const OutputTask &task, int64_t label, double *scratch, OutputSlopes *to, double *gradient);
  bool (*slope_double)(const double *z, const OutputTask &task, int64_t label, double *scratch, OutputSlopes *to, double *gradient);
  int64_t (*mean)(const float *z, const OutputTask &task, double *scratch, double *sums);
  int64_t (*mean_double)(const double *z, const OutputTask &task, double *scratch, double *sums);
  int64_t (*largest)(const double *z, const OutputTask &task, double *scratch);
};
const OutputKernels &output_kernels();

/// Lines of pixels: `count` of them in each of `images`, `width` pixels each; pixels, lines and images are so many numbers apart.
struct Lines {
  int64_t images, count, width, pixel, line, image;
};

/// Convolutions by windows of 1x1 or 3x3 of bf16 images that multiply pairs of bf16 (paired_kernels.h).
struct PairedKernels {
  /// y [outputs] of the windows whose first pixels are `x`; `line` numbers lie between the lines of a window, `inputs` between its
  /// pixels. Weights as `lay_out` makes them.
  void (*convolve)(const uint16_t *x, const Lines &from, int64_t line, int64_t window, int64_t inputs, const uint16_t *weights, int64_t outputs, uint16_t *y, const Lines &to, const Finish<uint16_t> &finish);
  /// Weights [outputs][taps][inputs], f32, to [outputs / 16][taps][inputs / 2][16][2] for outputs begin..<end;
  void (*lay_out)(const float *weights, int64_t outputs, int64_t taps, int64_t inputs, int64_t begin, int64_t end, uint16_t *to);
  /// to [inputs / 16][taps][outputs / 2][16][2] with the taps turned, for inputs begin..<end: those of the gradient with respect to x.
  void (*lay_out_turned)(const float *weights, int64_t outputs, int64_t taps, int64_t inputs, int64_t begin, int64_t end, uint16_t *to);
  /// Pairs of pixels [channels / 16][lines][pairs][16][2], a 16th `apart` from the next. The first is of the pixels `start` and
  /// `start` + 1 of a line; pixels outside of it are zeros.
  void (*pair)(const uint16_t *x, const Lines &lines, int64_t start, int64_t pairs, int64_t channels, int64_t apart, uint16_t *to);
  /// sums [inputs][outputs] += x' g over pairs of pixels, `lines.width` of them in a line (or = where `fresh`); 16ths of channels
  /// are `x_apart` and `g_apart`. The pairs of `g` follow on from line to line.
  void (*add_products)(const uint16_t *x, const Lines &lines, int64_t x_apart, const uint16_t *g, int64_t g_apart, int64_t inputs, int64_t outputs, bool fresh, float *sums);
  /// Gradient [outputs][taps][inputs] of weights, from the sums [taps][inputs][outputs] of `parts`, for outputs begin..<end.
  void (*gather)(const float *const *parts, int64_t count, int64_t taps, int64_t inputs, int64_t outputs, int64_t begin, int64_t end, float *to);
  /// c [rows][32] = a [rows][size] b [2][size / 2][16][2]
  void (*multiply)(const uint16_t *a, int64_t rows, int64_t size, const uint16_t *b, float *c);
};

/// Convolutions by 3x3 windows at stride 1 of the same, for multiples of 32 channels (paired_winograd_kernels.h).
struct PairedTileKernels {
  /// y [outputs] of x [inputs] in rows first..<last of tiles, with weights as `lay_out` makes them; `v` is scratch for the inputs, `m` for 32 outputs.
  void (*convolve)(const uint16_t *x, const Tiles &tiles, int64_t inputs, int64_t outputs, int64_t first, int64_t last, const uint16_t *weights, uint16_t *y, const Finish<uint16_t> &finish, uint16_t *v, float *m);
  /// The same from gradients in f32.
  void (*convolve_wide)(const float *x, const Tiles &tiles, int64_t inputs, int64_t outputs, int64_t first, int64_t last, const uint16_t *weights, uint16_t *y, const Finish<uint16_t> &finish, uint16_t *v, float *m);
  /// sums [16][inputs][outputs] += the transformed gradient of the weights, from x and the gradient g of the outputs (or = where
  /// `fresh`); `v` and `w` are scratch for the inputs and the outputs.
  void (*add_products)(const uint16_t *x, const float *g, const Tiles &tiles, int64_t inputs, int64_t outputs, int64_t first, int64_t last, bool fresh, float *sums, uint16_t *v, uint16_t *w);
  /// Weights [outputs][9][inputs], f32, to [16][outputs / 16][inputs / 2][16][2], transformed, for outputs begin..<end;
  void (*lay_out)(const float *weights, int64_t outputs, int64_t inputs, int64_t begin, int64_t end, uint16_t *to);
  /// to [16][inputs / 16][outputs / 2][16][2] with the windows turned, for inputs begin..<end: those of the gradient with respect to x.
  void (*lay_out_turned)(const float *weights, int64_t outputs, int64_t inputs, int64_t begin, int64_t end, uint16_t *to);
  /// Gradient [outputs][9][inputs] of weights, from the sums of `parts`, for outputs begin..<end.
  void (*gather)(const float *const *parts, int64_t count, int64_t inputs, int64_t outputs, int64_t begin, int64_t end, float *to);
};

/// Whether the processor multiplies pairs of bf16 at twice the rate of f32. Intel's do so at half of it.
bool multiplies_pairs();
/// Whether it multiplies tiles of bf16 (AMX), as oneDNN's convolutions do then.
bool multiplies_tiles();

/// Whether it has AVX2 but not AVX-512, so that our own products of rows are as fast as any.
bool has_only_avx2();

/// Null where the processor does not multiply pairs of bf16 faster than f32.
const PairedKernels *paired_kernels();
const PairedTileKernels *paired_tile_kernels();

}  // namespace ct
