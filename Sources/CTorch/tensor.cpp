// Errors, creation, properties, shape.
#include <ATen/ATen.h>

#include <atomic>

#include "guard.h"

using namespace ct;

static std::atomic<intptr_t> live_errors{0};

ct_error *ct::make_error(int code, const char *message) noexcept {
  try {
    auto error = new ct_error{code, message};
    ++live_errors;
    return error;
  } catch (...) {
    static ct_error exhausted{ct_out_of_memory, ""};
    return &exhausted;
  }
}

at::ScalarType ct::scalar_type(ct_type type) {
  switch (type) {
    case ct_u8: return at::kByte;
    case ct_i64: return at::kLong;
    case ct_bool: return at::kBool;
    case ct_f16: return at::kHalf;
    case ct_bf16: return at::kBFloat16;
    case ct_f32: return at::kFloat;
    case ct_f64: return at::kDouble;
  }
  TORCH_CHECK(false, "unknown element type ", static_cast<int>(type));
}

at::Device ct::device(ct_device device, intptr_t index) {
  switch (device) {
    case ct_cpu: return at::kCPU;
    case ct_cuda: return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
    case ct_mps: return {at::kMPS, static_cast<c10::DeviceIndex>(index)};
    case ct_meta: return at::kMeta;
  }
  TORCH_CHECK(false, "unknown device ", static_cast<int>(device));
}

static ct_type type_of(at::ScalarType type) {
  switch (type) {
    case at::kByte: return ct_u8;
    case at::kLong: return ct_i64;
    case at::kBool: return ct_bool;
    case at::kHalf: return ct_f16;
    case at::kBFloat16: return ct_bf16;
    case at::kFloat: return ct_f32;
    case at::kDouble: return ct_f64;
    default: TORCH_CHECK(false, "element type ", type, " has no counterpart here");
  }
}

extern "C" {

int ct_error_code(const ct_error *error) { return error->code; }
const char *ct_error_message(const ct_error *error) { return error->message.c_str(); }
void ct_error_free(ct_error *error) {
  if (error->message.empty()) return;
  delete error;
  --live_errors;
}
intptr_t ct_live_errors(void) { return live_errors; }

void ct_tensor_free(ct_tensor a) { delete static_cast<at::Tensor *>(a.impl); }

ct_error *ct_empty(const intptr_t *shape, intptr_t n, ct_type type, bool pinned, ct_tensor *out, void **data) {
  return guarded([&] {
    auto tensor = at::empty(dims(shape, n), at::TensorOptions().dtype(scalar_type(type)).pinned_memory(pinned));
    *data = tensor.data_ptr();
    put(out, std::move(tensor));
  });
}

ct_error *ct_pin(ct_tensor a, ct_tensor *out) {
  return guarded([&] { put(out, get(a).pin_memory()); });
}

int ct_is_shared(ct_tensor a) {
  const auto &tensor = *static_cast<at::Tensor *>(a.impl);
  return tensor.use_count() > 1 || tensor.storage().use_count() > 1;
}

ct_error *ct_from_data(const void *data, intptr_t bytes, ct_type type, const intptr_t *shape, intptr_t n, ct_tensor *out) {
  return guarded([&] {
    auto tensor = at::empty(dims(shape, n), at::TensorOptions().dtype(scalar_type(type)));
    TORCH_CHECK(static_cast<intptr_t>(tensor.nbytes()) == bytes, "shape ", tensor.sizes(), " of ", tensor.scalar_type(),
                " needs ", tensor.nbytes(), " bytes, got ", bytes);
    if (bytes) std::memcpy(tensor.data_ptr(), data, static_cast<size_t>(bytes));
    put(out, std::move(tensor));
  });
}

ct_error *ct_from_memory(void *data, intptr_t bytes, ct_type type, const intptr_t *shape, intptr_t n, void *owner, void (*release)(void *),
                         ct_tensor *out) {
  const auto size = static_cast<uintptr_t>(c10::elementSize(scalar_type(type)));
  if (bytes == 0 || reinterpret_cast<uintptr_t>(data) % size != 0) {
    auto *error = ct_from_data(data, bytes, type, shape, n, out);
    release(owner);
    return error;
  }
  bool taken = false;
  auto *error = guarded([&] {
    const auto sizes = dims(shape, n);
    intptr_t expected = static_cast<intptr_t>(size);
    for (const auto side : sizes) expected *= side;
    TORCH_CHECK(expected == bytes, "shape ", sizes, " of ", scalar_type(type), " needs ", expected, " bytes, got ", bytes);
    auto tensor = at::from_blob(data, sizes, [owner, release](void *) { release(owner); }, at::TensorOptions().dtype(scalar_type(type)));
    taken = true;
    put(out, std::move(tensor));
  });
  if (!taken) release(owner);
  return error;
}

ct_error *ct_copy_out(ct_tensor a, ct_type type, void *data, intptr_t bytes) {
  return guarded([&] {
    auto tensor = get(a).detach().to(at::kCPU, scalar_type(type)).contiguous();
    TORCH_CHECK(static_cast<intptr_t>(tensor.nbytes()) == bytes, "tensor ", tensor.sizes(), " of ", tensor.scalar_type(),
                " has ", tensor.nbytes(), " bytes, the buffer ", bytes);
    if (bytes) std::memcpy(data, tensor.data_ptr(), static_cast<size_t>(bytes));
  });
}

ct_error *ct_full(const intptr_t *shape, intptr_t n, double value, ct_type type, ct_tensor *out) {
  return guarded([&] { put(out, at::full(dims(shape, n), value, at::TensorOptions().dtype(scalar_type(type)))); });
}
ct_error *ct_arange(intptr_t end, ct_type type, ct_device device, intptr_t index, ct_tensor *out) {
  return guarded([&] {
    put(out, at::arange(static_cast<int64_t>(end), at::TensorOptions().dtype(scalar_type(type)).device(ct::device(device, index))));
  });
}
ct_error *ct_eye(intptr_t n, ct_type type, ct_tensor *out) {
  return guarded([&] { put(out, at::eye(n, at::TensorOptions().dtype(scalar_type(type)))); });
}
ct_error *ct_clone(ct_tensor a, ct_tensor *out) {
  return guarded([&] { put(out, get(a).clone()); });
}
ct_error *ct_to_type(ct_tensor a, ct_type type, ct_tensor *out) {
  return guarded([&] { put(out, get(a).to(scalar_type(type))); });
}
ct_error *ct_to_device(ct_tensor a, ct_device device, intptr_t index, bool waits, ct_tensor *out) {
  return guarded([&] { put(out, get(a).to(ct::device(device, index), !waits)); });
}
ct_error *ct_contiguous(ct_tensor a, ct_tensor *out) {
  return guarded([&] { put(out, get(a).contiguous()); });
}
ct_error *ct_channels_last(ct_tensor a, ct_tensor *out) {
  return guarded([&] { put(out, get(a).contiguous(at::MemoryFormat::ChannelsLast)); });
}
ct_error *ct_copy_(ct_tensor a, ct_tensor source, bool waits) {
  return guarded([&] {
    at::NoGradGuard none;
    get(a).copy_(get(source), !waits);
  });
}
ct_error *ct_fill_(ct_tensor a, double value) {
  return guarded([&] {
    at::NoGradGuard none;
    get(a).fill_(value);
  });
}

ct_error *ct_shape(ct_tensor a, intptr_t *shape, intptr_t capacity, intptr_t *n) {
  return guarded([&] {
    auto sizes = get(a).sizes();
    TORCH_CHECK(static_cast<intptr_t>(sizes.size()) <= capacity, "a tensor of ", sizes.size(), " dimensions; at most ",
                capacity, " are supported");
    *n = static_cast<intptr_t>(sizes.size());
    std::copy(sizes.begin(), sizes.end(), shape);
  });
}
ct_error *ct_element_type(ct_tensor a, ct_type *out) {
  return guarded([&] { *out = type_of(get(a).scalar_type()); });
}
ct_error *ct_device_of(ct_tensor a, ct_device *device, intptr_t *index) {
  return guarded([&] {
    const auto place = get(a).device();
    switch (place.type()) {
      case at::kCPU: *device = ct_cpu; break;
      case at::kCUDA: *device = ct_cuda; break;
      case at::kMPS: *device = ct_mps; break;
      case at::kMeta: *device = ct_meta; break;
      default: TORCH_CHECK(false, "device ", place, " has no counterpart here");
    }
    *index = place.has_index() ? place.index() : 0;
  });
}
ct_error *ct_item(ct_tensor a, double *out) {
  return guarded([&] { *out = get(a).item().toDouble(); });
}
ct_error *ct_all_finite(ct_tensor a, bool *out) {
  return guarded([&] { *out = at::isfinite(get(a)).all().item<bool>(); });
}

ct_error *ct_reshape(ct_tensor a, const intptr_t *shape, intptr_t n, ct_tensor *out) {
  return guarded([&] { put(out, get(a).reshape(dims(shape, n))); });
}
ct_error *ct_expand(ct_tensor a, const intptr_t *shape, intptr_t n, ct_tensor *out) {
  return guarded([&] { put(out, get(a).expand(dims(shape, n))); });
}
ct_error *ct_permute(ct_tensor a, const intptr_t *order, intptr_t n, ct_tensor *out) {
  return guarded([&] { put(out, get(a).permute(dims(order, n))); });
}
ct_error *ct_transpose(ct_tensor a, intptr_t d0, intptr_t d1, ct_tensor *out) {
  return guarded([&] { put(out, get(a).transpose(d0, d1)); });
}
ct_error *ct_unsqueeze(ct_tensor a, intptr_t dim, ct_tensor *out) {
  return guarded([&] { put(out, get(a).unsqueeze(dim)); });
}
ct_error *ct_squeeze(ct_tensor a, intptr_t dim, ct_tensor *out) {
  return guarded([&] { put(out, get(a).squeeze(dim)); });
}
ct_error *ct_narrow(ct_tensor a, intptr_t dim, intptr_t start, intptr_t length, ct_tensor *out) {
  return guarded([&] { put(out, get(a).narrow(dim, start, length)); });
}
ct_error *ct_select(ct_tensor a, intptr_t dim, intptr_t index, ct_tensor *out) {
  return guarded([&] { put(out, get(a).select(dim, index)); });
}
ct_error *ct_index_select(ct_tensor a, intptr_t dim, ct_tensor indices, ct_tensor *out) {
  return guarded([&] {
    same_device(get(a), get(indices));
    put(out, get(a).index_select(dim, get(indices)));
  });
}
ct_error *ct_index_add(ct_tensor a, intptr_t dim, ct_tensor indices, ct_tensor source, ct_tensor *out) {
  return guarded([&] {
    same_device(get(a), get(indices));
    same_device(get(a), get(source));
    put(out, get(a).index_add(dim, get(indices), get(source)));
  });
}
ct_error *ct_gather(ct_tensor a, intptr_t dim, ct_tensor indices, ct_tensor *out) {
  return guarded([&] {
    same_device(get(a), get(indices));
    put(out, get(a).gather(dim, get(indices)));
  });
}
ct_error *ct_scatter(ct_tensor a, intptr_t dim, ct_tensor indices, ct_tensor source, ct_tensor *out) {
  return guarded([&] {
    same_device(get(a), get(indices));
    same_device(get(a), get(source));
    put(out, get(a).scatter(dim, get(indices), get(source)));
  });
}
ct_error *ct_concat(const ct_tensor *parts, intptr_t n, intptr_t dim, ct_tensor *out) {
  return guarded([&] {
    const auto all = list(parts, n);
    for (const auto &part : all) same_device(all.front(), part);
    put(out, at::cat(all, dim));
  });
}
ct_error *ct_stack(const ct_tensor *parts, intptr_t n, intptr_t dim, ct_tensor *out) {
  return guarded([&] {
    const auto all = list(parts, n);
    for (const auto &part : all) same_device(all.front(), part);
    put(out, at::stack(all, dim));
  });
}
ct_error *ct_one_hot(ct_tensor labels, intptr_t classes, ct_tensor *out) {
  return guarded([&] { put(out, at::one_hot(get(labels), classes)); });
}
ct_error *ct_diagonal(ct_tensor a, intptr_t d0, intptr_t d1, ct_tensor *out) {
  return guarded([&] { put(out, get(a).diagonal(0, d0, d1)); });
}

}  // extern "C"
