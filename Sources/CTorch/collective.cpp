// Operations that every rank of a group takes part in.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "process_group.h"

using namespace ct;

struct ct_pending {
  Reduction reduction;
};

namespace {

/// A copy in its own dense memory, without history: what Gloo and NCCL can read and write.
at::Tensor copy(const at::Tensor &tensor) {
  TORCH_CHECK(tensor.scalar_type() != at::kBool, "truth values cannot be exchanged; convert them to u8");
  return tensor.detach().clone(at::MemoryFormat::Contiguous);
}

/// Starts with `start`, then waits.
template <class Start>
void run(Group &group, const char *operation, Start &&start) {
  const auto number = group.enter(operation);
  group.talk(operation, number, [&] { group.wait(start()); });
}

constexpr const char *all_reduce = "all-reduce";

/// y = sum of the ranks' x; so dL/dx = sum of the ranks' dL/dy, L being the sum of their losses.
struct TrackedSum : torch::autograd::Function<TrackedSum> {
  static at::Tensor sum(const std::shared_ptr<Group> &group, const at::Tensor &a) {
    auto reduction = Reduction::start(group, copy(a), ct_reduce_sum);
    reduction.wait();
    return reduction.tensor;
  }
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &a,
                            const std::shared_ptr<Group> &group) {
    context->saved_data["group"] = Holder::keeping(group);
    return sum(group, a);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 const torch::autograd::variable_list &gradients) {
    return {sum(Holder::kept(context->saved_data["group"]), gradients[0]), at::Tensor()};
  }
};

}  // namespace

at::Tensor ct::tracked_sum(const std::shared_ptr<Group> &group, const at::Tensor &tensor) {
  return TrackedSum::apply(tensor, group);
}

Reduction Reduction::start(std::shared_ptr<Group> group, at::Tensor tensor, ct_reduction kind) {
  auto &backend = group->by(tensor.device());
  TORCH_CHECK(kind != ct_reduce_mean || tensor.is_floating_point(), "whole numbers have no mean here");
  Reduction reduction{group, {}, std::move(tensor), kind, group->enter(all_reduce)};
  c10d::AllreduceOptions options;
  options.reduceOp = kind == ct_reduce_max ? c10d::ReduceOp::MAX : c10d::ReduceOp::SUM;
  std::vector<at::Tensor> tensors{reduction.tensor};
  group->talk(all_reduce, reduction.number, [&] { reduction.work = backend.allreduce(tensors, options); });
  return reduction;
}

void Reduction::wait() {
  if (!work) return;
  const auto pending = std::exchange(work, {});
  group->talk(all_reduce, number, [&] { group->wait(pending); });
  if (kind == ct_reduce_mean) {
    at::NoGradGuard guard;
    tensor.div_(group->size);
  }
}

extern "C" {

ct_error *ct_barrier(ct_group *group) {
  return guarded([&] { run(*group->group, "barrier", [&] { return group->group->backend->barrier(); }); });
}

ct_error *ct_broadcast(ct_group *group, ct_tensor a, intptr_t root, ct_tensor *out) {
  return guarded([&] {
    TORCH_CHECK(root >= 0 && root < group->group->size, "rank ", root, " of ", group->group->size, " is none");
    std::vector<at::Tensor> tensors{copy(get(a))};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    auto &backend = group->group->by(tensors[0].device());
    run(*group->group, "broadcast", [&] { return backend.broadcast(tensors, options); });
    put(out, tensors[0]);
  });
}

ct_error *ct_all_gather(ct_group *group, ct_tensor a, ct_tensor *out) {
  return guarded([&] {
    std::vector<at::Tensor> inputs{copy(get(a))};
    std::vector<int64_t> shape = inputs[0].sizes().vec();
    shape.insert(shape.begin(), group->group->size);
    auto all = at::empty(shape, inputs[0].options());
    std::vector<std::vector<at::Tensor>> outputs{all.unbind(0)};
    auto &backend = group->group->by(inputs[0].device());
    run(*group->group, "all-gather", [&] { return backend.allgather(outputs, inputs); });
    put(out, all);
  });
}

ct_error *ct_tracked_sum(ct_group *group, ct_tensor a, ct_tensor *out) {
  return guarded([&] { put(out, tracked_sum(group->group, get(a))); });
}

ct_error *ct_all_reduce_start(ct_group *group, ct_tensor a, ct_reduction kind, ct_pending **out) {
  return guarded([&] { *out = new ct_pending{Reduction::start(group->group, copy(get(a)), kind)}; });
}

ct_error *ct_pending_wait(ct_pending *pending, ct_tensor *out) {
  return guarded([&] {
    pending->reduction.wait();
    put(out, pending->reduction.tensor);
  });
}

void ct_pending_free(ct_pending *pending) { delete pending; }

}  // extern "C"
