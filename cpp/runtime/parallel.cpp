#include "runtime/parallel.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <utility>
#include <vector>

#include "runtime/names.hpp"
#include "runtime/openmp.hpp"
#include "runtime/thread_pool.hpp"

namespace fastdense {
namespace {

struct ThreadingLayer {
  const char* name;
  void (*run)(std::size_t tasks, int threads, double work, TaskRef task);
  bool survives_fork;
};

// The one list of threading layers, the default first.
constexpr ThreadingLayer kLayers[] = {
    {"pool", run_in_pool, true},
    {"openmp", run_in_openmp, false},
};

const ThreadingLayer* g_active = kLayers;
std::atomic<int> g_requested_threads{0};
std::atomic<bool> g_is_forked_child{false};
thread_local bool t_is_serial = false;

const int g_fork_handler = pthread_atfork(nullptr, nullptr, [] { g_is_forked_child = true; });

}  // namespace

void select_threading(const std::string& requested) {
  // The thread that makes the pool's may be bound to one of them, which they aren't to share.
  set_pool_processors(openmp_places());
  if (requested.empty()) return;
  std::vector<std::string> valid;
  for (const ThreadingLayer& layer : kLayers) {
    valid.emplace_back(layer.name);
    if (requested != layer.name) continue;
    g_active = &layer;
    return;
  }
  throw std::runtime_error("FASTDENSE_THREADING='" + requested +
                           "' is not a threading layer; valid: " + joined(valid));
}

std::string active_threading() { return g_active->name; }

int num_threads() {
  if (g_is_forked_child && !g_active->survives_fork) return 1;
  const int requested = g_requested_threads;
  // OpenMP ends the process when it can't make a thread. So many are never useful.
  const int most = 8 * openmp_processors();
  return std::min(most, requested > 0 ? requested : openmp_max_threads());
}

int requested_num_threads() { return g_requested_threads; }
void set_num_threads(int n) { g_requested_threads = n; }

SerialScope::SerialScope() : was_serial_(std::exchange(t_is_serial, true)) {}
SerialScope::~SerialScope() { t_is_serial = was_serial_; }

std::size_t threads_for(std::size_t tasks, double work) {
  if (work < 2 * kWorkPerThread || t_is_serial) return 1;
  const double most = std::min(
      {static_cast<double>(num_threads()), static_cast<double>(tasks), work / kWorkPerThread});
  return std::max<std::size_t>(1, static_cast<std::size_t>(most));
}

namespace detail {

void run_parallel(std::size_t tasks, std::size_t threads, double work, TaskRef task) {
  g_active->run(tasks, static_cast<int>(threads), work, task);
}

}  // namespace detail
}  // namespace fastdense
