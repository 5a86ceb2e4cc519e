// Stress of the thread pool, to be run under a thread sanitizer too: every task runs once, whoever
// calls.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "check.hpp"
#include "runtime/thread_pool.hpp"

namespace fastdense {
namespace test {
namespace {

constexpr double kLong = 1e9;  // work for which sleeping workers are woken

template <class Task>
void run(std::size_t tasks, int threads, Task task) {
  run_in_pool(tasks, threads, kLong, TaskRef(task));
}

// Not atomic: a task that runs twice, or after its call has returned, is a race.
bool each_runs_once(std::size_t tasks, int threads) {
  std::vector<int> runs(tasks, 0);
  run(tasks, threads, [&](std::size_t i) { ++runs[i]; });
  return std::all_of(runs.begin(), runs.end(), [](int n) { return n == 1; });
}

void test_many_short_calls() {
  begin_group("pool", "-", "many short calls");
  for (std::size_t call = 0; call < 20000; ++call) {
    const std::size_t tasks = call % 9;
    const int threads = 1 + static_cast<int>(call % 5);
    CHECK(each_runs_once(tasks, threads), "call %zu: %zu tasks, %d threads", call, tasks, threads);
  }
}

void test_calls_after_pauses() {
  begin_group("pool", "-", "calls that find workers falling asleep");
  for (int call = 0; call < 1000; ++call) {
    std::this_thread::sleep_for(std::chrono::microseconds(call % 200));
    CHECK(each_runs_once(8, 3), "call %d", call);
  }
}

// Each task waits for the others, so that all of them must run at once.
void test_workers_take_part() {
  begin_group("pool", "-", "as many threads as asked for run at once");
  for (const int threads : {2, 3, 8}) {
    std::atomic<int> inside{0};
    run(static_cast<std::size_t>(threads), threads, [&](std::size_t) {
      for (++inside; inside < threads;) std::this_thread::yield();
    });
    CHECK(inside == threads, "%d threads", threads);
  }
}

// The caller has nothing left to do and falls asleep.
void test_caller_waits_for_a_slow_worker() {
  begin_group("pool", "-", "the caller waits for a slow worker");
  const std::thread::id caller = std::this_thread::get_id();
  for (int call = 0; call < 20; ++call) {
    std::atomic<bool> is_entered{false}, is_done{false};
    run(2, 2, [&](std::size_t) {
      if (std::this_thread::get_id() == caller) {
        while (!is_entered) std::this_thread::yield();
      } else {
        is_entered = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        is_done = true;
      }
    });
    CHECK(is_done, "call %d", call);
  }
}

void test_never_more_threads_than_asked_for() {
  begin_group("pool", "-", "never more threads than asked for");
  for (const int threads : {1, 2, 3}) {
    std::atomic<int> inside{0}, most{0};
    run(500, threads, [&](std::size_t) {
      const int now = ++inside;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
      for (int i = 0; i < 10; ++i) std::this_thread::yield();
      --inside;
    });
    CHECK(most <= threads, "%d threads asked for, %d ran", threads, most.load());
  }
}

void test_calls_from_many_threads() {
  begin_group("pool", "-", "calls from 16 threads at once");
  std::atomic<int> good{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 16; ++caller) {
    callers.emplace_back([&good, caller] {
      for (std::size_t call = 0; call < 300; ++call)
        good += each_runs_once(call % 20, 2 + caller % 3) ? 1 : 0;
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(good == 16 * 300, "%d calls were right", good.load());
}

void test_calls_within_tasks() {
  begin_group("pool", "-", "calls within tasks");
  std::atomic<int> good{0};
  for (int call = 0; call < 200; ++call)
    run(6, 3, [&](std::size_t tasks) { good += each_runs_once(tasks, 4) ? 1 : 0; });
  CHECK(good == 6 * 200, "%d calls were right", good.load());
}

}  // namespace
}  // namespace test
}  // namespace fastdense

int main() {
  using namespace fastdense::test;
  test_many_short_calls();
  test_calls_after_pauses();
  test_workers_take_part();
  test_caller_waits_for_a_slow_worker();
  test_never_more_threads_than_asked_for();
  test_calls_from_many_threads();
  test_calls_within_tasks();
  return finish();
}
