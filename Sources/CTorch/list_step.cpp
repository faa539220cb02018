// The optimizer's step on any device by LibTorch's operators on lists of tensors.
#include <ATen/ATen.h>

#include <map>

#include "guard.h"

using namespace ct;

namespace {

/// Parameters of one weight decay with what belongs to them.
struct Lists {
  std::vector<at::Tensor> values, gradients, first, second;
};

/// By weight decay, since the operators take one for all.
std::map<double, Lists> lists(const ct_parameter *parameters, intptr_t n, bool needs_second) {
  std::map<double, Lists> result;
  for (intptr_t p = 0; p < n; ++p) {
    const auto &value = get(parameters[p].value);
    auto gradient = value.grad();
    TORCH_CHECK(gradient.defined(), "parameter ", p, " of ", n, " has no gradient");
    if (gradient.scalar_type() != value.scalar_type() || gradient.strides() != value.strides())
      gradient = at::empty_like(value).copy_(gradient);
    auto &list = result[parameters[p].weight_decay];
    list.values.push_back(value);
    list.gradients.push_back(std::move(gradient));
    list.first.push_back(get(parameters[p].first));
    if (needs_second) list.second.push_back(get(parameters[p].second));
  }
  return result;
}

void forget_gradients(const ct_parameter *parameters, intptr_t n) {
  for (intptr_t p = 0; p < n; ++p) get(parameters[p].value).mutable_grad().reset();
}

}  // namespace

extern "C" {

ct_error *ct_clip_gradients(const ct_parameter *parameters, intptr_t n, double limit) {
  return guarded([&] {
    at::NoGradGuard none;
    std::vector<at::Tensor> gradients;
    for (intptr_t p = 0; p < n; ++p) {
      gradients.push_back(get(parameters[p].value).grad());
      TORCH_CHECK(gradients.back().defined(), "parameter ", p, " of ", n, " has no gradient");
    }
    const auto norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2)), 2);
    at::_foreach_mul_(gradients, norm.add(1e-6).reciprocal_().mul_(limit).clamp_max_(1));
  });
}

ct_error *ct_list_sgd_step(const ct_parameter *parameters, intptr_t n, ct_tensor rate, double momentum) {
  return guarded([&] {
    at::NoGradGuard none;
    for (auto &[decay, list] : lists(parameters, n, false))
      at::_fused_sgd_(list.values, list.gradients, list.first, decay, momentum, get(rate), 0, true, false, false);
    forget_gradients(parameters, n);
  });
}

ct_error *ct_list_adamw_step(const ct_parameter *parameters, intptr_t n, ct_tensor rate, double beta1, double beta2, double epsilon,
                             ct_tensor step) {
  return guarded([&] {
    at::NoGradGuard none;
    for (auto &[decay, list] : lists(parameters, n, true)) {
      const std::vector<at::Tensor> steps(list.values.size(), get(step));  // read, never written
      at::_fused_adamw_(list.values, list.gradients, list.first, list.second, {}, steps, get(rate), beta1, beta2, decay, epsilon,
                        false, false);
    }
    forget_gradients(parameters, n);
  });
}

ct_error *ct_list_blend(const ct_tensor *averages, const ct_tensor *values, intptr_t n, ct_tensor share) {
  return guarded([&] {
    if (n == 0) return;
    at::NoGradGuard none;
    const auto into = list(averages, n);
    auto gaps = at::_foreach_sub(list(values, n), into);
    at::_foreach_mul_(gaps, get(share));
    at::_foreach_add_(into, gaps);
  });
}

}  // extern "C"
