// Compiles the kernels for each instruction set and chooses among them.
#include "kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <utility>

// Vectors never cross a translation unit here, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

using ct::Finish, ct::Kernels, ct::Lines, ct::LogisticKernels, ct::MeasureKernels, ct::OutputKernels, ct::OutputRow, ct::OutputSlopes, ct::OutputTask, ct::PairedKernels, ct::PairedTileKernels, ct::Tiles;

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma"))), apply_to = function)
namespace avx512_bf16 {
constexpr int lanes = 16, tall = 12, wide = 2;
constexpr bool native_bf16 = true;
#include "vector_kernels.h"
#include "batch_norm_kernels.h"
#include "winograd_kernels.h"
#include "paired_kernels.h"
#include "paired_winograd_kernels.h"
}  // namespace avx512_bf16
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
namespace avx512 {
constexpr int lanes = 16, tall = 12, wide = 2, gram_tall = 8, gram_wide = 3, logistic_rows = 4, logistic_classes = 5, logistic_columns = 2;
constexpr bool native_bf16 = false;
#include "vector_kernels.h"
#include "batch_norm_kernels.h"
#include "winograd_kernels.h"
#include "gram_kernels.h"
#include "measure_kernels.h"
#include "angle_kernels.h"
#include "output_kernels.h"
#include "logistic_kernels.h"
}  // namespace avx512
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace avx2 {
constexpr int lanes = 8, tall = 6, wide = 1, gram_tall = 6, gram_wide = 1, logistic_rows = 2, logistic_classes = 2, logistic_columns = 1;
constexpr bool native_bf16 = false;
#include "vector_kernels.h"
#include "batch_norm_kernels.h"
#include "winograd_kernels.h"
#include "gram_kernels.h"
#include "measure_kernels.h"
#include "angle_kernels.h"
#include "output_kernels.h"
#include "logistic_kernels.h"
}  // namespace avx2
#pragma clang attribute pop
#endif
namespace portable {
constexpr int gram_tall = 1, gram_wide = 1, logistic_rows = 1, logistic_classes = 1, logistic_columns = 1;
constexpr bool native_bf16 = false;
#include "vector_kernels.h"
#include "batch_norm_kernels.h"
#include "gram_kernels.h"
#include "measure_kernels.h"
#include "angle_kernels.h"
#include "output_kernels.h"
#include "logistic_kernels.h"
}  // namespace portable

#if defined(__x86_64__)
namespace {
bool has_avx512() { return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"); }
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512_bf16() { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }
}  // namespace
#endif

bool ct::multiplies_pairs() {
#if defined(__x86_64__)
  return has_avx512_bf16() && !__builtin_cpu_is("intel");
#else
  return false;
#endif
}

bool ct::has_only_avx2() {
#if defined(__x86_64__)
  return has_avx2() && !has_avx512();
#else
  return false;
#endif
}

bool ct::multiplies_tiles() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("amx-bf16");
#else
  return false;
#endif
}

template <class T>
const Kernels<T> &ct::kernels() {
#if defined(__x86_64__)
  static const Kernels<T> chosen = sizeof(T) == 2 && multiplies_pairs()  ? avx512_bf16::batch_norm_table<T>()
                                   : sizeof(T) == 2 && has_avx512_bf16() ? avx512_bf16::table<T>()
                                   : has_avx512()                        ? avx512::table<T>()
                                   : has_avx2()                          ? avx2::table<T>()
                                                                         : portable::batch_norm_table<T>();
#else
  static const Kernels<T> chosen = portable::batch_norm_table<T>();
#endif
  return chosen;
}
template const Kernels<float> &ct::kernels<float>();
template const Kernels<uint16_t> &ct::kernels<uint16_t>();

const ct::MeasureKernels &ct::measure_kernels() {
#if defined(__x86_64__)
  static const MeasureKernels chosen = has_avx512() ? avx512::measure_table() : has_avx2() ? avx2::measure_table() : portable::measure_table();
#else
  static const MeasureKernels chosen = portable::measure_table();
#endif
  return chosen;
}

const LogisticKernels &ct::logistic_kernels() {
#if defined(__x86_64__)
  static const LogisticKernels chosen = has_avx512() ? avx512::logistic_table() : has_avx2() ? avx2::logistic_table() : portable::logistic_table();
#else
  static const LogisticKernels chosen = portable::logistic_table();
#endif
  return chosen;
}

const ct::OutputKernels &ct::output_kernels() {
#if defined(__x86_64__)
  static const OutputKernels chosen = has_avx512() ? avx512::output_table() : has_avx2() ? avx2::output_table() : portable::output_table();
#else
  static const OutputKernels chosen = portable::output_table();
#endif
  return chosen;
}

const ct::PairedKernels *ct::paired_kernels() {
#if defined(__x86_64__)
  static const PairedKernels kernels = avx512_bf16::paired_table();
  return multiplies_pairs() ? &kernels : nullptr;
#else
  return nullptr;
#endif
}

const PairedTileKernels *ct::paired_tile_kernels() {
#if defined(__x86_64__)
  static const PairedTileKernels kernels = avx512_bf16::paired_tile_table();
  return multiplies_pairs() ? &kernels : nullptr;
#else
  return nullptr;
#endif
}
