// Candidates for nearest neighbours by products of bf16, on processors that multiply pairs of bf16 fast.
#include <ATen/ATen.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include "best.h"
#include "guard.h"
#include "kernels.h"
#include "parallel.h"

using namespace ct;

namespace {

constexpr int64_t panel = 32;

/// Rows of a product, so that their scores stay in the cache.
constexpr int64_t group = 56;

float widened(uint16_t value) {
  const uint32_t bits = static_cast<uint32_t>(value) << 16;
  float result;
  std::memcpy(&result, &bits, 4);
  return result;
}

}  // namespace

extern "C" {

bool ct_multiplies_pairs(void) { return multiplies_pairs(); }

ct_error *ct_pack_rough(ct_tensor rows, ct_tensor *packed, ct_tensor *errors) {
  return guarded([&] {
    const auto &x = get(rows);
    TORCH_CHECK(paired_kernels(), "this processor does not multiply pairs of bf16 fast");
    TORCH_CHECK(x.is_cpu() && x.dim() == 2 && x.is_contiguous() && x.scalar_type() == at::kFloat && x.size(1) % 16 == 0 && x.size(1) > 0,
                "rows must be [n, d] f32 in memory order, d a multiple of 16, are ", x.scalar_type(), " ", x.sizes());
    const int64_t n = x.size(0), d = x.size(1), panels = (n + panel - 1) / panel;
    auto to = at::empty({panels, 2, d / 2, 16, 2}, x.options().dtype(at::kBFloat16));
    auto gaps = at::empty({n}, x.options().dtype(at::kDouble));
    const auto *from = x.data_ptr<float>();
    auto *out = static_cast<uint16_t *>(to.data_ptr());
    auto *gap = gaps.data_ptr<double>();
    parallel(2 * panels, 1, [&](int64_t, int64_t begin, int64_t end) {
      std::vector<float> last(16 * d);  // the last rows, filled up with zeros
      for (int64_t block = begin; block < end; ++block) {
        const int64_t here = std::clamp<int64_t>(n - 16 * block, 0, 16);
        const float *source = from + 16 * block * d;
        if (here < 16) {
          std::fill(last.begin(), last.end(), 0.0f);
          std::copy_n(from + std::min(16 * block, n) * d, here * d, last.data());
          source = last.data();
        }
        uint16_t *place = out + 16 * block * d;
        paired_kernels()->lay_out(source, 16, 1, d, 0, 16, place);
        double squares[16] = {};
        for (int64_t pair = 0; pair < d / 2; ++pair)
          for (int64_t i = 0; i < 16; ++i)
            for (int64_t j = 0; j < 2; ++j) {
              const double difference = static_cast<double>(source[i * d + 2 * pair + j]) - widened(place[(pair * 16 + i) * 2 + j]);
              squares[i] += difference * difference;
            }
        for (int64_t i = 0; i < here; ++i) gap[16 * block + i] = std::sqrt(squares[i]);
      }
    });
    put(packed, to);
    put(errors, gaps);
  });
}

ct_error *ct_merge_rough(ct_tensor queries, ct_tensor packed, intptr_t count, ct_tensor bias, intptr_t offset, ct_tensor values, ct_tensor indices) {
  return guarded([&] {
    const auto &q = get(queries), &b = get(packed), &best = get(values), &where = get(indices);
    const auto add = optional(bias);
    TORCH_CHECK(paired_kernels(), "this processor does not multiply pairs of bf16 fast");
    TORCH_CHECK(q.is_cpu() && q.dim() == 2 && q.is_contiguous() && q.scalar_type() == at::kBFloat16, "queries must be [q, d] bf16 in memory order, are ", q.scalar_type(),
                " ", q.sizes());
    const int64_t d = q.size(1), k = best.dim() == 2 ? best.size(1) : 0;
    TORCH_CHECK(b.is_cpu() && b.is_contiguous() && b.scalar_type() == at::kBFloat16 && b.dim() == 5 && b.sizes().slice(1) == at::IntArrayRef({2, d / 2, 16, 2}) && count >= 0 &&
                    count <= b.size(0) * panel,
                "packed rows ", b.sizes(), " do not go with queries ", q.sizes());
    TORCH_CHECK(best.dim() == 2 && best.size(0) == q.size(0) && where.sizes() == best.sizes() && best.is_contiguous() && where.is_contiguous() && best.is_cpu() &&
                    where.is_cpu() && best.scalar_type() == at::kFloat && where.scalar_type() == at::kLong,
                "values ", best.sizes(), " and indices ", where.sizes(), " do not go with queries ", q.sizes());
    TORCH_CHECK(offset >= 0 && offset <= Best::most - count, "rows must lie below ", Best::most, ", are from ", offset, " on");
    TORCH_CHECK(!add.defined() || (add.is_cpu() && add.scalar_type() == at::kFloat && add.is_contiguous() && add.numel() == count), "bias must be [", count, "] f32");
    const auto *query = static_cast<const uint16_t *>(q.data_ptr()), *rows = static_cast<const uint16_t *>(b.data_ptr());
    const float *shift = add.defined() ? add.data_ptr<float>() : nullptr;
    auto *value = best.data_ptr<float>();
    auto *index = where.data_ptr<int64_t>();
    const int64_t groups = (q.size(0) + group - 1) / group;
    parallel(groups, 1, [&](int64_t, int64_t begin, int64_t end) {
      alignas(64) float scores[group * panel];
      std::vector<Best> lists;
      lists.reserve(group);
      for (int64_t i = 0; i < group; ++i) lists.emplace_back(k);
      for (int64_t part = begin; part < end; ++part) {
        const int64_t first = part * group, here = std::min(group, q.size(0) - first);
        for (int64_t i = 0; i < here; ++i) lists[i].start(value + (first + i) * k, index + (first + i) * k);
        for (int64_t column = 0; column < count; column += panel) {
          paired_kernels()->multiply(query + first * d, here, d, rows + column * d, scores);
          const int64_t wide = std::min(panel, count - column);
          for (int64_t i = 0; i < here; ++i) {
            float *row = scores + i * panel;
            if (shift)
              for (int64_t j = 0; j < wide; ++j) row[j] += shift[column + j];
            lists[i].take(row, wide, offset + column);
          }
        }
        for (int64_t i = 0; i < here; ++i) lists[i].finish(value + (first + i) * k, index + (first + i) * k, false);
      }
    });
  });
}

ct_error *ct_drop_candidates(ct_tensor values, ct_tensor slack, intptr_t k, ct_tensor indices) {
  return guarded([&] {
    const auto &best = get(values), &apart = get(slack), &where = get(indices);
    TORCH_CHECK(best.is_cpu() && best.dim() == 2 && best.is_contiguous() && best.scalar_type() == at::kFloat && where.is_cpu() && where.sizes() == best.sizes() &&
                    where.is_contiguous() && where.scalar_type() == at::kLong,
                "values ", best.sizes(), " and indices ", where.sizes(), " must be f32 and i64 in memory order");
    TORCH_CHECK(apart.is_cpu() && apart.is_contiguous() && apart.scalar_type() == at::kDouble && apart.numel() == best.size(0), "slack must be [", best.size(0), "] f64");
    const int64_t m = best.size(1);
    TORCH_CHECK(k > 0 && k <= m, k, " of ", m, " candidates");
    const auto *value = best.data_ptr<float>();
    const auto *gap = apart.data_ptr<double>();
    auto *index = where.data_ptr<int64_t>();
    parallel(best.size(0), 16, [&](int64_t, int64_t begin, int64_t end) {
      std::vector<float> sorted(m);
      for (int64_t i = begin; i < end; ++i) {
        std::copy_n(value + i * m, m, sorted.begin());
        std::nth_element(sorted.begin(), sorted.begin() + (k - 1), sorted.end(), std::greater<float>());
        const double least = sorted[k - 1] - gap[i];
        for (int64_t j = 0; j < m; ++j)
          if (value[i * m + j] < least) index[i * m + j] = -1;
      }
    });
  });
}

}  // extern "C"
