// Waiting without sleeping, for a bounded time.
#pragma once

#include <chrono>
#include <thread>

namespace fastdense {

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Until condition() holds or `most` is over; whether it holds. A thread that shares its core with
// another one gives way to it after a microsecond.
template <class Condition>
bool spin_until(const Condition& condition, std::chrono::microseconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  do {
    for (int i = 0; i < 32; ++i) {
      if (condition()) return true;
      relax();
    }
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < end);
  return condition();
}

}  // namespace fastdense
