// What the files about many processes share: the group, and who of it is still there.
#pragma once
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "guard.h"

namespace ct {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

/// What each rank shows the others through the store: a number that a thread of its own raises, and which operation it
/// has come to. Gloo says only that a connection broke or a time ran out; this says whose.
class Presence {
 public:
  /// Joins the others: returns when all `size` ranks have come, else throws NoContact with those that have not.
  Presence(c10::intrusive_ptr<c10d::Store> store, int rank, int size, Milliseconds timeout);

  /// Starts raising the number. The thread keeps the presence alive, as a store that hangs may hold it for ever.
  static void start(const std::shared_ptr<Presence> &presence);
  void stop();

  void enter(const std::string &operation, int64_t number);
  /// After a failure of `operation`: who is missing, in words, told to all ranks. "" if nobody seems to be.
  std::string missing(const std::string &operation, int64_t number);

 private:
  struct Peer {
    std::string beat, operation;
    int64_t number = 0;
    bool left = false;
    Clock::time_point changed;
  };
  std::string key(int peer) const { return "beat/" + std::to_string(peer); }
  void show();
  void look();
  void run();
  void tell(const std::string &words);
  std::string silent() const;
  std::string elsewhere(const std::string &operation, int64_t number) const;

  const c10::intrusive_ptr<c10d::Store> store_;
  const int rank_, size_;
  /// A rank that has shown nothing for `limit_` counts as lost.
  const Milliseconds limit_, interval_;
  std::thread thread_;

  std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  std::vector<Peer> peers_;
  std::string operation_ = "the start", told_;
  int64_t number_ = 0, beat_ = 0;
  Clock::time_point looked_;
  bool stopping_ = false, finished_ = false;
};

/// The ranks, connected.
struct Group {
  c10::intrusive_ptr<c10d::Store> store;
  /// Gloo, for what lies on the processor; NCCL, for what lies on this rank's GPU, once `use_gpu` was called.
  c10::intrusive_ptr<c10d::Backend> backend, gpu;
  /// Operations of NCCL that were launched and not yet seen to end.
  std::vector<c10::intrusive_ptr<c10d::Work>> launched;
  std::shared_ptr<Presence> presence;
  int rank, size;
  Milliseconds limit;
  int64_t entered = 0;
  /// Why no operation can follow; "" while all is well.
  std::string broken;

  ~Group();
  /// Where tensors of a device are exchanged.
  c10d::Backend &by(const at::Device &device) const;
  /// Waits for an operation: Gloo's until it is done; NCCL's only in the order of the GPU's own work.
  void wait(const c10::intrusive_ptr<c10d::Work> &work);
  /// Waits until all that was launched is done on the GPU.
  void settle();
  /// Counts an operation and says that this rank has come to it.
  int64_t enter(const char *operation);
  /// Runs `body`, which talks to other ranks; a failure names whom it is about and ends the group.
  template <class Body>
  void talk(const char *operation, int64_t number, Body &&body) {
    if (!broken.empty()) throw NoContact(broken);
    try {
      body();
    } catch (const c10::Error &e) {
      fail(operation, number, e.what_without_backtrace());
    } catch (const std::exception &e) {
      fail(operation, number, e.what());
    }
  }
  [[noreturn]] void fail(const char *operation, int64_t number, const std::string &reason);
};

/// Keeps a group alive as long as a graph needs it.
struct Holder : torch::CustomClassHolder {
  std::shared_ptr<Group> group;
  explicit Holder(std::shared_ptr<Group> group) : group(std::move(group)) {}
  static c10::IValue keeping(const std::shared_ptr<Group> &group) {
    return c10::IValue::make_capsule(c10::make_intrusive<Holder>(group));
  }
  static std::shared_ptr<Group> kept(const c10::IValue &value) {
    const auto holder = value.toCapsule();
    return static_cast<Holder &>(*holder).group;
  }
};

/// An all-reduce on its way. `tensor` becomes the result, in place.
struct Reduction {
  std::shared_ptr<Group> group;
  c10::intrusive_ptr<c10d::Work> work;
  at::Tensor tensor;
  ct_reduction kind;
  int64_t number;

  /// `tensor`: own memory, dense, on the processor or this rank's GPU.
  static Reduction start(std::shared_ptr<Group> group, at::Tensor tensor, ct_reduction kind);
  void wait();
};

/// The sum over the ranks; its gradient is the sum of theirs.
at::Tensor tracked_sum(const std::shared_ptr<Group> &group, const at::Tensor &tensor);

}  // namespace ct

struct ct_group {
  std::shared_ptr<ct::Group> group;
};
