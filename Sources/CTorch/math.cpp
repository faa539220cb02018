// Elementwise functions, reductions, linear algebra.
#include <ATen/ATen.h>

#include "guard.h"
#include "product.h"

using namespace ct;

#define UNARY(name, expression) \
  ct_error *ct_##name(ct_tensor a, ct_tensor *out) { \
    return guarded([&] { const auto &x = get(a); put(out, expression); }); \
  }
#define BINARY(name, expression) \
  ct_error *ct_##name(ct_tensor a, ct_tensor b, ct_tensor *out) { \
    return guarded([&] { const auto &x = get(a); const auto &y = get(b); put(out, expression); }); \
  }
#define REDUCTION(name, all, some) \
  ct_error *ct_##name(ct_tensor a, const intptr_t *d, intptr_t n, bool keep, ct_tensor *out) { \
    return guarded([&] { const auto &x = get(a); put(out, n == 0 ? all : some); }); \
  }

extern "C" {

UNARY(neg, x.neg())
UNARY(exp, x.exp())
UNARY(log, x.log())
UNARY(log1p, x.log1p())
UNARY(sqrt, x.sqrt())
UNARY(rsqrt, x.rsqrt())
UNARY(reciprocal, x.reciprocal())
UNARY(abs, x.abs())
UNARY(square, x.square())
UNARY(relu, x.relu())
UNARY(sigmoid, x.sigmoid())
UNARY(softplus, at::logaddexp(x, at::zeros({}, x.options())))
UNARY(acos, x.acos())
UNARY(cos, x.cos())
UNARY(sin, x.sin())
UNARY(floor, x.floor())
UNARY(isfinite, at::isfinite(x))
UNARY(logical_not, x.logical_not())

ct_error *ct_clamp(ct_tensor a, double low, double high, ct_tensor *out) {
  return guarded([&] { put(out, get(a).clamp(low, high)); });
}
ct_error *ct_add_scalar(ct_tensor a, double b, ct_tensor *out) {
  return guarded([&] { put(out, get(a).add(b)); });
}
ct_error *ct_mul_scalar(ct_tensor a, double b, ct_tensor *out) {
  return guarded([&] { put(out, get(a).mul(b)); });
}
ct_error *ct_pow_scalar(ct_tensor a, double b, ct_tensor *out) {
  return guarded([&] { put(out, get(a).pow(b)); });
}

BINARY(add, x.add(y))
BINARY(sub, x.sub(y))
BINARY(mul, x.mul(y))
BINARY(div, x.div(y))
BINARY(maximum, at::maximum(x, y))
BINARY(minimum, at::minimum(x, y))
BINARY(eq, x.eq(y))
BINARY(lt, x.lt(y))
BINARY(le, x.le(y))
ct_error *ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out) {
  return guarded([&] { put(out, at::where(get(condition), get(a), get(b))); });
}

REDUCTION(sum, x.sum(), x.sum(dims(d, n), keep))
REDUCTION(mean, x.mean(), x.mean(dims(d, n), keep))
REDUCTION(amax, x.amax(), x.amax(dims(d, n), keep))
REDUCTION(amin, x.amin(), x.amin(dims(d, n), keep))

ct_error *ct_logsumexp(ct_tensor a, intptr_t dim, bool keep, ct_tensor *out) {
  return guarded([&] { put(out, get(a).logsumexp(dim, keep)); });
}
ct_error *ct_norm(ct_tensor a, intptr_t dim, bool keep, ct_tensor *out) {
  return guarded([&] { put(out, at::linalg_vector_norm(get(a), 2, at::IntArrayRef({dim}), keep)); });
}
ct_error *ct_argmax(ct_tensor a, intptr_t dim, ct_tensor *out) {
  return guarded([&] { put(out, get(a).argmax(dim)); });
}
ct_error *ct_softmax(ct_tensor a, intptr_t dim, ct_tensor *out) {
  return guarded([&] { put(out, get(a).softmax(dim)); });
}
ct_error *ct_log_softmax(ct_tensor a, intptr_t dim, ct_tensor *out) {
  return guarded([&] { put(out, get(a).log_softmax(dim)); });
}
ct_error *ct_cumsum(ct_tensor a, intptr_t dim, ct_tensor *out) {
  return guarded([&] { put(out, get(a).cumsum(dim)); });
}
ct_error *ct_sort(ct_tensor a, intptr_t dim, bool descending, ct_tensor *values, ct_tensor *indices) {
  return guarded([&] {
    auto [v, i] = at::sort(get(a), std::optional<bool>(true), dim, descending);
    put(values, v);
    put(indices, i);
  });
}
ct_error *ct_topk(ct_tensor a, intptr_t k, intptr_t dim, bool largest, ct_tensor *values, ct_tensor *indices) {
  return guarded([&] {
    auto [v, i] = get(a).topk(k, dim, largest);
    put(values, v);
    put(indices, i);
  });
}

BINARY(matmul, (same_device(x, y), product(x, y)))
ct_error *ct_eigh(ct_tensor a, ct_tensor *values, ct_tensor *vectors) {
  return guarded([&] {
    auto [w, v] = at::linalg_eigh(get(a));
    put(values, w);
    put(vectors, v);
  });
}
UNARY(svdvals, at::linalg_svdvals(x))
UNARY(cholesky, at::linalg_cholesky(x))
BINARY(cholesky_solve, at::cholesky_solve(x, y))
BINARY(solve, at::linalg_solve(x, y))

}  // extern "C"
