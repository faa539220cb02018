// The optimizer's step in one pass over each parameter, and the running top-k of a search.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "guard.h"
#include "parallel.h"

using namespace ct;

namespace {

/// What both optimizers need of a parameter: everything of one shape, type and memory layout.
struct Place {
  at::Tensor value, first, second, average, gradient;
  double decay;

  Place(const ct_parameter &parameter, intptr_t index, intptr_t count, bool needs_second)
      : value(get(parameter.value)), first(get(parameter.first)), average(optional(parameter.average)),
        decay(parameter.weight_decay) {
    TORCH_CHECK(value.grad().defined(), "parameter ", index, " of ", count, " has no gradient");
    if (needs_second) second = get(parameter.second);
    gradient = value.grad();
    if (gradient.scalar_type() != value.scalar_type() || gradient.strides() != value.strides())
      gradient = at::empty_like(value).copy_(gradient);
    const auto fits = [&](const at::Tensor &a) {
      return a.sizes() == value.sizes() && a.strides() == value.strides() && a.scalar_type() == value.scalar_type() &&
             a.device() == value.device();
    };
    TORCH_CHECK(value.is_non_overlapping_and_dense() && fits(first) && (!needs_second || fits(second)) &&
                    (!average.defined() || fits(average)),
                "parameter ", index, ": value, state and average need one shape, type, memory layout and device");
  }

  bool is(at::ScalarType type) const { return value.is_cpu() && value.scalar_type() == type; }
};

template <class T>
T *data(const at::Tensor &a) { return a.defined() ? a.data_ptr<T>() : nullptr; }

/// Shares of a parameter go to threads from this many numbers on.
constexpr int64_t grain = 1 << 15;

template <class T>
void sgd(const Place &place, T rate, T momentum, T keep, T scale) {
  T *value = data<T>(place.value), *velocity = data<T>(place.first), *average = data<T>(place.average);
  const T *gradient = data<T>(place.gradient);
  const T decay = T(place.decay);
  parallel(place.value.numel(), grain, [&](int64_t, int64_t begin, int64_t end) {
    if (average) {
      for (int64_t i = begin; i < end; ++i) {
        const T g = scale * gradient[i] + decay * value[i];
        const T v = momentum * velocity[i] + g;
        velocity[i] = v;
        const T w = value[i] - rate * (g + momentum * v);
        value[i] = w;
        average[i] += (1 - keep) * (w - average[i]);
      }
    } else {
      for (int64_t i = begin; i < end; ++i) {
        const T g = scale * gradient[i] + decay * value[i];
        const T v = momentum * velocity[i] + g;
        velocity[i] = v;
        value[i] -= rate * (g + momentum * v);
      }
    }
  });
}

/// Numbers of a step of AdamW that are the same for all parameters.
struct Adam {
  double rate, beta1, beta2, epsilon, keep, scale;
  double correction1, correction2;  // 1 - beta^t
};

template <class T>
void adamw(const Place &place, const Adam &by) {
  T *value = data<T>(place.value), *mean = data<T>(place.first), *square = data<T>(place.second);
  T *average = data<T>(place.average);
  const T *gradient = data<T>(place.gradient);
  const T shrink = T(1 - by.rate * place.decay), step = T(by.rate / by.correction1);
  const T beta1 = T(by.beta1), beta2 = T(by.beta2), epsilon = T(by.epsilon), keep = T(by.keep), scale = T(by.scale);
  const T root = T(1 / std::sqrt(by.correction2));
  parallel(place.value.numel(), grain, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T g = scale * gradient[i];
      const T m = beta1 * mean[i] + (1 - beta1) * g;
      const T v = beta2 * square[i] + (1 - beta2) * g * g;
      mean[i] = m, square[i] = v;
      const T w = shrink * value[i] - step * m / (std::sqrt(v) * root + epsilon);
      value[i] = w;
      if (average) average[i] += (1 - keep) * (w - average[i]);
    }
  });
}

}  // namespace

extern "C" {

ct_error *ct_gradient_norm(const ct_parameter *parameters, intptr_t n, double *norm) {
  return guarded([&] {
    at::NoGradGuard none;
    double sum = 0;
    for (intptr_t p = 0; p < n; ++p) {
      const auto gradient = get(parameters[p].value).grad();
      TORCH_CHECK(gradient.defined(), "parameter ", p, " of ", n, " has no gradient");
      sum += gradient.square().sum(at::kDouble).item<double>();
    }
    *norm = std::sqrt(sum);
  });
}

ct_error *ct_sgd_step(const ct_parameter *parameters, intptr_t n, double rate, double momentum, double keep, double scale) {
  return guarded([&] {
    at::NoGradGuard none;
    for (intptr_t p = 0; p < n; ++p) {
      const Place place(parameters[p], p, n, false);
      if (place.is(at::kFloat)) {
        sgd<float>(place, float(rate), float(momentum), float(keep), float(scale));
      } else if (place.is(at::kDouble)) {
        sgd<double>(place, rate, momentum, keep, scale);
      } else {
        const auto g = place.gradient.mul(scale).add(place.value, place.decay);
        place.first.mul_(momentum).add_(g);
        place.value.sub_(g.add(place.first, momentum), rate);
        if (place.average.defined()) place.average.lerp_(place.value, 1 - keep);
      }
      place.value.mutable_grad().reset();
    }
  });
}

ct_error *ct_adamw_step(const ct_parameter *parameters, intptr_t n, double rate, double beta1, double beta2, double epsilon,
                        intptr_t step, double keep, double scale) {
  return guarded([&] {
    at::NoGradGuard none;
    const Adam by{rate, beta1, beta2, epsilon, keep, scale, 1 - std::pow(beta1, double(step)), 1 - std::pow(beta2, double(step))};
    for (intptr_t p = 0; p < n; ++p) {
      const Place place(parameters[p], p, n, true);
      if (place.is(at::kFloat)) {
        adamw<float>(place, by);
      } else if (place.is(at::kDouble)) {
        adamw<double>(place, by);
      } else {
        const auto g = place.gradient.mul(scale);
        place.first.mul_(beta1).add_(g, 1 - beta1);
        place.second.mul_(beta2).addcmul_(g, g, 1 - beta2);
        const auto root = place.second.div(by.correction2).sqrt_().add_(epsilon);
        place.value.mul_(1 - rate * place.decay).addcdiv_(place.first, root, -rate / by.correction1);
        if (place.average.defined()) place.average.lerp_(place.value, 1 - keep);
      }
      place.value.mutable_grad().reset();
    }
  });
}

}  // extern "C"
