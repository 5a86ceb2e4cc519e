#include "runtime/parallel.hpp"

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>

namespace fastdense {
namespace {

std::atomic<int> g_requested_threads{0};
std::atomic<bool> g_is_forked_child{false};

const int g_fork_handler = pthread_atfork(nullptr, nullptr, [] { g_is_forked_child = true; });

}  // namespace

int num_threads() {
  if (g_is_forked_child) return 1;
  const int requested = g_requested_threads;
  // OpenMP ends the process when it can't make a thread. So many are never useful.
  const int most = 8 * omp_get_num_procs();
  return std::min(most, requested > 0 ? requested : omp_get_max_threads());
}

int requested_num_threads() { return g_requested_threads; }
void set_num_threads(int n) { g_requested_threads = n; }

std::string threading_runtime() { return "OpenMP " + std::to_string(_OPENMP); }

namespace detail {

int threads_for(std::size_t tasks, double work) {
  const double limit = std::min(
      {static_cast<double>(num_threads()), static_cast<double>(tasks), work / kWorkPerThread});
  return std::max(1, static_cast<int>(limit));
}

void run_parallel(std::size_t tasks, int threads, TaskRef task) {
  std::atomic<std::size_t> next{0};
#pragma omp parallel num_threads(threads)
  for (std::size_t i = next++; i < tasks; i = next++) task(i);
}

}  // namespace detail
}  // namespace fastdense
