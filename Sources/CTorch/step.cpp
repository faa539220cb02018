// The optimizer's step in one pass over each parameter, and the running top-k of a search.
#include <ATen/ATen.h>

#include <algorithm>

#include "guard.h"
#include "parallel.h"

using namespace ct;

namespace {

template <class T>
void step(T *value, T *velocity, T *average, const T *gradient, int64_t n, T rate, T momentum, T decay, T keep) {
  if (average) {
    for (int64_t i = 0; i < n; ++i) {
      const T g = gradient[i] + decay * value[i];
      const T v = momentum * velocity[i] + g;
      velocity[i] = v;
      const T w = value[i] - rate * (g + momentum * v);
      value[i] = w;
      average[i] += (1 - keep) * (w - average[i]);
    }
  } else {
    for (int64_t i = 0; i < n; ++i) {
      const T g = gradient[i] + decay * value[i];
      const T v = momentum * velocity[i] + g;
      velocity[i] = v;
      value[i] -= rate * (g + momentum * v);
    }
  }
}

}  // namespace

extern "C" {

ct_error *ct_sgd_step(const ct_parameter *parameters, intptr_t n, double rate, double momentum, double keep) {
  return guarded([&] {
    at::NoGradGuard none;
    for (intptr_t p = 0; p < n; ++p) {
      const auto &value = get(parameters[p].value), &velocity = get(parameters[p].velocity);
      const auto average = optional(parameters[p].average);
      TORCH_CHECK(value.grad().defined(), "parameter ", p, " of ", n, " has no gradient");
      auto gradient = value.grad();
      if (gradient.scalar_type() != value.scalar_type() || gradient.strides() != value.strides())
        gradient = at::empty_like(value).copy_(gradient);
      const auto fits = [&](const at::Tensor &a) {
        return a.sizes() == value.sizes() && a.strides() == value.strides() && a.scalar_type() == value.scalar_type();
      };
      TORCH_CHECK(value.is_non_overlapping_and_dense() && fits(velocity) && (!average.defined() || fits(average)),
                  "parameter ", p, ": value, velocity and average need one shape, type and memory layout");
      const double decay = parameters[p].weight_decay;
      if (value.is_cpu() && value.scalar_type() == at::kFloat) {
        step(value.data_ptr<float>(), velocity.data_ptr<float>(), average.defined() ? average.data_ptr<float>() : nullptr,
             gradient.data_ptr<float>(), value.numel(), float(rate), float(momentum), float(decay), float(keep));
      } else if (value.is_cpu() && value.scalar_type() == at::kDouble) {
        step(value.data_ptr<double>(), velocity.data_ptr<double>(),
             average.defined() ? average.data_ptr<double>() : nullptr, gradient.data_ptr<double>(), value.numel(), rate,
             momentum, decay, keep);
      } else {
        auto g = gradient.add(value, decay);
        velocity.mul_(momentum).add_(g);
        value.sub_(g.add(velocity, momentum), rate);
        if (average.defined()) average.lerp_(value, 1 - keep);
      }
      value.mutable_grad().reset();
    }
  });
}

ct_error *ct_merge_topk(ct_tensor scores, intptr_t offset, ct_tensor values, ct_tensor indices) {
  return guarded([&] {
    const auto s = get(scores).contiguous();
    const auto &best = get(values), &where = get(indices);
    TORCH_CHECK(s.dim() == 2 && best.dim() == 2 && where.sizes() == best.sizes() && best.size(0) == s.size(0),
                "scores ", s.sizes(), " do not fit values ", best.sizes(), " and indices ", where.sizes());
    TORCH_CHECK(best.is_contiguous() && where.is_contiguous(), "values and indices must be contiguous");
    const int64_t n = s.size(1), k = best.size(1);
    const auto *score = s.const_data_ptr<float>();
    auto *value = best.data_ptr<float>();
    auto *index = where.data_ptr<int64_t>();
    using Item = std::pair<float, int64_t>;
    // Best first: higher score, then lower index; empty places last.
    const auto before = [](const Item &a, const Item &b) {
      if ((a.second < 0) != (b.second < 0)) return b.second < 0;
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    };
    parallel(s.size(0), 4, [&](int64_t, int64_t begin, int64_t end) {
      std::vector<Item> heap(static_cast<size_t>(k));
      for (int64_t row = begin; row < end; ++row) {
        for (int64_t j = 0; j < k; ++j) heap[j] = {value[row * k + j], index[row * k + j]};
        std::make_heap(heap.begin(), heap.end(), before);  // the worst on top
        for (int64_t j = 0; j < n && k > 0; ++j) {
          const Item item{score[row * n + j], offset + j};
          // A full row takes nothing below its worst; no row takes a NaN.
          if (heap.front().second >= 0 ? !(item.first >= heap.front().first) : item.first != item.first) continue;
          if (!before(item, heap.front())) continue;
          std::pop_heap(heap.begin(), heap.end(), before);
          heap.back() = item;
          std::push_heap(heap.begin(), heap.end(), before);
        }
        std::sort_heap(heap.begin(), heap.end(), before);
        for (int64_t j = 0; j < k; ++j) {
          value[row * k + j] = heap[j].first;
          index[row * k + j] = heap[j].second;
        }
      }
    });
  });
}

}  // extern "C"
