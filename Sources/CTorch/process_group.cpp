// Joining and leaving a group of processes: LibTorch's own c10d, its store for meeting, Gloo and NCCL for talking.
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process_group.h"
#if __has_include(<separatrix_cuda.h>) && __has_include(<nccl.h>)
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

using namespace ct;

namespace {

/// The address of this machine from which `host` is reached. Connecting a datagram socket sends nothing.
std::string own_address(const char *host, intptr_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo *found = nullptr;
  const int code = getaddrinfo(host, std::to_string(port).c_str(), &hints, &found);
  if (code != 0) throw NoContact(std::string("no address for ") + host + ": " + gai_strerror(code));
  std::string address;
  for (auto *entry = found; entry && address.empty(); entry = entry->ai_next) {
    const int fd = socket(entry->ai_family, entry->ai_socktype, entry->ai_protocol);
    if (fd < 0) continue;
    sockaddr_storage own{};
    socklen_t length = sizeof own;
    char text[NI_MAXHOST];
    if (connect(fd, entry->ai_addr, entry->ai_addrlen) == 0 &&
        getsockname(fd, reinterpret_cast<sockaddr *>(&own), &length) == 0 &&
        getnameinfo(reinterpret_cast<sockaddr *>(&own), length, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) {
      address = text;
    }
    close(fd);
  }
  freeaddrinfo(found);
  if (address.empty()) throw NoContact(std::string("no way from here to ") + host);
  return address;
}

c10::intrusive_ptr<c10d::Store> connect_store(const char *host, intptr_t port, bool serve, const char *prefix,
                                              Milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(port);
  options.isServer = serve;
  options.waitWorkers = false;
  options.timeout = timeout;
  return c10::make_intrusive<c10d::PrefixStore>(prefix, c10::make_intrusive<c10d::TCPStore>(host, options));
}

}  // namespace

Group::~Group() {
  if (presence) presence->stop();
  // Ending NCCL talks to the others, for which a lost one would keep this process waiting.
  if (!broken.empty()) gpu.release();
}

c10d::Backend &Group::by(const at::Device &device) const {
  if (device.is_cpu()) return *backend;
  TORCH_CHECK(device.is_cuda() && gpu, "processes exchange tensors of the processor",
              gpu ? " and of their GPU" : " only", ", this is on ", device);
  return *gpu;
}

void Group::wait(const c10::intrusive_ptr<c10d::Work> &work) {
  work->wait();
  if (gpu && !work->isCompleted()) launched.push_back(work);
}

void Group::settle() {
  constexpr const char *operation = "work on the GPU";
  const auto number = enter(operation);
  talk(operation, number, [&] {
    const auto end = Clock::now() + limit;
    for (const auto &work : launched) {
      while (!work->isCompleted()) {
        TORCH_CHECK(Clock::now() < end, "no answer in time");
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
      if (auto failure = work->exception()) std::rethrow_exception(failure);
    }
  });
  launched.clear();
}

int64_t Group::enter(const char *operation) {
  if (!broken.empty()) throw NoContact(broken);
  presence->enter(operation, ++entered);
  return entered;
}

void Group::fail(const char *operation, int64_t number, const std::string &reason) {
  const auto line = reason.substr(0, reason.find('\n'));
  const auto missing = presence->missing(operation, number);
  broken = std::string(operation) + " (operation " + std::to_string(number) + ") on rank " + std::to_string(rank) +
           " of " + std::to_string(size) + ": " + (missing.empty() ? "all ranks are there; " : missing + "; ") + line;
  throw NoContact(broken);
}

extern "C" {

ct_error *ct_group_join(const char *host, intptr_t port, intptr_t rank, intptr_t size, bool serves, const char *prefix,
                        double timeout, ct_group **out) {
  return guarded([&] {
    TORCH_CHECK(size >= 1 && rank >= 0 && rank < size, "rank ", rank, " of ", size, " is none");
    TORCH_CHECK(port >= 1 && port <= 65535, "a port is 1 to 65535, got ", port);
    TORCH_CHECK(timeout >= 0.001 && timeout <= 1e6, "a timeout is 0.001 to 1e6 seconds, got ", timeout);
    const Milliseconds limit(static_cast<int64_t>(timeout * 1000));
    auto group = std::make_shared<Group>();
    group->rank = static_cast<int>(rank);
    group->size = static_cast<int>(size);
    group->limit = limit;
    try {
      group->store = connect_store(host, port, serves, prefix, limit);
      // Its own connection: one that waits for a value keeps others waiting.
      auto own = connect_store(host, port, false, prefix, limit);
      group->presence = std::make_shared<Presence>(own, group->rank, group->size, limit);
      Presence::start(group->presence);
      auto options = c10d::ProcessGroupGloo::Options::create(limit);
      const char *interface = std::getenv("GLOO_SOCKET_IFNAME");
      options->devices.push_back(
          interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                    : c10d::ProcessGroupGloo::createDeviceForHostname(own_address(host, port)));
      group->backend =
          c10::make_intrusive<c10d::ProcessGroupGloo>(group->store, group->rank, group->size, std::move(options));
    } catch (const NoContact &) {
      throw;
    } catch (const std::exception &e) {
      const auto *error = dynamic_cast<const c10::Error *>(&e);
      const std::string reason = error ? error->what_without_backtrace() : e.what();
      throw NoContact("rank " + std::to_string(rank) + " of " + std::to_string(size) + " could not join at " + host +
                      ":" + std::to_string(port) + ": " + reason.substr(0, reason.find('\n')));
    }
    *out = new ct_group{std::move(group)};
  });
}

ct_error *ct_group_use_gpu(ct_group *group, intptr_t index) {
  return guarded([&] {
#ifdef USE_C10D_NCCL
    auto &all = *group->group;
    if (all.gpu) return;
    // A rank that is lost is told of by `settle`, with its number; NCCL's own watch would end the process without.
    setenv("TORCH_NCCL_ASYNC_ERROR_HANDLING", "0", 1);
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = all.limit;
    auto store = c10::make_intrusive<c10d::PrefixStore>("nccl", all.store);
    all.gpu = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, all.rank, all.size, std::move(options));
    all.gpu->setBoundDeviceId(ct::device(ct_cuda, index));
#else
    TORCH_CHECK(false, "this program is not built with NCCL; GPU ", index, " cannot be used by several processes");
#endif
  });
}

ct_error *ct_group_settle(ct_group *group) {
  return guarded([&] { group->group->settle(); });
}

void ct_group_leave(ct_group *group) { delete group; }

}  // extern "C"
