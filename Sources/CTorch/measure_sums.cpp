// Sums over rows of features.
#include <ATen/ATen.h>

#include <algorithm>

#include "guard.h"
#include "kernels.h"
#include "parallel.h"

using namespace ct;

namespace {

void check_rows(const at::Tensor &x) {
  TORCH_CHECK(x.is_cpu() && x.dim() == 2 && x.scalar_type() == at::kFloat && x.is_contiguous(), "rows need [n, d] f32 in memory order on the processor, got ",
              x.scalar_type(), " ", x.sizes());
}

/// `row` as kernels take it for the rows of x.
at::Tensor row_for(const at::Tensor &x, const at::Tensor &row) {
  check_rows(x);
  TORCH_CHECK(row.is_cpu() && row.dim() == 1 && row.size(0) == x.size(1), "a row ", row.sizes(), " does not fit ", x.sizes());
  return row.to(at::kFloat).contiguous();
}

}  // namespace

extern "C" {

ct_error *ct_column_sums(ct_tensor x, ct_tensor *out) {
  return guarded([&] {
    const auto &a = get(x);
    check_rows(a);
    const int64_t n = a.size(0), d = a.size(1), parts = part_limit();
    auto sums = at::zeros({parts, d}, at::kDouble);
    parallel(n, 64, [&](int64_t part, int64_t begin, int64_t end) {
      measure_kernels().column_sums(a.data_ptr<float>(), d, begin, end, sums.data_ptr<double>() + part * d);
    });
    put(out, sums.sum(0));
  });
}

ct_error *ct_subtract_row(ct_tensor x, ct_tensor center, double scale, ct_tensor *out, ct_tensor *squares) {
  return guarded([&] {
    const auto &a = get(x);
    const auto by = row_for(a, get(center));
    const int64_t n = a.size(0), d = a.size(1);
    auto y = at::empty_like(a);
    auto s = at::empty({n}, at::kDouble);
    parallel(n, 16, [&](int64_t, int64_t begin, int64_t end) {
      measure_kernels().subtract(a.data_ptr<float>(), by.data_ptr<float>(), static_cast<float>(scale), d, begin, end, y.data_ptr<float>(), s.data_ptr<double>());
    });
    put(out, y);
    put(squares, s);
  });
}

ct_error *ct_panels(ct_tensor x, ct_tensor center, double scale, ct_tensor *out, ct_tensor *squares) {
  return guarded([&] {
    const auto &a = get(x);
    const auto by = row_for(a, get(center));
    const int64_t n = a.size(0), d = a.size(1), panels = (n + 15) / 16;
    auto y = at::empty({panels, d, 16}, a.options());
    auto s = at::empty({n}, at::kDouble);
    parallel(panels, 1, [&](int64_t, int64_t begin, int64_t end) {
      measure_kernels().pack(a.data_ptr<float>(), by.data_ptr<float>(), static_cast<float>(scale), n, d, begin, end, y.data_ptr<float>(), s.data_ptr<double>());
    });
    put(out, y);
    put(squares, s);
  });
}

ct_error *ct_gram(ct_tensor a, ct_tensor b, bool upper, ct_tensor *out) {
  return guarded([&] {
    const auto &x = get(a), &y = get(b);
    for (const auto *p : {&x, &y})
      TORCH_CHECK(p->is_cpu() && p->dim() == 3 && p->size(2) == 16 && p->scalar_type() == at::kFloat && p->is_contiguous(), "no panels: ", p->scalar_type(), " ", p->sizes());
    TORCH_CHECK(x.size(1) == y.size(1) && (!upper || x.size(0) == y.size(0)), "panels ", x.sizes(), " and ", y.sizes(), " do not fit");
    auto result = at::empty({16 * x.size(0), 16 * y.size(0)}, x.options());
    const int64_t panels = x.size(0);
    constexpr int64_t high = 4;
    parallel_pieces((panels + high - 1) / high, [&](int64_t piece) {
      measure_kernels().gram(x.data_ptr<float>(), y.data_ptr<float>(), y.size(0), x.size(1), piece * high, std::min(panels, (piece + 1) * high), upper, result.data_ptr<float>());
    });
    put(out, result);
  });
}

ct_error *ct_add_dots(const ct_tensor *tensors, intptr_t n, const intptr_t *pairs, intptr_t count, double factor, double *sums) {
  return guarded([&] {
    std::vector<const float *> numbers;
    const int64_t size = n > 0 ? get(tensors[0]).numel() : 0;
    for (intptr_t i = 0; i < n; ++i) {
      const auto &a = get(tensors[i]);
      TORCH_CHECK(a.is_cpu() && a.scalar_type() == at::kFloat && a.is_contiguous() && a.numel() == size, "dots need f32 tensors of one size in memory order, got ",
                  a.scalar_type(), " ", a.sizes());
      numbers.push_back(a.data_ptr<float>());
    }
    for (intptr_t i = 0; i < 2 * count; ++i) TORCH_CHECK(pairs[i] >= 0 && pairs[i] < n, "no tensor ", pairs[i], " of ", n);
    // Pieces of all tensors at a time, so that each comes from memory once for all its pairs.
    constexpr int64_t piece = 4096;
    const int64_t pieces = (size + piece - 1) / piece, parts = part_limit();
    std::vector<double> shares(parts * count);
    parallel(pieces, 1, [&](int64_t part, int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p)
        for (intptr_t i = 0; i < count; ++i)
          shares[part * count + i] += measure_kernels().dot(numbers[pairs[2 * i]] + p * piece, numbers[pairs[2 * i + 1]] + p * piece, std::min(piece, size - p * piece));
    });
    for (int64_t part = 0; part < parts; ++part)
      for (intptr_t i = 0; i < count; ++i) sums[i] += factor * shares[part * count + i];
  });
}

ct_error *ct_add_angles(ct_tensor products, ct_tensor a, ct_tensor b, ct_tensor squares, ct_tensor other_squares, ct_tensor weights, ct_tensor other_weights, ct_tensor classes,
                        ct_tensor other_classes, bool within, bool upper, double *sum) {
  return guarded([&] {
    const auto &p = get(products), &x = get(a), &y = get(b);
    check_rows(x);
    check_rows(y);
    const int64_t n = x.size(0), m = y.size(0), d = x.size(1), whole = (m + 15) / 16 * 16;
    TORCH_CHECK(y.size(1) == d && p.is_cpu() && p.scalar_type() == at::kFloat && p.is_contiguous() && p.dim() == 2 && p.size(0) >= n && p.size(1) == whole,
                "products ", p.sizes(), " do not fit rows ", x.sizes(), " and ", y.sizes());
    // One number for each row, with room up to a multiple of 16.
    const auto padded = [](const at::Tensor &v, int64_t count, at::ScalarType type) {
      TORCH_CHECK(v.is_cpu() && v.dim() == 1 && v.size(0) == count, "numbers ", v.sizes(), " for ", count, " rows");
      auto out = at::zeros({(count + 15) / 16 * 16}, at::TensorOptions().dtype(type));
      out.narrow(0, 0, count).copy_(v);
      return out;
    };
    const auto s = padded(get(squares), n, at::kFloat), t = padded(get(other_squares), m, at::kFloat);
    const auto w = padded(get(weights), n, at::kDouble), v = padded(get(other_weights), m, at::kFloat);
    const auto own = padded(get(classes), n, at::kInt), other = padded(get(other_classes), m, at::kInt);
    const int64_t parts = std::clamp<int64_t>(n / 16, 1, 64);
    std::vector<double> sums(parts);
    parallel(parts, 1, [&](int64_t, int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part)
        // Rows in turn, since those of the upper half differ in length.
        for (int64_t i = part; i < n; i += parts)
          sums[part] += w.data_ptr<double>()[i] *
                        measure_kernels().angle_row(p.data_ptr<float>() + i * whole, s.data_ptr<float>()[i], t.data_ptr<float>(), v.data_ptr<float>(), other.data_ptr<int>(),
                                                    within ? -1 : own.data_ptr<int>()[i], x.data_ptr<float>() + i * d, y.data_ptr<float>(), d, upper ? i + 1 : 0, m);
    });
    for (const auto part : sums) *sum += part;
  });
}

ct_error *ct_add_class_sums(ct_tensor x, ct_tensor classes, ct_tensor center, bool unit, ct_tensor shifts, ct_tensor counts, ct_tensor sums, ct_tensor squares, intptr_t *left) {
  return guarded([&] {
    const auto &a = get(x), &labels = get(classes), &off = get(shifts), &seen = get(counts), &to = get(sums), &to_squares = get(squares);
    const auto origin = optional(center);
    const int64_t n = a.dim() == 2 ? a.size(0) : 0, d = a.dim() == 2 ? a.size(1) : 0, k = to_squares.numel();
    TORCH_CHECK(a.is_cpu() && a.dim() == 2 && (a.scalar_type() == at::kFloat || a.scalar_type() == at::kDouble) && a.is_contiguous(),
                "rows need [n, d] f32 or f64 in memory order on the processor, got ", a.scalar_type(), " ", a.sizes());
    const auto fits = [](const at::Tensor &t, at::ScalarType type, at::IntArrayRef sizes) { return t.is_cpu() && t.scalar_type() == type && t.sizes() == sizes && t.is_contiguous(); };
    TORCH_CHECK(fits(labels, at::kLong, {n}), "classes ", labels.sizes(), " do not fit ", a.sizes());
    const bool single = off.scalar_type() == at::kFloat && a.scalar_type() == at::kFloat;
    TORCH_CHECK(fits(to, at::kDouble, {k, d}) && fits(to_squares, at::kDouble, {k}) && fits(seen, at::kLong, {k}) && fits(off, single ? at::kFloat : at::kDouble, {k, d}),
                "sums ", to.sizes(), " about shifts ", off.scalar_type(), " ", off.sizes(), " do not fit");
    TORCH_CHECK(!origin.defined() || fits(origin, at::kDouble, {d}), "a centre ", origin.sizes(), " does not fit ", a.sizes());
    // Rows by class, so that a class's sums stay in the cache; a class is one thread's, so its rows are added in one order.
    const auto *of = labels.data_ptr<int64_t>();
    std::vector<int64_t> starts(k + 1), order(n);
    for (int64_t i = 0; i < n; ++i) {
      TORCH_CHECK(of[i] >= 0 && of[i] < k, "no class ", of[i], " of ", k);
      ++starts[of[i] + 1];
    }
    for (int64_t c = 0; c < k; ++c) starts[c + 1] += starts[c];
    auto next = starts;
    for (int64_t i = 0; i < n; ++i) order[next[of[i]]++] = i;
    // Where classes are few for the threads, these take parts of a class, to sums of their own; as many parts for any number of threads.
    const int64_t parts = std::clamp<int64_t>((1 << 22) / std::max<int64_t>(d, 1), 1, 64);
    std::vector<int64_t> cuts{0};
    for (int64_t c = 0; c < k; ++c) {
      const int64_t size = starts[c + 1] - starts[c], pieces = std::max<int64_t>(1, std::min<int64_t>(parts, size * parts / std::max<int64_t>(n, 1)));
      for (int64_t p = 1; p <= pieces && size > 0; ++p) cuts.push_back(starts[c] + size * p / pieces);
    }
    const int64_t pieces = static_cast<int64_t>(cuts.size()) - 1;
    const bool few = pieces <= 2 * parts;
    std::vector<double> own(few ? pieces * (d + 1) : 0);
    std::vector<int64_t> missing(part_limit());
    const double *middle = origin.defined() ? origin.data_ptr<double>() : nullptr;
    std::vector<float> halves[2];
    if (middle && single)
      for (int64_t j = 0; j < d; ++j) {
        halves[0].push_back(static_cast<float>(middle[j]));
        halves[1].push_back(static_cast<float>(middle[j] - halves[0][j]));
      }
    const float *split[2] = {halves[0].data(), halves[1].data()};
    const auto add = [&](const auto *x, const auto &kernel, const auto *center, const auto *shift, int64_t first, int64_t last, double *into, double *square) {
      int64_t out = 0;
      for (int64_t i = first; i < last; i += 4) {
        const int64_t count = std::min<int64_t>(4, last - i);
        decltype(x) rows[4], after[4];
        for (int64_t r = 0; r < 4; ++r) {
          rows[r] = x + order[std::min(i + r, n - 1)] * d;
          after[r] = x + order[std::min(i + 4 + r, n - 1)] * d;
        }
        out += kernel(rows, after, count, center, shift, unit, d, into, square);
      }
      return out;
    };
    const auto add_double = [&](const double *shift, int64_t first, int64_t last, double *into, double *square) {
      return a.scalar_type() == at::kFloat ? add(a.data_ptr<float>(), measure_kernels().add_rows, middle, shift, first, last, into, square)
                                           : add(a.data_ptr<double>(), measure_kernels().add_rows_double, middle, shift, first, last, into, square);
    };
    const auto add_any = [&](int64_t c, int64_t first, int64_t last, double *into, double *square) {
      return single ? add(a.data_ptr<float>(), measure_kernels().add_rows_single, middle ? split : nullptr, off.data_ptr<float>() + c * d, first, last, into, square)
                    : add_double(off.data_ptr<double>() + c * d, first, last, into, square);
    };
    const std::vector<double> nothing(d);
    const auto begin_class = [&](int64_t c) {
      std::vector<double> row(d);
      double square = 0;
      add_double(nothing.data(), starts[c], starts[c] + 1, row.data(), &square);
      if (single) {
        std::copy(row.begin(), row.end(), off.data_ptr<float>() + c * d);
      } else {
        std::copy(row.begin(), row.end(), off.data_ptr<double>() + c * d);
      }
    };
    auto *all = to.data_ptr<double>(), *all_squares = to_squares.data_ptr<double>();
    parallel(k, 16, [&](int64_t, int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) {
        const int64_t size = starts[c + 1] - starts[c];
        if (size > 0 && seen.data_ptr<int64_t>()[c] == 0) begin_class(c);
        seen.data_ptr<int64_t>()[c] += size;
      }
    });
    parallel(few ? pieces : k, 1, [&](int64_t part, int64_t begin, int64_t end) {
      for (int64_t piece = begin; piece < end; ++piece) {
        if (few) {
          double *into = own.data() + piece * (d + 1);
          missing[part] += add_any(of[order[cuts[piece]]], cuts[piece], cuts[piece + 1], into, into + d);
        } else {
          missing[part] += add_any(piece, starts[piece], starts[piece + 1], all + piece * d, all_squares + piece);
        }
      }
    });
    if (few)
      for (int64_t piece = 0; piece < pieces; ++piece) {
        const int64_t c = of[order[cuts[piece]]];
        const double *from = own.data() + piece * (d + 1);
        for (int64_t j = 0; j < d; ++j) all[c * d + j] += from[j];
        all_squares[c] += from[d];
      }
    *left = 0;
    for (const auto count : missing) *left += count;
  });
}

}  // extern "C"
