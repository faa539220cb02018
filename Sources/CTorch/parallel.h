// Work shared over LibTorch's own OpenMP threads, so that no second pool competes with them.
// (ATen's parallel_for is a template that needs -fopenmp here, a flag the package manifest cannot pass.)
#pragma once
#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace ct {

using gomp_parallel_t = void (*)(void (*)(void *), void *, unsigned, unsigned);
using omp_number_t = int (*)();

/// Calls body(part, begin, end) for `parts()` equal shares of 0..<n; each share has at least `grain` items.
/// Shares depend on n and the thread count alone, so sums formed a share at a time are reproducible.
template <class Body>
void parallel(int64_t n, int64_t grain, const Body &body) {
  static const auto gomp = reinterpret_cast<gomp_parallel_t>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
  static const auto thread = reinterpret_cast<omp_number_t>(dlsym(RTLD_DEFAULT, "omp_get_thread_num"));
  static const auto team = reinterpret_cast<omp_number_t>(dlsym(RTLD_DEFAULT, "omp_get_num_threads"));
  const int64_t parts = std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), n / std::max<int64_t>(grain, 1)));
  struct Job {
    const Body *body;
    int64_t n, parts;
    omp_number_t thread, team;
    static void run(void *pointer) {
      auto job = static_cast<Job *>(pointer);
      // OpenMP may send fewer threads than were asked for: each takes every team-th share.
      for (int64_t part = job->thread(); part < job->parts; part += job->team()) job->share(part);
    }
    void share(int64_t part) const { (*body)(part, n * part / parts, n * (part + 1) / parts); }
  } job{&body, n, parts, thread, team};
  if (parts == 1 || !gomp || !thread || !team) {
    for (int64_t part = 0; part < parts; ++part) job.share(part);
  } else {
    gomp(Job::run, &job, static_cast<unsigned>(parts), 0);
  }
}

inline int64_t part_limit() { return std::max(1, at::get_num_threads()); }

/// Calls body(piece) for 0..<pieces, each by the thread that is free first: one that is held up keeps none waiting. For work that comes out
/// the same whoever does it.
template <class Body>
void parallel_pieces(int64_t pieces, const Body &body) {
  std::atomic<int64_t> next{0};
  parallel(std::min(pieces, part_limit()), 1, [&](int64_t, int64_t, int64_t) {
    for (int64_t piece; (piece = next.fetch_add(1, std::memory_order_relaxed)) < pieces;) body(piece);
  });
}

}  // namespace ct
