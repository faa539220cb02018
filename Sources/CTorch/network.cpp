// Convolutions, pooling, gradients, operators by name, the machine.
#include <ATen/ATen.h>
#include <ATen/Config.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/version.h>

#include "convolve.h"
#include "guard.h"
#include "kernels.h"

using namespace ct;

extern "C" {

ct_error *ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
  return guarded([&] {
    same_device(get(x), get(weight));
    put(out, at::linear(get(x), get(weight), get(bias)));
  });
}
ct_error *ct_conv2d(ct_tensor x, ct_tensor weight, ct_tensor bias, intptr_t stride, intptr_t pad_height, intptr_t pad_width, ct_tensor *out) {
  return guarded([&] {
    int64_t s = stride, h = pad_height, w = pad_width;
    put(out, convolve(get(x), get(weight), optional(bias), {s, s}, {h, w}));
  });
}
ct_error *ct_max_pool2d(ct_tensor x, intptr_t size, intptr_t stride, intptr_t padding, ct_tensor *out) {
  return guarded([&] {
    int64_t k = size, s = stride, p = padding;
    put(out, at::max_pool2d(get(x), at::IntArrayRef({k, k}), at::IntArrayRef({s, s}), at::IntArrayRef({p, p})));
  });
}
ct_error *ct_average_pool2d(ct_tensor x, intptr_t size, intptr_t stride, intptr_t padding, ct_tensor *out) {
  return guarded([&] {
    int64_t k = size, s = stride, p = padding;
    put(out, at::avg_pool2d(get(x), at::IntArrayRef({k, k}), at::IntArrayRef({s, s}), at::IntArrayRef({p, p})));
  });
}
ct_error *ct_global_average_pool(ct_tensor x, ct_tensor *out) {
  return guarded([&] {
    const auto &a = get(x);
    TORCH_CHECK(a.dim() == 4, "global average pooling needs [n, c, h, w], got ", a.sizes());
    put(out, a.scalar_type() == at::kDouble ? a.mean({2, 3}) : at::mean(a, {2, 3}, false, at::kFloat));
  });
}

ct_error *ct_set_requires_grad(ct_tensor a, bool on) {
  return guarded([&] { get(a).set_requires_grad(on); });
}
ct_error *ct_detach(ct_tensor a, ct_tensor *out) {
  return guarded([&] { put(out, get(a).detach()); });
}
ct_error *ct_backward(ct_tensor loss) {
  return guarded([&] { torch::autograd::backward({get(loss)}, {}); });
}
ct_error *ct_grad(ct_tensor a, bool *present, ct_tensor *out) {
  return guarded([&] {
    auto gradient = get(a).grad();
    *present = gradient.defined();
    if (*present) put(out, gradient);
  });
}
ct_error *ct_clear_grad(ct_tensor a) {
  return guarded([&] { get(a).mutable_grad().reset(); });
}
bool ct_grad_enabled(void) { return at::GradMode::is_enabled(); }
void ct_set_grad_enabled(bool on) { at::GradMode::set_enabled(on); }

ct_error *ct_call(const char *name, const char *overload, const ct_value *arguments, intptr_t n, ct_tensor *results,
                  intptr_t capacity, intptr_t *count) {
  return guarded([&] {
    auto op = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    const auto &declared = op.schema().arguments();
    TORCH_CHECK(n <= static_cast<intptr_t>(declared.size()), name, " takes ", declared.size(), " arguments, got ", n);
    torch::jit::Stack stack;
    for (intptr_t i = 0; i < n; ++i) {
      const auto &v = arguments[i];
      switch (v.kind) {
        case ct_value_none: stack.emplace_back(); break;
        case ct_value_tensor: stack.emplace_back(get(v.tensor)); break;
        case ct_value_int: stack.emplace_back(static_cast<int64_t>(v.integer)); break;
        case ct_value_double: stack.emplace_back(v.real); break;
        case ct_value_bool: stack.emplace_back(v.integer != 0); break;
        case ct_value_ints: stack.emplace_back(dims(v.ints, v.integer).vec()); break;
        case ct_value_tensors: stack.emplace_back(list(v.tensors, v.integer)); break;
      }
    }
    for (size_t i = static_cast<size_t>(n); i < declared.size(); ++i) {
      TORCH_CHECK(declared[i].default_value().has_value(), name, " needs an argument '", declared[i].name(), "'");
      stack.push_back(*declared[i].default_value());
    }
    op.callBoxed(stack);
    std::vector<at::Tensor> tensors;
    for (const auto &value : stack) {
      if (value.isTensor()) tensors.push_back(value.toTensor());
      else if (value.isTensorList()) for (const auto &t : value.toTensorVector()) tensors.push_back(t);
      else TORCH_CHECK(false, name, " returns something that is no tensor");
    }
    TORCH_CHECK(static_cast<intptr_t>(tensors.size()) <= capacity, name, " returns ", tensors.size(), " tensors");
    *count = static_cast<intptr_t>(tensors.size());
    for (size_t i = 0; i < tensors.size(); ++i) put(results + i, tensors[i]);
  });
}

ct_error *ct_set_threads(intptr_t n) {
  return guarded([&] {
    TORCH_CHECK(n >= 1, "threads must be at least 1, got ", n);
    at::set_num_threads(static_cast<int>(n));
  });
}
intptr_t ct_threads(void) { return at::get_num_threads(); }
ct_error *ct_describe(char *text, intptr_t capacity) {
  return guarded([&] {
    auto description = at::show_config();
    auto length = std::min<size_t>(description.size(), static_cast<size_t>(capacity - 1));
    std::memcpy(text, description.data(), length);
    text[length] = 0;
  });
}
const char *ct_version(void) { return TORCH_VERSION; }
const char *ct_cpu_capability(void) {
  static const std::string capability = at::get_cpu_capability();
  return capability.c_str();
}
bool ct_has_bf16(void) { return ct::multiplies_pairs() || ct::multiplies_tiles(); }
bool ct_has_cuda(void) { return at::hasCUDA(); }
bool ct_has_mps(void) { return at::hasMPS(); }

}  // extern "C"
