// Threads: which layer makes them, how many there may be, and when they are worth it.
#pragma once

#include <cstddef>
#include <string>

#include "runtime/task_ref.hpp"

namespace fastdense {

// Picks the threading layer that `requested` names, or the default if it is empty. Called once,
// before any operation. Throws std::runtime_error, with the valid names, for any other.
void select_threading(const std::string& requested);
std::string active_threading();

// The number of threads a large call uses: what set_num_threads asked for, else OpenMP's own limit
// for the calling thread (OMP_NUM_THREADS, threadpoolctl), whichever layer runs; at most 8 per
// processor. A forked child uses one if the layer's threads do not survive a fork.
int num_threads();
int requested_num_threads();  // by set_num_threads
void set_num_threads(int n);  // 0: as OpenMP says

// Multiply-adds, or what takes as long, below which a share of the work isn't worth a thread. A
// core does so many in some 5 us (AVX-512, float32) to 18 us (AVX2). Sharing them costs 1 us with a
// thread that is awake.
constexpr double kWorkPerThread = 5e5;

// What an activation or dropout does to so many elements, in multiply-adds: some ten each.
constexpr double elementwise_work(std::size_t elements) {
  return 10 * static_cast<double>(elements);
}

// How many threads parallel_for shares so much work among. Only what doesn't change a result may
// depend on it.
std::size_t threads_for(std::size_t tasks, double work);

namespace detail {
void run_parallel(std::size_t tasks, std::size_t threads, double work, TaskRef task);
}  // namespace detail

// While one is alive, parallel_for on this thread runs all tasks itself: for tasks that are whole
// operations.
class SerialScope {
 public:
  SerialScope();
  ~SerialScope();
  SerialScope(const SerialScope&) = delete;
  SerialScope& operator=(const SerialScope&) = delete;

 private:
  bool was_serial_;
};

// task(i) for every i < tasks, in any order and on any thread. `work` estimates the operations of
// all tasks together. A thread that is held up by another process claims fewer tasks, so that the
// others need not wait for its share.
template <class Task>
void parallel_for(std::size_t tasks, double work, Task task) {
  const std::size_t threads = threads_for(tasks, work);
  if (threads == 1) {
    for (std::size_t i = 0; i < tasks; ++i) task(i);
  } else {
    detail::run_parallel(tasks, threads, work, TaskRef(task));
  }
}

}  // namespace fastdense
