// Figures of classifiers' outputs, row by row.
#include <ATen/ATen.h>

#include <atomic>
#include <cmath>

#include "guard.h"
#include "kernels.h"
#include "parallel.h"

using namespace ct;

namespace {

/// How far probabilities of a row may be from summing to 1: bf16's rounding.
constexpr double slack = 0.01;

void check_outputs(const at::Tensor &z) {
  TORCH_CHECK(z.is_cpu() && z.dim() == 2 && (z.scalar_type() == at::kFloat || z.scalar_type() == at::kDouble) && z.is_contiguous() && z.size(1) > 0,
              "outputs need [n, K] f32 or f64 in memory order on the processor, got ", z.scalar_type(), " ", z.sizes());
}

const int64_t *check_labels(const at::Tensor &labels, const at::Tensor &z) {
  TORCH_CHECK(labels.is_cpu() && labels.scalar_type() == at::kLong && labels.sizes() == at::IntArrayRef({z.size(0)}) && labels.is_contiguous(), "labels ", labels.sizes(),
              " do not fit ", z.sizes());
  const auto *y = labels.data_ptr<int64_t>();
  for (int64_t i = 0; i < z.size(0); ++i) TORCH_CHECK(y[i] >= 0 && y[i] < z.size(1), "no class ", y[i], " of ", z.size(1));
  return y;
}

void lower(std::atomic<int64_t> &least, int64_t value) {
  for (auto seen = least.load(); value < seen && !least.compare_exchange_weak(seen, value);) {
  }
}

/// As many parts for any number of threads, so that sums are the same; of limited size in all.
int64_t part_count(int64_t n, int64_t numbers) { return std::clamp<int64_t>(std::min((int64_t{1} << 18) / std::max<int64_t>(numbers, 1), n / 64), 1, 64); }

/// Calls body(row, part, scratch) for all rows; the first for which it is false, or -1.
template <class Body>
intptr_t for_rows(int64_t n, int64_t parts, int64_t classes, const Body &body) {
  std::atomic<int64_t> bad{n};
  parallel(parts, 1, [&](int64_t, int64_t begin, int64_t end) {
    std::vector<double> scratch(classes);
    for (int64_t part = begin; part < end; ++part)
      for (int64_t i = n * part / parts; i < n * (part + 1) / parts; ++i)
        if (!body(i, part, scratch.data())) {
          lower(bad, i);
          break;
        }
  });
  return bad < n ? static_cast<intptr_t>(bad.load()) : -1;
}

/// The scaling as kernels take it: one number a class each.
struct Scaling {
  std::vector<double> scale, offset;
  Scaling(const double *scale, const double *offset, int64_t classes) : scale(classes, 1), offset(classes, 0) {
    if (scale) this->scale.assign(scale, scale + classes);
    if (offset) this->offset.assign(offset, offset + classes);
  }
};

}  // namespace

extern "C" {

ct_error *ct_output_rows(ct_tensor outputs, ct_tensor labels, ct_output_kind kind, const double *scale, const double *offset, intptr_t bins, ct_tensor *rows, ct_tensor *answers,
                         ct_tensor *gaps, intptr_t *bad) {
  return guarded([&] {
    const auto &z = get(outputs);
    check_outputs(z);
    const auto *y = check_labels(get(labels), z);
    TORCH_CHECK(bins > 0, bins, " bins");
    const int64_t n = z.size(0), k = z.size(1), parts = part_count(n, bins * k);
    std::vector<double> edges(bins + 1);
    for (intptr_t b = 0; b <= bins; ++b) edges[b] = static_cast<double>(b) / static_cast<double>(bins);
    const Scaling scaling(scale, offset, k);
    const OutputTask task{kind, k, bins, edges.data(), scaling.scale.data(), scaling.offset.data(), slack};
    auto figures = at::empty({n, 3}, at::kDouble), top = at::empty({n}, at::kLong), sums = at::zeros({parts, bins, k}, at::kDouble);
    auto *to = figures.data_ptr<double>(), *own = sums.data_ptr<double>();
    auto *best = top.data_ptr<int64_t>();
    *bad = for_rows(n, parts, k, [&](int64_t i, int64_t part, double *scratch) {
      OutputRow row;
      const bool fits = z.scalar_type() == at::kFloat ? output_kernels().row(z.data_ptr<float>() + i * k, task, y[i], scratch, &row, own + part * bins * k)
                                                      : output_kernels().row_double(z.data_ptr<double>() + i * k, task, y[i], scratch, &row, own + part * bins * k);
      if (!fits) return false;
      to[3 * i] = row.log_label;
      to[3 * i + 1] = row.confidence;
      to[3 * i + 2] = row.brier;
      best[i] = row.answer;
      return true;
    });
    put(rows, figures);
    put(answers, top);
    put(gaps, sums.sum(0));
  });
}

ct_error *ct_output_slopes(ct_tensor outputs, ct_tensor labels, ct_output_kind kind, const double *scale, const double *offset, ct_slopes *slopes, double *gradient, intptr_t *bad) {
  return guarded([&] {
    const auto &z = get(outputs);
    check_outputs(z);
    TORCH_CHECK(kind != ct_outputs_probabilities, "slopes are of logits");
    const auto *y = check_labels(get(labels), z);
    const int64_t n = z.size(0), k = z.size(1), parts = part_count(n, 2 * k);
    const Scaling scaling(scale, offset, k);
    const OutputTask task{kind, k, 0, nullptr, scaling.scale.data(), scaling.offset.data(), slack};
    std::vector<OutputSlopes> sums(parts);
    std::vector<double> gradients(gradient ? parts * 2 * k : 0);
    *bad = for_rows(n, parts, k, [&](int64_t i, int64_t part, double *scratch) {
      double *own = gradient ? gradients.data() + part * 2 * k : nullptr;
      return z.scalar_type() == at::kFloat ? output_kernels().slope(z.data_ptr<float>() + i * k, task, y[i], scratch, &sums[part], own)
                                           : output_kernels().slope_double(z.data_ptr<double>() + i * k, task, y[i], scratch, &sums[part], own);
    });
    for (const auto &part : sums) {
      slopes->nll += part.nll;
      slopes->first += part.first;
      slopes->second += part.second;
      slopes->uniform += part.uniform;
      slopes->label_gap += part.label_gap;
      slopes->widest = std::min(slopes->widest, part.widest);
    }
    for (int64_t part = 0; gradient && part < parts; ++part)
      for (int64_t j = 0; j < 2 * k; ++j) gradient[j] += gradients[part * 2 * k + j];
  });
}

ct_error *ct_mean_outputs(const ct_tensor *members, intptr_t count, ct_output_kind kind, ct_tensor *by_probability, ct_tensor *by_logit, ct_tensor *own, intptr_t *bad_member, intptr_t *bad) {
  return guarded([&] {
    TORCH_CHECK(count > 0, "no outputs");
    std::vector<at::Tensor> all;
    for (intptr_t m = 0; m < count; ++m) {
      all.push_back(get(members[m]));
      check_outputs(all.back());
      TORCH_CHECK(all.back().sizes() == all[0].sizes(), "outputs ", all.back().sizes(), " do not fit ", all[0].sizes());
    }
    const int64_t n = all[0].size(0), k = all[0].size(1);
    const Scaling scaling(nullptr, nullptr, k);
    const OutputTask task{kind, k, 0, nullptr, scaling.scale.data(), scaling.offset.data(), slack};
    auto first = at::empty({n}, at::kLong), second = at::empty({n}, at::kLong), each = at::empty({count, n}, at::kLong);
    std::atomic<int64_t> guilty{count};
    *bad = for_rows(n, part_count(n, 0), 3 * k, [&](int64_t i, int64_t, double *scratch) {
      double *sums = scratch + k;
      std::fill(sums, sums + 2 * k, 0.0);
      for (intptr_t m = 0; m < count; ++m) {
        const auto &z = all[m];
        const auto answer = z.scalar_type() == at::kFloat ? output_kernels().mean(z.data_ptr<float>() + i * k, task, scratch, sums)
                                                          : output_kernels().mean_double(z.data_ptr<double>() + i * k, task, scratch, sums);
        if (answer < 0) {
          lower(guilty, m);
          return false;
        }
        each.data_ptr<int64_t>()[m * n + i] = answer;
      }
      first.data_ptr<int64_t>()[i] = output_kernels().largest(sums, task, scratch);
      second.data_ptr<int64_t>()[i] = output_kernels().largest(sums + k, task, scratch);
      return true;
    });
    *bad_member = static_cast<intptr_t>(guilty.load());
    put(by_probability, first);
    put(by_logit, second);
    put(own, each);
  });
}

}  // extern "C"
