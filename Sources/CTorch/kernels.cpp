// Compiles the kernels for each instruction set and chooses among them.
#include "kernels.h"

#include <type_traits>

// Vectors never cross a translation unit here, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

using ct::Finish, ct::Kernels, ct::Tiles;

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
namespace avx512 {
constexpr int lanes = 16, tall = 12, wide = 2;
#include "vector_kernels.h"
#include "batch_norm_kernels.h"
#include "winograd_kernels.h"
#include "kernel_table.h"
}  // namespace avx512
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace avx2 {
constexpr int lanes = 8, tall = 6, wide = 1;
#include "vector_kernels.h"
#include "batch_norm_kernels.h"
#include "winograd_kernels.h"
#include "kernel_table.h"
}  // namespace avx2
#pragma clang attribute pop
#endif
namespace portable {
constexpr int lanes = 4, tall = 1, wide = 1;
#include "vector_kernels.h"
#include "batch_norm_kernels.h"
#include "winograd_kernels.h"
#include "kernel_table.h"
}  // namespace portable

template <class T>
const Kernels<T> &ct::kernels() {
#if defined(__x86_64__)
  static const Kernels<T> chosen = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                                       ? avx512::table<T>()
                                   : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? avx2::table<T>()
                                                                                                      : portable::table<T>();
#else
  static const Kernels<T> chosen = portable::table<T>();
#endif
  return chosen;
}
template const Kernels<float> &ct::kernels<float>();
template const Kernels<uint16_t> &ct::kernels<uint16_t>();
