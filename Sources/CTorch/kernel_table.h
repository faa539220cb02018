// The kernels of one instruction set, included after them.

template <class T>
static Kernels<T> table() {
  Kernels<T> all{statistics<T>, apply_any<T>, gradient_sums_any<T>, gradient_any<T, T>, gradient_any<T, float>};
  if constexpr (lanes > 4) all.convolve = convolve<T, T>, all.convolve_wide = convolve<float, T>, all.add_products = add_products<T>;
  return all;
}
