// Devices other than the processor. All but the capture of graphs goes through LibTorch's registries, which every build has;
// a build for CUDA has the file separatrix_cuda.h on its include path (see scripts/gpu-bundle).
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/detail/MPSHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstdlib>
#if __has_include(<separatrix_cuda.h>)
#define SEPARATRIX_CUDA 1
#include <ATen/cuda/CUDAGraph.h>
#endif

#include "guard.h"

using namespace ct;

struct ct_graph {
#ifdef SEPARATRIX_CUDA
  at::cuda::CUDAGraph graph;
#endif
};

extern "C" {

bool ct_built_with_cuda(void) {
#ifdef SEPARATRIX_CUDA
  return true;
#else
  return false;
#endif
}

intptr_t ct_device_count(ct_device device) {
  try {
    switch (device) {
      case ct_cpu: return 1;
      case ct_cuda: return at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
      case ct_mps: return at::hasMPS() ? 1 : 0;
      case ct_meta: return 1;
    }
  } catch (...) {  // a driver that does not answer: no device
  }
  return 0;
}

ct_error *ct_use_device(ct_device kind, intptr_t index) {
  return guarded([&] {
    if (kind != ct_cuda) return;
    const auto place = ct::device(kind, index);
    at::globalContext().lazyInitDevice(at::kCUDA);
    const c10::impl::VirtualGuardImpl guard(at::kCUDA);
    guard.setDevice(place);
    guard.exchangeStream(guard.getStreamFromGlobalPool(place, false));
  });
}

ct_error *ct_synchronize(ct_device kind, intptr_t index) {
  return guarded([&] {
    if (kind == ct_cuda) c10::impl::VirtualGuardImpl(at::kCUDA).synchronizeDevice(static_cast<c10::DeviceIndex>(index));
    if (kind == ct_mps) at::detail::getMPSHooks().deviceSynchronize();
  });
}

ct_error *ct_device_memory(ct_device kind, intptr_t index, intptr_t *free, intptr_t *total) {
  return guarded([&] {
    *free = *total = 0;
    if (kind != ct_cuda) return;
    const auto [left, all] = c10::getDeviceAllocator(at::kCUDA)->getMemoryInfo(static_cast<c10::DeviceIndex>(index));
    *free = static_cast<intptr_t>(left);
    *total = static_cast<intptr_t>(all);
  });
}

ct_error *ct_set_numerics(bool deterministic, bool tf32) {
  return guarded([&] {
    auto &context = at::globalContext();
    context.setAllowTF32CuDNN(tf32);
    context.setAllowTF32CuBLAS(tf32);
    context.setDeterministicCuDNN(deterministic);
    context.setBenchmarkCuDNN(!deterministic);
    context.setDeterministicFillUninitializedMemory(false);
    context.setDeterministicAlgorithms(deterministic, false);
    if (deterministic) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);  // read by cuBLAS at its start
  });
}

#ifdef SEPARATRIX_CUDA
ct_error *ct_graph_create(ct_graph **out) {
  return guarded([&] { *out = new ct_graph(); });
}
ct_error *ct_graph_begin(ct_graph *graph) {
  return guarded([&] {
    // What the steps before it held is of no use to the graph, which has memory of its own.
    c10::getDeviceAllocator(at::kCUDA)->emptyCache();
    graph->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
  });
}
ct_error *ct_graph_end(ct_graph *graph) {
  return guarded([&] { graph->graph.capture_end(); });
}
ct_error *ct_graph_replay(ct_graph *graph) {
  return guarded([&] { graph->graph.replay(); });
}
void ct_graph_free(ct_graph *graph) {
  auto *error = guarded([&] { delete graph; });
  if (error) ct_error_free(error);
}
#else
static ct_error *without_cuda() {
  return guarded([&] { TORCH_CHECK(false, "this program is not built for CUDA"); });
}
ct_error *ct_graph_create(ct_graph **) { return without_cuda(); }
ct_error *ct_graph_begin(ct_graph *) { return without_cuda(); }
ct_error *ct_graph_end(ct_graph *) { return without_cuda(); }
ct_error *ct_graph_replay(ct_graph *) { return without_cuda(); }
void ct_graph_free(ct_graph *) {}
#endif

}  // extern "C"
