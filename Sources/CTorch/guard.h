// The one place where C++ exceptions end and handles are made and read.
#pragma once
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <array>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctorch.h"

struct ct_error {
  int code;
  std::string message;
};

namespace ct {

static_assert(sizeof(intptr_t) == sizeof(int64_t));

ct_error *make_error(int code, const char *message) noexcept;

/// Another process is not there, or not where it should be.
struct NoContact : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Runs `body`; every exception becomes an error that the caller owns.
template <class Body>
ct_error *guarded(Body &&body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const c10::OutOfMemoryError &e) {
    return make_error(ct_out_of_memory, e.what_without_backtrace());
  } catch (const std::bad_alloc &e) {
    return make_error(ct_out_of_memory, e.what());
  } catch (const c10::Error &e) {
    // LibTorch's allocator for the processor throws no type of its own.
    const bool memory = std::strstr(e.what_without_backtrace(), "DefaultCPUAllocator: can't allocate") != nullptr;
    return make_error(memory ? ct_out_of_memory : ct_failed, e.what_without_backtrace());
  } catch (const NoContact &e) {
    return make_error(ct_no_contact, e.what());
  } catch (const std::exception &e) {
    return make_error(ct_failed, e.what());
  } catch (...) {
    return make_error(ct_failed, "an exception of unknown type");
  }
}

inline const at::Tensor &get(const ct_tensor &a) {
  TORCH_CHECK(a.impl, "a tensor was expected, nothing came");
  return *static_cast<at::Tensor *>(a.impl);
}
inline at::Tensor optional(ct_tensor a) { return a.impl ? *static_cast<at::Tensor *>(a.impl) : at::Tensor(); }
inline void put(ct_tensor *out, at::Tensor a) { out->impl = new at::Tensor(std::move(a)); }

inline at::IntArrayRef dims(const intptr_t *values, intptr_t n) {
  return {reinterpret_cast<const int64_t *>(values), static_cast<size_t>(n)};
}
inline std::vector<at::Tensor> list(const ct_tensor *parts, intptr_t n) {
  std::vector<at::Tensor> tensors;
  for (intptr_t i = 0; i < n; ++i) tensors.push_back(get(parts[i]));
  return tensors;
}

/// For operations that LibTorch does not check on every device: `meta` would take what a GPU refuses.
inline void same_device(const at::Tensor &a, const at::Tensor &b) {
  TORCH_CHECK(a.device() == b.device(), "tensors of one operation are on ", a.device(), " and ", b.device());
}

at::ScalarType scalar_type(ct_type type);
at::Device device(ct_device device, intptr_t index);

}  // namespace ct
