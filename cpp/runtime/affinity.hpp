// Which processors a thread may run on. Does nothing where the system has no such notion.
#pragma once

#include <pthread.h>
#include <sched.h>

namespace fastdense {

class Affinity {
 public:
#ifdef __linux__
  static Affinity of(pthread_t thread) {
    Affinity affinity;
    affinity.is_known_ = pthread_getaffinity_np(thread, sizeof affinity.set_, &affinity.set_) == 0;
    return affinity;
  }

  // How many, or 0 if that isn't known.
  int count() const { return is_known_ ? CPU_COUNT(&set_) : 0; }

  // All but the one that the calling thread runs on, if there are others.
  Affinity without_this_one() const {
    Affinity others = *this;
    const int processor = sched_getcpu();
    if (processor >= 0 && count() > 1) CPU_CLR(processor, &others.set_);
    return others;
  }

  void add(int processor) {
    if (processor < 0 || processor >= CPU_SETSIZE) return;
    CPU_SET(processor, &set_);
    is_known_ = true;
  }

  void apply_to(pthread_t thread) const {
    if (is_known_) pthread_setaffinity_np(thread, sizeof set_, &set_);
  }

 private:
  cpu_set_t set_{};
  bool is_known_ = false;  // it isn't where there are more processors than a set holds
#else
  static Affinity of(pthread_t) { return {}; }
  int count() const { return 0; }
  Affinity without_this_one() const { return {}; }
  void add(int) {}
  void apply_to(pthread_t) const {}
#endif
};

}  // namespace fastdense
