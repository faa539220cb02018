// Vectors of numbers as the kernels take them. Included once for each instruction set, inside its own namespace and
// target attribute, before the kernels; `native_bf16` says whether it rounds to bf16 by itself. T is float or uint16_t (the bits of a bf16); numbers in vectors are f32.

template <int N>
struct Lanes {
  typedef float Numbers __attribute__((vector_size(4 * N)));
  typedef uint32_t Bits __attribute__((vector_size(4 * N)));
  typedef uint16_t Halves __attribute__((vector_size(2 * N)));
};
using v16f = Lanes<16>::Numbers;
using v16u = Lanes<16>::Bits;

template <int N, class T>
__attribute__((always_inline)) static inline typename Lanes<N>::Numbers load(const T *p) {
  if constexpr (sizeof(T) == 4) {
    typename Lanes<N>::Numbers v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  } else {
    typename Lanes<N>::Halves h;
    __builtin_memcpy(&h, p, sizeof h);
    return (typename Lanes<N>::Numbers)(__builtin_convertvector(h, typename Lanes<N>::Bits) << 16);
  }
}

template <int N, class T>
__attribute__((always_inline)) static inline void store(T *p, typename Lanes<N>::Numbers v) {
  if constexpr (sizeof(T) == 4) {
    __builtin_memcpy(p, &v, sizeof v);
  } else if constexpr (native_bf16 && N == 16) {
    typedef __bf16 Rounded __attribute__((vector_size(32)));
    const auto h = __builtin_convertvector(v, Rounded);
    __builtin_memcpy(p, &h, sizeof h);
  } else {
    using Bits = typename Lanes<N>::Bits;
    const Bits u = (Bits)v, nan = (Bits)(v != v);
    const Bits rounded = (nan & 0x7fc0u) | (~nan & ((u + 0x7fffu + ((u >> 16) & 1u)) >> 16));
    const auto h = __builtin_convertvector(rounded, typename Lanes<N>::Halves);
    __builtin_memcpy(p, &h, sizeof h);
  }
}
template <class T>
__attribute__((always_inline)) static inline v16f load16(const T *p) { return load<16>(p); }
template <class T>
__attribute__((always_inline)) static inline void store16(T *p, v16f v) { store<16>(p, v); }
