// The threads of OpenMP, which other libraries in the process may share, and its limits.
#pragma once

#include <cstddef>
#include <string>

#include "runtime/affinity.hpp"
#include "runtime/task_ref.hpp"

namespace fastdense {

// task(i) for every i < tasks, on a team of `threads`. Every member must have begun and ended
// before the call returns. Not after a fork: the team's threads do not survive it.
void run_in_openmp(std::size_t tasks, int threads, double work, TaskRef task);

// For the calling thread: OMP_NUM_THREADS, threadpoolctl, else the processors.
int openmp_max_threads();
int openmp_processors();
// The processors that it binds threads to (OMP_PROC_BIND, OMP_PLACES), among them the one that
// loaded it; none if it binds no threads.
Affinity openmp_places();
std::string openmp_version();

}  // namespace fastdense
