#include "runtime/openmp.hpp"

#include <omp.h>

#include <atomic>
#include <vector>

namespace fastdense {

void run_in_openmp(std::size_t tasks, int threads, double, TaskRef task) {
  std::atomic<std::size_t> next{0};
#pragma omp parallel num_threads(threads)
  for (std::size_t i = next++; i < tasks; i = next++) task(i);
}

int openmp_max_threads() { return omp_get_max_threads(); }
int openmp_processors() { return omp_get_num_procs(); }

Affinity openmp_places() {
  Affinity all;
  for (int place = 0; place < omp_get_num_places(); ++place) {
    std::vector<int> processors(static_cast<std::size_t>(omp_get_place_num_procs(place)));
    omp_get_place_proc_ids(place, processors.data());
    for (const int processor : processors) all.add(processor);
  }
  return all;
}

std::string openmp_version() { return "OpenMP " + std::to_string(_OPENMP); }

}  // namespace fastdense
