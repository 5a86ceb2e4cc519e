#include "runtime/openmp.hpp"

#include <omp.h>

#include <atomic>

namespace fastdense {

void run_in_openmp(std::size_t tasks, int threads, double, TaskRef task) {
  std::atomic<std::size_t> next{0};
#pragma omp parallel num_threads(threads)
  for (std::size_t i = next++; i < tasks; i = next++) task(i);
}

int openmp_max_threads() { return omp_get_max_threads(); }
int openmp_processors() { return omp_get_num_procs(); }
std::string openmp_version() { return "OpenMP " + std::to_string(_OPENMP); }

}  // namespace fastdense
