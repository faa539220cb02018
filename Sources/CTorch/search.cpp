// Nearest neighbours: the best of many scores, and exact scores of a few.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "best.h"
#include "guard.h"
#include "kernels.h"
#include "parallel.h"

using namespace ct;

namespace {

/// Sums in double, in eight parts, whatever the rows' type.
template <bool gap, class T>
double pair(const T *a, const T *b, int64_t d) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= d; i += 8) {
    for (int64_t j = 0; j < 8; ++j) {
      const double x = a[i + j], y = b[i + j];
      sums[j] += gap ? (x - y) * (x - y) : x * y;
    }
  }
  for (; i < d; ++i) {
    const double x = a[i], y = b[i];
    sums[0] += gap ? (x - y) * (x - y) : x * y;
  }
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

void check_rows(const at::Tensor &rows, const char *name) {
  TORCH_CHECK(rows.is_cpu() && rows.dim() == 2 && rows.is_contiguous() && (rows.scalar_type() == at::kFloat || rows.scalar_type() == at::kDouble),
              name, " must be [n, d] f32 or f64 in memory order on the processor, is ", rows.scalar_type(), " ", rows.sizes());
}

template <class T>
void norms(const at::Tensor &rows, double *out) {
  const auto *x = rows.data_ptr<T>();
  const int64_t d = rows.size(1);
  parallel(rows.size(0), 64, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out[i] = std::sqrt(pair<false>(x + i * d, x + i * d, d));
  });
}

struct Scoring {
  const int64_t *candidates;
  const double *base_norms, *query_norms;  // null: Euclidean distances
  int64_t offset, m;
  double *scores;
};

template <class T>
void score(const at::Tensor &base, const at::Tensor &queries, const Scoring &work) {
  const auto *x = base.data_ptr<T>(), *y = queries.data_ptr<T>();
  const int64_t n = base.size(0), d = base.size(1);
  parallel(queries.size(0), 1, [&](int64_t, int64_t begin, int64_t end) {
    std::vector<int64_t> here(work.m);  // candidates that this part of the base holds
    for (int64_t q = begin; q < end; ++q) {
      const auto *places = work.candidates + q * work.m;
      int64_t count = 0;
      for (int64_t j = 0; j < work.m; ++j)
        if (places[j] >= work.offset && places[j] < work.offset + n) here[count++] = j;
      for (int64_t i = 0; i < count; ++i) {
        // Rows lie anywhere: those to come are asked for.
        if (i + 2 < count)
          for (int64_t at = 0; at < d; at += static_cast<int64_t>(64 / sizeof(T))) __builtin_prefetch(x + (places[here[i + 2]] - work.offset) * d + at);
        const int64_t place = places[here[i]] - work.offset;
        const auto *row = x + place * d;
        double score;
        if (work.base_norms) {
          const double product = work.base_norms[place] * work.query_norms[q];
          score = product == 0 ? 0 : pair<false>(row, y + q * d, d) / product;
        } else {
          score = -std::sqrt(pair<true>(row, y + q * d, d));
        }
        work.scores[q * work.m + here[i]] = score;
      }
    }
  });
}

void check_candidates(const at::Tensor &candidates, int64_t queries) {
  TORCH_CHECK(candidates.is_cpu() && candidates.dim() == 2 && candidates.size(0) == queries && candidates.is_contiguous() && candidates.scalar_type() == at::kLong,
              "candidates must be [", queries, ", m] i64 in memory order, are ", candidates.scalar_type(), " ", candidates.sizes());
}

void check_scores(const at::Tensor &scores, at::IntArrayRef sizes) {
  TORCH_CHECK(scores.is_cpu() && scores.sizes() == sizes && scores.is_contiguous() && scores.scalar_type() == at::kDouble, "scores must be ", sizes, " f64 in memory order, are ",
              scores.scalar_type(), " ", scores.sizes());
}

}  // namespace

extern "C" {

ct_error *ct_merge_topk(ct_tensor scores, intptr_t offset, bool ordered, ct_tensor values, ct_tensor indices) {
  return guarded([&] {
    const auto s = get(scores).contiguous();
    const auto &best = get(values), &where = get(indices);
    TORCH_CHECK(s.dim() == 2 && best.dim() == 2 && where.sizes() == best.sizes() && best.size(0) == s.size(0),
                "scores ", s.sizes(), " do not fit values ", best.sizes(), " and indices ", where.sizes());
    TORCH_CHECK(s.scalar_type() == at::kFloat, "scores are f32, not ", s.scalar_type());
    TORCH_CHECK(offset >= 0 && offset <= Best::most - s.size(1), "candidates must lie below ", Best::most, ", are from ", offset, " on");
    TORCH_CHECK(best.is_contiguous() && where.is_contiguous(), "values and indices must be contiguous");
    TORCH_CHECK(s.is_cpu() && best.is_cpu() && where.is_cpu(), "the search works in the processor's memory");
    const int64_t n = s.size(1), k = best.size(1);
    const auto *score = s.data_ptr<float>();
    auto *value = best.data_ptr<float>();
    auto *index = where.data_ptr<int64_t>();
    parallel(s.size(0), 4, [&](int64_t, int64_t begin, int64_t end) {
      Best row(k);
      for (int64_t i = begin; i < end; ++i) {
        row.start(value + i * k, index + i * k);
        row.take(score + i * n, n, offset);
        row.finish(value + i * k, index + i * k, ordered);
      }
    });
  });
}

bool ct_prefers_panels(void) { return has_only_avx2(); }

ct_error *ct_merge_panels(ct_tensor queries, ct_tensor rows, intptr_t count, ct_tensor bias, intptr_t offset, ct_tensor values, ct_tensor indices) {
  return guarded([&] {
    const auto &q = get(queries), &b = get(rows), &best = get(values), &where = get(indices);
    const auto add = optional(bias);
    for (const auto *p : {&q, &b})
      TORCH_CHECK(p->is_cpu() && p->dim() == 3 && p->size(2) == 16 && p->scalar_type() == at::kFloat && p->is_contiguous(), "no panels: ", p->scalar_type(), " ", p->sizes());
    TORCH_CHECK(q.size(1) == b.size(1) && count >= 0 && count <= 16 * b.size(0), "panels ", q.sizes(), " and ", count, " rows of ", b.sizes(), " do not fit");
    TORCH_CHECK(best.dim() == 2 && q.size(0) == (best.size(0) + 15) / 16 && where.sizes() == best.sizes() && best.is_contiguous() && where.is_contiguous() && best.is_cpu() &&
                    where.is_cpu() && best.scalar_type() == at::kFloat && where.scalar_type() == at::kLong,
                "values ", best.sizes(), " and indices ", where.sizes(), " do not go with queries ", q.sizes());
    TORCH_CHECK(offset >= 0 && offset <= Best::most - count, "rows must lie below ", Best::most, ", are from ", offset, " on");
    TORCH_CHECK(!add.defined() || (add.is_cpu() && add.scalar_type() == at::kFloat && add.is_contiguous() && add.numel() == count), "bias must be [", count, "] f32");
    const int64_t d = q.size(1), k = best.size(1), total = best.size(0), panels = (count + 15) / 16;
    const float *query = q.data_ptr<float>(), *row = b.data_ptr<float>(), *shift = add.defined() ? add.data_ptr<float>() : nullptr;
    auto *value = best.data_ptr<float>();
    auto *index = where.data_ptr<int64_t>();
    constexpr int64_t high = 4, wide = 32;  // panels of a product, so that it stays in the second cache
    parallel_pieces((q.size(0) + high - 1) / high, [&](int64_t piece) {
      const int64_t top = piece * high, first = 16 * top, here = std::min(16 * high, total - first);
      std::vector<float> scores(16 * high * 16 * wide);
      std::vector<Best> lists;
      lists.reserve(here);
      for (int64_t i = 0; i < here; ++i) {
        lists.emplace_back(k);
        lists[i].start(value + (first + i) * k, index + (first + i) * k);
      }
      for (int64_t left = 0; left < panels; left += wide) {
        const int64_t columns = std::min(wide, panels - left), own = std::min(16 * columns, count - 16 * left);
        measure_kernels().gram(query + first * d, row + 16 * left * d, columns, d, 0, std::min(high, q.size(0) - top), false, scores.data());
        for (int64_t i = 0; i < here; ++i) {
          float *line = scores.data() + i * 16 * columns;
          if (shift)
            for (int64_t j = 0; j < own; ++j) line[j] += shift[16 * left + j];
          lists[i].take(line, own, offset + 16 * left);
        }
      }
      for (int64_t i = 0; i < here; ++i) lists[i].finish(value + (first + i) * k, index + (first + i) * k, false);
    });
  });
}

ct_error *ct_row_norms(ct_tensor a, ct_tensor *out) {
  return guarded([&] {
    const auto &rows = get(a);
    check_rows(rows, "rows");
    auto result = at::empty({rows.size(0)}, rows.options().dtype(at::kDouble));
    rows.scalar_type() == at::kFloat ? norms<float>(rows, result.data_ptr<double>()) : norms<double>(rows, result.data_ptr<double>());
    put(out, result);
  });
}

ct_error *ct_candidate_scores(ct_tensor base, intptr_t offset, ct_tensor base_norms, ct_tensor queries, ct_tensor query_norms, ct_tensor candidates,
                              bool euclidean, ct_tensor scores) {
  return guarded([&] {
    const auto &x = get(base), &y = get(queries), &places = get(candidates), &a = get(base_norms), &b = get(query_norms), &s = get(scores);
    check_rows(x, "base");
    check_rows(y, "queries");
    TORCH_CHECK(x.size(1) == y.size(1) && x.scalar_type() == y.scalar_type(), "base ", x.sizes(), " and queries ", y.sizes(), " do not go together");
    check_candidates(places, y.size(0));
    check_scores(s, places.sizes());
    for (const auto *norm : {&a, &b}) {
      const int64_t rows = norm == &a ? x.size(0) : y.size(0);
      TORCH_CHECK(norm->is_cpu() && norm->scalar_type() == at::kDouble && norm->is_contiguous() && norm->numel() == rows, "norms must be [", rows, "] f64");
    }
    const Scoring work{places.data_ptr<int64_t>(), euclidean ? nullptr : a.data_ptr<double>(), euclidean ? nullptr : b.data_ptr<double>(), offset, places.size(1),
                       s.data_ptr<double>()};
    x.scalar_type() == at::kFloat ? score<float>(x, y, work) : score<double>(x, y, work);
  });
}

ct_error *ct_best_candidates(ct_tensor scores, ct_tensor candidates, intptr_t k, ct_tensor *out_scores, ct_tensor *out_candidates) {
  return guarded([&] {
    const auto &s = get(scores), &places = get(candidates);
    check_candidates(places, s.dim() == 2 ? s.size(0) : -1);
    check_scores(s, places.sizes());
    const int64_t q = s.size(0), m = s.size(1);
    TORCH_CHECK(k >= 0 && k <= m, k, " of ", m, " candidates");
    auto best = at::empty({q, k}, s.options()), where = at::empty({q, k}, places.options());
    const auto *score = s.data_ptr<double>();
    const auto *place = places.data_ptr<int64_t>();
    auto *to = best.data_ptr<double>();
    auto *index = where.data_ptr<int64_t>();
    parallel(q, 1, [&](int64_t, int64_t begin, int64_t end) {
      std::vector<std::pair<double, int64_t>> found(m);
      for (int64_t i = begin; i < end; ++i) {
        for (int64_t j = 0; j < m; ++j) found[j] = {-score[i * m + j], place[i * m + j]};
        std::partial_sort(found.begin(), found.begin() + k, found.end());
        for (int64_t j = 0; j < k; ++j) {
          to[i * k + j] = -found[j].first;
          index[i * k + j] = found[j].second;
        }
      }
    });
    put(out_scores, best);
    put(out_candidates, where);
  });
}

}  // extern "C"
