// A pool of threads that never makes the caller wait for one that has not begun.
#pragma once

#include <cstddef>

#include "runtime/task_ref.hpp"

namespace fastdense {

// task(i) for every i < tasks, claimed one by one by the caller and by up to `threads` - 1 pooled
// workers. The caller claims whatever no worker has claimed and, at the end, waits only for tasks
// that a worker is in the middle of: a worker that the operating system gives no time costs
// nothing.
//
// Calls from several threads at once, and from within a task, share the workers. Where the system
// has no threads to give, fewer do the work. A forked child starts with a pool of its own.
void run_in_pool(std::size_t tasks, int threads, double work, TaskRef task);

}  // namespace fastdense
