// LibTorch's allocator for the processor, with its large blocks in our own hands (ct_keep_freed_memory).
//
// Activations of some megabytes come and go in every step. By default each is mapped, faulted in page by page, and unmapped
// again, which costs a tenth of a step or more; kept in the heap, they break it up, which grows for hundreds of steps. Here
// freed blocks wait for the next of about their size, in huge pages, and memory stays within an eighth of what has been in
// use at once.
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <sys/mman.h>

#include <climits>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "ctorch.h"

namespace {

constexpr size_t huge = 2 << 20, page = 4096;

class BlockAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t size) override {
    void *block = size < huge ? c10::alloc_cpu(size) : take((size + page - 1) / page * page);
    return {block, block, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void *to, const void *from, std::size_t count) const override { default_copy_data(to, from, count); }

  static BlockAllocator &shared() {
    static auto *allocator = new BlockAllocator;  // outlives every tensor
    return *allocator;
  }

 private:
  struct Idle {
    void *block;
    size_t size;
  };
  std::mutex lock;
  std::unordered_map<void *, size_t> used;
  std::list<Idle> idle;  // the longest idle first
  std::multimap<size_t, std::list<Idle>::iterator> by_size;
  size_t live = 0, waiting = 0, most = 0;  // bytes in use, idle, and in use at once so far

  void *take(size_t size) {
    const std::lock_guard<std::mutex> guard(lock);
    live += size;
    if (live > most) most = live;
    if (auto found = by_size.lower_bound(size); found != by_size.end() && found->first <= size + size / 8) {
      found = std::prev(by_size.upper_bound(found->first));  // freed last, and perhaps still in the cache
      const auto [block, whole] = *found->second;
      idle.erase(found->second);
      by_size.erase(found);
      waiting -= whole;
      live += whole - size;
      used[block] = whole;
      return block;
    }
    while (!idle.empty() && live + waiting > most + most / 8) unmap(idle.begin());
    void *block = map(size);
    while (!block && !idle.empty()) unmap(idle.begin()), block = map(size);
    if (!block) {
      live -= size;
      return c10::alloc_cpu(size);  // which says that there is none
    }
    used[block] = size;
    return block;
  }

  static void release(void *block) {
    // Few other blocks begin with a huge page.
    if (reinterpret_cast<uintptr_t>(block) % huge != 0 || !block || !shared().give(block)) c10::free_cpu(block);
  }

  bool give(void *block) {
    const std::lock_guard<std::mutex> guard(lock);
    const auto found = used.find(block);
    if (found == used.end()) return false;
    const size_t size = found->second;
    used.erase(found);
    live -= size;
    waiting += size;
    idle.push_back({block, size});
    by_size.emplace(size, std::prev(idle.end()));
    return true;
  }

  void unmap(std::list<Idle>::iterator item) {
    for (auto [at, end] = by_size.equal_range(item->size); at != end; ++at)
      if (at->second == item) {
        by_size.erase(at);
        break;
      }
    waiting -= item->size;
    munmap(item->block, item->size);
    idle.erase(item);
  }

  /// Memory that begins with a huge page.
  static void *map(size_t size) {
    void *mapped = mmap(nullptr, size + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    const auto start = reinterpret_cast<uintptr_t>(mapped), first = (start + huge - 1) / huge * huge;
    if (first > start) munmap(mapped, first - start);
    if (const size_t rest = start + huge - first) munmap(reinterpret_cast<void *>(first + size), rest);
    auto *block = reinterpret_cast<void *>(first);
#ifdef MADV_HUGEPAGE
    madvise(block, size, MADV_HUGEPAGE);
#endif
    return block;
  }
};

}  // namespace

extern "C" void ct_keep_freed_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
  c10::SetCPUAllocator(&BlockAllocator::shared(), 0xff);
}
