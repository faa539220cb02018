// Logistic regression on rows of features in f32: losses, gradients, products with the Hessian, a block of rows at a time.
#include <ATen/ATen.h>

#include <cmath>
#include <mutex>
#include <vector>

#include "guard.h"
#include "kernels.h"
#include "parallel.h"
#include "product.h"

using namespace ct;

namespace {

/// Up to this many classes the kernels of our own are faster than a library's products.
constexpr int64_t few = 40;
/// Rows whose features stay in the second cache between a product and the one back.
int64_t block_rows(int64_t size) { return std::clamp<int64_t>((int64_t{1} << 16) / size, 16, 128) & ~int64_t{3}; }

struct Problem {
  const at::Tensor &rows;
  int64_t n, size, classes;
  Problem(const at::Tensor &rows, int64_t classes) : rows(rows), n(rows.size(0)), size(rows.size(1)), classes(classes) {}
  const float *at(int64_t row) const { return rows.data_ptr<float>() + row * size; }
  const uint16_t *narrow(int64_t row) const { return reinterpret_cast<const uint16_t *>(rows.data_ptr<at::BFloat16>()) + row * size; }
};

void check_rows(const at::Tensor &rows, bool narrow = false) {
  TORCH_CHECK(rows.is_cpu() && rows.dim() == 2 && rows.is_contiguous() && (rows.scalar_type() == at::kFloat || (narrow && rows.scalar_type() == at::kBFloat16)) &&
                  rows.size(1) % 16 == 0 && rows.size(1) > 0,
              "rows must be [n, 16 m] f32 in memory order on the processor, are ", rows.scalar_type(), " ", rows.sizes());
}

void check_matrix(const at::Tensor &a, int64_t first, int64_t second, const char *name) {
  TORCH_CHECK(a.is_cpu() && a.dim() == 2 && a.is_contiguous() && a.scalar_type() == at::kFloat && a.size(0) == first && (second < 0 || a.size(1) == second),
              name, " must be [", first, ", ", second, "] f32 in memory order on the processor, is ", a.scalar_type(), " ", a.sizes());
}

/// Sums of classes x size numbers in f64, each thread's added in their order.
template <class Body>
at::Tensor summed(const Problem &p, const Body &body) {
  const int64_t step = block_rows(p.size), blocks = (p.n + step - 1) / step, numbers = p.classes * p.size;
  std::vector<std::vector<double>> sums(part_limit());
  parallel(blocks, 1, [&](int64_t part, int64_t begin, int64_t end) {
    auto &own = sums[part];
    own.assign(numbers, 0);
    std::vector<float> scratch(step * p.classes);
    for (int64_t b = begin; b < end; ++b) body(b * step, std::min(p.n, (b + 1) * step), scratch.data(), own.data());
  });
  auto out = at::zeros({p.classes, p.size}, p.rows.options().dtype(at::kDouble));
  auto *to = out.data_ptr<double>();
  for (const auto &own : sums)
    for (size_t i = 0; i < own.size(); ++i) to[i] += own[i];
  return out;
}

/// s' x by a library's products, some thousand rows at a time, summed in f64.
at::Tensor wide_sums(const Problem &p, const at::Tensor &s, bool squared) {
  auto out = at::zeros({p.classes, p.size}, p.rows.options().dtype(at::kDouble));
  for (int64_t first = 0; first < p.n; first += 8192) {
    const auto part = p.rows.slice(0, first, std::min(p.n, first + 8192));
    out.add_(product(s.slice(0, first, first + part.size(0)).t().contiguous(), squared ? part.square() : part));
  }
  return out;
}

/// Turns a row's logits along a direction into the derivative's change: p (d - sum p d) without cancellation, d being taken from the
/// label's; or c d.
void turn(float *z, const float *spread, int64_t classes, int64_t label, float weight) {
  if (label < 0) {
    for (int64_t k = 0; k < classes; ++k) z[k] *= spread[k];
    return;
  }
  const float own = z[label];
  float mean = 0;
  for (int64_t k = 0; k < classes; ++k)
    if (k != label) mean += spread[k] * (z[k] - own);
  for (int64_t k = 0; k < classes; ++k) z[k] = weight * spread[k] * ((k == label ? 0 : z[k] - own) - mean);
}

}  // namespace

extern "C" {

ct_error *ct_logistic_logits(ct_tensor rows, ct_tensor weights, ct_tensor *out) {
  return guarded([&] {
    const auto &x = get(rows), &w = get(weights);
    check_rows(x);
    check_matrix(w, w.size(0), x.size(1), "weights");
    const Problem p(x, w.size(0));
    if (p.classes > few) return put(out, product(x, w.t()).contiguous());
    auto z = at::empty({p.n, p.classes}, x.options());
    auto *to = z.data_ptr<float>();
    const auto *by = w.data_ptr<float>();
    parallel(p.n, 64, [&](int64_t, int64_t begin, int64_t end) { logistic_kernels().products(p.at(begin), end - begin, p.size, by, p.classes, to + begin * p.classes); });
    put(out, z);
  });
}

ct_error *ct_logistic_sums(ct_tensor rows, ct_tensor values, bool squared, ct_tensor *out) {
  return guarded([&] {
    const auto &x = get(rows), &s = get(values);
    check_rows(x);
    check_matrix(s, x.size(0), -1, "values");
    const Problem p(x, s.size(1));
    if (p.classes > few) return put(out, wide_sums(p, s, squared));
    const auto *from = s.data_ptr<float>();
    put(out, summed(p, [&](int64_t begin, int64_t end, float *, double *sums) {
          logistic_kernels().sums(p.at(begin), from + begin * p.classes, end - begin, p.size, p.classes, squared, sums);
        }));
  });
}

ct_error *ct_logistic_hessian(ct_tensor rows, ct_tensor spread, ct_tensor labels, ct_tensor weights, ct_tensor direction, ct_tensor *logits, ct_tensor *out) {
  return guarded([&] {
    const auto &x = get(rows), &c = get(spread), &y = get(labels), &v = get(direction), &counts = get(weights);
    check_rows(x, true);
    check_matrix(v, v.size(0), x.size(1), "direction");
    const Problem p(x, v.size(0));
    check_matrix(c, p.n, p.classes, "spread");
    const bool coupled = y.defined() && y.numel() > 0, weighted = counts.defined() && counts.numel() > 0;
    TORCH_CHECK(!coupled || (y.is_cpu() && y.scalar_type() == at::kLong && y.is_contiguous() && y.numel() == p.n), "labels must be [", p.n, "] i64");
    TORCH_CHECK(!weighted || (counts.is_cpu() && counts.scalar_type() == at::kFloat && counts.is_contiguous() && counts.numel() == p.n), "weights must be [", p.n, "] f32");
    const auto *label = coupled ? y.data_ptr<int64_t>() : nullptr;
    const auto *count = weighted ? counts.data_ptr<float>() : nullptr;
    for (int64_t i = 0; label && i < p.n; ++i) TORCH_CHECK(label[i] >= 0 && label[i] < p.classes, "no class ", label[i], " of ", p.classes);
    const auto *by = c.data_ptr<float>();
    const auto turn_rows = [&](float *z, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        turn(z + (i - begin) * p.classes, by + i * p.classes, p.classes, label ? label[i] : -1, count ? count[i] : 1);
    };
    const bool narrow = x.scalar_type() == at::kBFloat16;
    if (p.classes > few) {
      TORCH_CHECK(!narrow, "bf16 rows are for ", few, " classes at most, here are ", p.classes);
      const auto z = product(x, v.t()).contiguous();
      const auto turned = z.clone();
      auto *to = turned.data_ptr<float>();
      parallel(p.n, 64, [&](int64_t, int64_t begin, int64_t end) { turn_rows(to + begin * p.classes, begin, end); });
      put(out, wide_sums(p, turned, false));
      return put(logits, z);
    }
    const auto *along = v.data_ptr<float>();
    auto all = at::empty({narrow ? 0 : p.n, p.classes}, v.options());
    auto *kept = all.data_ptr<float>();
    put(out, summed(p, [&](int64_t begin, int64_t end, float *z, double *sums) {
          const auto &kernels = logistic_kernels();
          narrow ? kernels.narrow_products(p.narrow(begin), end - begin, p.size, along, p.classes, z) : kernels.products(p.at(begin), end - begin, p.size, along, p.classes, z);
          if (!narrow) std::copy_n(z, (end - begin) * p.classes, kept + begin * p.classes);
          turn_rows(z, begin, end);
          narrow ? kernels.narrow_sums(p.narrow(begin), z, end - begin, p.size, p.classes, false, sums) : kernels.sums(p.at(begin), z, end - begin, p.size, p.classes, false, sums);
        }));
    put(logits, all);
  });
}

ct_error *ct_block_products(ct_tensor blocks, ct_tensor vectors, ct_tensor *out) {
  return guarded([&] {
    const auto &a = get(blocks), &x = get(vectors);
    TORCH_CHECK(a.is_cpu() && a.dim() == 3 && a.is_contiguous() && a.scalar_type() == at::kFloat && a.size(1) == a.size(2), "blocks must be [K, e, e] f32 in memory order, are ",
                a.scalar_type(), " ", a.sizes());
    const int64_t classes = a.size(0), size = a.size(1);
    check_matrix(x, classes, size, "vectors");
    auto y = at::empty({classes, size}, x.options());
    const auto *matrix = a.data_ptr<float>(), *vector = x.data_ptr<float>();
    auto *to = y.data_ptr<float>();
    parallel(classes * size, 64, [&](int64_t, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] = static_cast<float>(measure_kernels().dot(matrix + i * size, vector + i / size * size, size));
    });
    put(out, y);
  });
}

ct_error *ct_logistic_losses(ct_tensor logits, ct_tensor labels, ct_tensor signs, ct_tensor weights, double *loss, ct_tensor *residual, ct_tensor *spread) {
  return guarded([&] {
    const auto &z = get(logits), &y = get(labels), &sign = get(signs), &counts = get(weights);
    TORCH_CHECK(z.is_cpu() && z.dim() == 2 && z.is_contiguous() && z.scalar_type() == at::kFloat, "logits must be [n, K] f32 in memory order, are ", z.scalar_type(), " ", z.sizes());
    const int64_t n = z.size(0), classes = z.size(1);
    const bool coupled = y.defined() && y.numel() > 0, weighted = counts.defined() && counts.numel() > 0;
    TORCH_CHECK(!coupled || (y.scalar_type() == at::kLong && y.is_contiguous() && y.numel() == n), "labels must be [", n, "] i64");
    if (!coupled) check_matrix(sign, n, classes, "signs");
    // What examples count, [n]; of each class where they have several, [n, K].
    TORCH_CHECK(!weighted || (counts.scalar_type() == at::kFloat && counts.is_contiguous() && counts.numel() == (coupled ? n : n * classes)), "weights do not fit ", z.sizes());
    auto r = at::empty_like(z), s = at::empty_like(z);
    const auto *from = z.data_ptr<float>(), *count = weighted ? counts.data_ptr<float>() : nullptr;
    const auto *label = coupled ? y.data_ptr<int64_t>() : nullptr;
    const auto *side = coupled ? nullptr : sign.data_ptr<float>();
    for (int64_t i = 0; label && i < n; ++i) TORCH_CHECK(label[i] >= 0 && label[i] < classes, "no class ", label[i], " of ", classes);
    auto *to = r.data_ptr<float>(), *wide = s.data_ptr<float>();
    constexpr int64_t run = 256;  // examples whose losses are one sum, whatever the threads
    const int64_t runs = (n + run - 1) / run;
    std::vector<double> losses(runs, 0);
    parallel(runs, 1, [&](int64_t, int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        double sum = 0;
        for (int64_t i = part * run; i < std::min(n, (part + 1) * run); ++i) {
          const auto *row = from + i * classes;
          if (!label) {
            for (int64_t k = 0; k < classes; ++k) {
              const double wrongness = static_cast<double>(side[i * classes + k]) * row[k], weight = count ? count[i * classes + k] : 1;
              const double small = std::exp(-std::abs(wrongness)), share = small / (1 + small);
              const double wrong = wrongness > 0 ? 1 / (1 + small) : share, right = wrongness > 0 ? share : 1 / (1 + small);
              sum += weight * (std::max(wrongness, 0.0) + std::log1p(small));
              to[i * classes + k] = static_cast<float>(weight * side[i * classes + k] * wrong);
              wide[i * classes + k] = static_cast<float>(weight * wrong * right);
            }
            continue;
          }
          // As in Likelihood.swift: nothing cancels.
          const double own = row[label[i]], weight = count ? count[i] : 1;
          double top = 0;
          for (int64_t k = 0; k < classes; ++k)
            if (k != label[i]) top = std::max(top, row[k] - own);
          double others = 0;
          for (int64_t k = 0; k < classes; ++k) {
            const double odds = k == label[i] ? 0 : std::exp(static_cast<float>(row[k] - own - top));
            wide[i * classes + k] = static_cast<float>(odds);
            others += odds;
          }
          const double base = std::exp(-top), total = base + others;
          sum += weight * (top + std::log1p(others + (base - 1)));
          for (int64_t k = 0; k < classes; ++k) {
            const double odds = wide[i * classes + k];
            to[i * classes + k] = static_cast<float>(weight * (k == label[i] ? -others / total : odds / total));
            wide[i * classes + k] = static_cast<float>(k == label[i] ? base / total : odds / total);
          }
        }
        losses[part] = sum;
      }
    });
    *loss = 0;
    for (const auto part : losses) *loss += part;
    put(residual, r);
    put(spread, s);
  });
}

ct_error *ct_logistic_residuals(ct_tensor logits, ct_tensor labels, ct_tensor signs, ct_tensor weights, intptr_t fits, ct_tensor *losses) {
  return guarded([&] {
    const auto &z = get(logits), &y = get(labels), &sign = get(signs), &counts = get(weights);
    TORCH_CHECK(z.is_cpu() && z.dim() == 2 && z.is_contiguous() && z.scalar_type() == at::kDouble && fits > 0 && z.size(1) % fits == 0, "logits must be [n, ", fits,
                " K] f64 in memory order, are ", z.scalar_type(), " ", z.sizes());
    const int64_t n = z.size(0), classes = z.size(1) / fits;
    const bool coupled = y.numel() > 0 || n == 0, weighted = counts.numel() > 0;
    TORCH_CHECK(!coupled || (y.scalar_type() == at::kLong && y.is_contiguous() && y.numel() == n), "labels must be [", n, "] i64");
    TORCH_CHECK(coupled || (sign.scalar_type() == at::kDouble && sign.is_contiguous() && sign.numel() == n * classes), "signs must be [", n, ", ", classes, "] f64");
    TORCH_CHECK(!weighted || (counts.scalar_type() == at::kDouble && counts.is_contiguous() && counts.numel() == (coupled ? n : n * classes)), "weights do not fit ", z.sizes());
    auto *values = z.data_ptr<double>();
    const auto *label = coupled ? y.data_ptr<int64_t>() : nullptr;
    const auto *side = coupled ? nullptr : sign.data_ptr<double>(), *count = weighted ? counts.data_ptr<double>() : nullptr;
    for (int64_t i = 0; label && i < n; ++i) TORCH_CHECK(label[i] >= 0 && label[i] < classes, "no class ", label[i], " of ", classes);
    constexpr int64_t run = 64;  // examples whose losses are one sum, whatever the threads
    const int64_t runs = (n + run - 1) / run;
    std::vector<double> sums(runs * fits, 0);
    parallel(runs, 1, [&](int64_t, int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part)
        for (int64_t i = part * run; i < std::min(n, (part + 1) * run); ++i)
          for (int64_t fit = 0; fit < fits; ++fit) {
            auto *row = values + (i * fits + fit) * classes;
            auto &sum = sums[part * fits + fit];
            if (!label) {
              for (int64_t k = 0; k < classes; ++k) {
                const double wrongness = side[i * classes + k] * row[k], weight = count ? count[i * classes + k] : 1;
                const double small = std::exp(-std::abs(wrongness));
                sum += weight * (std::max(wrongness, 0.0) + std::log1p(small));
                row[k] = weight * side[i * classes + k] * (wrongness > 0 ? 1 : small) / (1 + small);
              }
              continue;
            }
            // As in Likelihood.swift: nothing cancels.
            const double own = row[label[i]], weight = count ? count[i] : 1;
            double top = 0, others = 0;
            for (int64_t k = 0; k < classes; ++k)
              if (k != label[i]) top = std::max(top, row[k] - own);
            for (int64_t k = 0; k < classes; ++k) {
              row[k] = k == label[i] ? 0 : std::exp(row[k] - own - top);
              others += row[k];
            }
            const double base = std::exp(-top), share = weight / (base + others);
            sum += weight * (top + std::log1p(others + (base - 1)));
            for (int64_t k = 0; k < classes; ++k) row[k] *= share;
            row[label[i]] = -others * share;
          }
    });
    auto out = at::zeros({fits}, z.options());
    auto *to = out.data_ptr<double>();
    for (size_t i = 0; i < sums.size(); ++i) to[i % fits] += sums[i];
    put(losses, out);
  });
}

}  // extern "C"
