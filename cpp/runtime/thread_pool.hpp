// A pool of threads that never makes the caller wait for one that has not begun.
#pragma once

#include <cstddef>

#include "runtime/affinity.hpp"
#include "runtime/task_ref.hpp"

namespace fastdense {

// Where the pool's threads run; none, as at first, for where the one runs that makes them. For the
// threads still to be made.
void set_pool_processors(const Affinity& processors);

// task(i) for every i < tasks, claimed one by one by the caller and by up to `threads` - 1 pooled
// workers. The caller claims whatever no worker has claimed and, at the end, waits only for tasks
// that a worker is in the middle of. So a worker that the operating system gives no time costs
// nothing, unless it had just begun a task: tasks are short.
//
// Calls from several threads at once, and from within a task, share the workers. Where the system
// has no threads to give, fewer do the work. A forked child starts with a pool of its own.
void run_in_pool(std::size_t tasks, int threads, double work, TaskRef task);

}  // namespace fastdense
