// Gradients summed over the ranks in buckets, each on its way as soon as backward has filled it (Li et al. 2020,
// "PyTorch Distributed: Experiences on Accelerating Data Parallel Training").
#include <ATen/ATen.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <exception>
#include <functional>

#include "process_group.h"

using namespace ct;

namespace {

/// Calls `body` each time backward has added to its parameter's gradient.
struct Hook : torch::autograd::PostAccumulateGradHook {
  std::function<void()> body;
  explicit Hook(std::function<void()> body) : body(std::move(body)) {}
  void operator()(const torch::autograd::Variable &) override { body(); }
};

struct Slot {
  at::Tensor parameter, place;  // the parameter's part of the bucket, in its memory order
  size_t index, bucket;
  bool filled = false;
};

struct Bucket {
  at::Tensor flat;
  size_t slots = 0, missing = 0;
  Reduction reduction{};
};

}  // namespace

struct ct_buckets {
  std::shared_ptr<Group> group;
  ct_reduction kind;
  std::vector<Slot> slots;  // last parameter first, as backward comes to them
  std::vector<Bucket> buckets;
  size_t started = 0;
  bool armed = false;
  std::exception_ptr failure;

  ct_buckets(std::shared_ptr<Group> group, const std::vector<at::Tensor> &parameters, int64_t bytes, ct_reduction kind)
      : group(std::move(group)), kind(kind) {
    TORCH_CHECK(bytes >= 1, "a bucket has at least 1 byte, got ", bytes);
    for (size_t i = parameters.size(); i-- > 0;) {
      const auto &parameter = parameters[i];
      this->group->by(parameter.device());
      TORCH_CHECK(parameter.is_leaf() && parameter.requires_grad() && parameter.is_non_overlapping_and_dense(),
                  "parameter ", i, " of ", parameters.size(), " is no dense leaf with a gradient");
      TORCH_CHECK(!torch::autograd::impl::post_acc_grad_hooks(parameter), "parameter ", i, " of ", parameters.size(),
                  " is in buckets already");
    }
    // Each bucket of one type, full once it has `bytes`.
    std::vector<int64_t> counts;
    for (size_t i = parameters.size(); i-- > 0;) {
      const auto &parameter = parameters[i];
      const bool fits = !buckets.empty() && buckets.back().flat.scalar_type() == parameter.scalar_type() &&
                        counts.back() * parameter.element_size() < bytes;
      if (!fits) {
        buckets.emplace_back().flat = at::empty({0}, parameter.options().requires_grad(false));
        counts.push_back(0);
      }
      counts.back() += parameter.numel();
      ++buckets.back().slots;
      slots.push_back({parameter, {}, i, buckets.size() - 1});
    }
    for (size_t b = 0; b < buckets.size(); ++b) buckets[b].flat = at::empty({counts[b]}, buckets[b].flat.options());
    std::vector<int64_t> offsets(buckets.size(), 0);
    for (auto &slot : slots) {
      slot.place = at::as_strided(buckets[slot.bucket].flat, slot.parameter.sizes(), slot.parameter.strides(),
                                  offsets[slot.bucket]);
      offsets[slot.bucket] += slot.parameter.numel();
    }
    for (auto &slot : slots) {
      torch::autograd::impl::set_post_acc_grad_hooks(slot.parameter,
                                                     std::make_unique<Hook>([this, &slot] { fill(slot); }));
    }
  }

  ~ct_buckets() {
    for (auto &slot : slots) torch::autograd::impl::set_post_acc_grad_hooks(slot.parameter, nullptr);
  }

  void arm() {
    for (auto &bucket : buckets) {
      bucket.reduction.wait();  // what a backward without finish left
      bucket.missing = bucket.slots;
    }
    for (auto &slot : slots) slot.filled = false;
    started = 0;
    failure = nullptr;
    armed = true;
  }

  /// Backward runs this; what fails here is kept for `finish`, where its kind is not lost.
  void fill(Slot &slot) {
    if (!armed || failure) return;
    try {
      TORCH_CHECK(!slot.filled, "backward ran twice between arm and finish");
      at::NoGradGuard guard;
      slot.place.copy_(slot.parameter.grad());
      slot.filled = true;
      --buckets[slot.bucket].missing;
      // In the same order on every rank, whatever the order in which they fill.
      while (started < buckets.size() && buckets[started].missing == 0) {
        buckets[started].reduction = Reduction::start(group, buckets[started].flat, kind);
        ++started;
      }
    } catch (...) {
      failure = std::current_exception();
    }
  }

  void finish() {
    TORCH_CHECK(armed, "finish without arm");
    armed = false;
    if (failure) std::rethrow_exception(failure);
    for (const auto &slot : slots) {
      TORCH_CHECK(slot.filled, "parameter ", slot.index, " of ", slots.size(), " got no gradient");
    }
    for (auto &bucket : buckets) bucket.reduction.wait();
    for (auto &slot : slots) slot.parameter.mutable_grad() = slot.place;
  }
};

extern "C" {

ct_error *ct_buckets_create(ct_group *group, const ct_tensor *parameters, intptr_t n, intptr_t bytes, ct_reduction kind,
                            ct_buckets **out) {
  return guarded([&] { *out = new ct_buckets(group->group, list(parameters, n), bytes, kind); });
}
ct_error *ct_buckets_arm(ct_buckets *buckets) {
  return guarded([&] { buckets->arm(); });
}
ct_error *ct_buckets_finish(ct_buckets *buckets) {
  return guarded([&] { buckets->finish(); });
}
void ct_buckets_free(ct_buckets *buckets) { delete buckets; }

}  // extern "C"
