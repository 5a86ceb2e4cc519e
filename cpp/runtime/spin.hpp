// Waiting without sleeping, for a bounded time.
#pragma once

#include <chrono>

namespace fastdense {

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Until condition() holds or `most` is over; whether it holds. pause() is called every microsecond.
template <class Condition, class Pause>
bool spin_until(const Condition& condition, std::chrono::microseconds most, const Pause& pause) {
  const auto end = std::chrono::steady_clock::now() + most;
  do {
    for (int i = 0; i < 32; ++i) {
      if (condition()) return true;
      relax();
    }
    pause();
  } while (std::chrono::steady_clock::now() < end);
  return condition();
}

}  // namespace fastdense
