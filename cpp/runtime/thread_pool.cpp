#include "runtime/thread_pool.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

#include "runtime/spin.hpp"

namespace fastdense {
namespace {

// How long a worker looks for the next job before it sleeps: longer than what a net does between
// two layers.
constexpr std::chrono::microseconds kLookTime{100};
// How long a caller looks for its last worker to leave before it sleeps: about a task. It doesn't
// give way, because what came in between might stay for a time slice.
constexpr std::chrono::microseconds kAwaitTime{50};
// A wake takes the waker 2 us (9 us in a virtual machine), and the sleeper 5 us (35 us) to come.
// Work of 60 to 200 us is worth it. Jobs in a row count together: more are likely to follow.
constexpr double kWorkWorthWaking = 1e7;
// Whoever posts or joins a job wakes so many; they wake the others.
constexpr int kWakes = 2;

using Clock = std::chrono::steady_clock;

// One call of run_in_pool, on the caller's stack. It ends when nobody is inside and nobody can
// enter any more.
struct Job {
  TaskRef task;
  std::size_t tasks;
  int workers_wanted;
  double work;
  std::atomic<std::size_t> next{0};
  // The rest is written under the pool's mutex.
  bool is_worth_waking = false;
  std::uint64_t number = 0;  // of jobs posted, this one included
  int workers_come = 0;
  std::atomic<int> workers_inside{0};
  bool is_awaited = false;
  Job* older = nullptr;

  void take_part() {
    for (std::size_t i = next++; i < tasks; i = next++) task(i);
  }
  bool takes_workers() const { return next < tasks && workers_inside < workers_wanted; }
};

// Threads that begin with every signal blocked: handlers are for the threads of the program.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

// What the pool knows of one of its threads; as long-lived as the thread.
struct Worker {
  static constexpr std::uint64_t kInside = static_cast<std::uint64_t>(-1);

  const pthread_t thread = pthread_self();
  std::condition_variable wake;
  std::atomic<std::uint64_t> seen{0};  // how many jobs were posted when it last looked, or kInside
  // Written under the pool's mutex.
  bool is_kept_away = false;  // from one of its processors, until it looks for a job
  Affinity processors;        // all of them, while it is kept away
  bool is_asleep = false;
  Worker* next_asleep = nullptr;
  Worker* next = nullptr;
};

// Linux likes to wake a thread on its waker's processor, where it would wait until the job is done,
// and for many milliseconds leaves two threads on one processor while another one is idle.
void keep_away_from_here(Worker& worker) {
  if (!worker.is_kept_away) worker.processors = Affinity::of(worker.thread);
  worker.is_kept_away = true;
  worker.processors.without_this_one().apply_to(worker.thread);
}

Affinity g_processors;

// A worker is inside a job, looks for one, or sleeps.
class Pool {
 public:
  void run(Job& job) {
    post(job);
    job.take_part();
    withdraw(job);
    const auto is_left = [&] { return job.workers_inside == 0; };
    if (spin_until(is_left, kAwaitTime, [] {})) return;
    std::unique_lock<std::mutex> lock(mutex_);
    job.is_awaited = true;
    left_.wait(lock, is_left);
  }

 private:
  void post(Job& job) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (workers_ < job.workers_wanted) add_workers(job.workers_wanted);
    job.older = newest_;
    newest_ = &job;
    job.number = ++posted_;
    work_in_a_row_ = job.work + (Clock::now() - last_end_ < kLookTime ? work_in_a_row_ : 0);
    job.is_worth_waking = work_in_a_row_ >= kWorkWorthWaking;
    wake_for(job, lock);
  }

  void withdraw(const Job& job) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Job** link = &newest_;
    while (*link != &job) link = &(*link)->older;
    *link = job.older;
    last_end_ = Clock::now();
    // With fewer processors than threads somebody is always absent, and moving helps nobody.
    if (job.workers_come < job.workers_wanted && job.workers_wanted < processors_)
      move_the_absent(job.number);
  }

  // Workers that should look for a job, or were woken for one, and haven't seen this one may be
  // waiting for this processor.
  void move_the_absent(std::uint64_t job) {
    for (Worker* worker = newest_worker_; worker != nullptr; worker = worker->next) {
      if (!worker->is_asleep && worker->seen < job) keep_away_from_here(*worker);
    }
  }

  // Fewer if the system has no more to give.
  void add_workers(int wanted) {
    const Affinity processors =
        g_processors.count() > 0 ? g_processors : Affinity::of(pthread_self());
    processors_ = processors.count();
    const SignalsBlocked blocked;
    try {
      for (; workers_ < wanted; ++workers_, ++looking_) {
        std::thread worker([this] { serve(); });
        processors.apply_to(worker.native_handle());
        worker.detach();
      }
    } catch (const std::exception&) {
    }
  }

  // Unlocks, and wakes as many sleepers as the job lacks beside those that look for one anyway.
  void wake_for(const Job& job, std::unique_lock<std::mutex>& lock) {
    const int lacking =
        !job.is_worth_waking ? 0 : job.workers_wanted - job.workers_inside - looking_;
    Worker* woken[kWakes];
    int count = 0;
    for (; count < std::min(lacking, kWakes) && asleep_ != nullptr; ++count) {
      woken[count] = asleep_;
      asleep_->is_asleep = false;
      keep_away_from_here(*asleep_);
      asleep_ = asleep_->next_asleep;
    }
    looking_ += count;
    lock.unlock();
    for (int i = 0; i < count; ++i) woken[i]->wake.notify_one();
  }

  void serve() {
    Worker self;
    introduce(self);
    for (;;) {
      const std::uint64_t seen = posted_;
      self.seen = seen;
      if (Job* job = enter(self)) {
        job->take_part();
        leave(*job);
      } else if (!spin_until([&] { return posted_ != seen; }, kLookTime, std::this_thread::yield)) {
        sleep(self, seen);
      }
    }
  }

  void introduce(Worker& self) {
    const std::lock_guard<std::mutex> lock(mutex_);
    self.next = newest_worker_;
    newest_worker_ = &self;
  }

  // The newest job that takes workers, or null.
  Job* enter(Worker& self) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (self.is_kept_away) self.processors.apply_to(self.thread);
    self.is_kept_away = false;
    Job* job = newest_;
    while (job != nullptr && !job->takes_workers()) job = job->older;
    if (job == nullptr) return nullptr;
    --looking_;
    ++job->workers_inside;
    ++job->workers_come;
    self.seen = Worker::kInside;
    wake_for(*job, lock);
    return job;
  }

  void leave(Job& job) {
    std::unique_lock<std::mutex> lock(mutex_);
    ++looking_;
    const bool is_awaited = job.is_awaited;
    const bool is_last = --job.workers_inside == 0;
    // The job may be gone from here on.
    lock.unlock();
    if (is_last && is_awaited) left_.notify_all();
  }

  // Until woken, unless a job came since `seen`.
  void sleep(Worker& self, std::uint64_t seen) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (posted_ != seen) return;
    --looking_;
    self.is_asleep = true;
    self.next_asleep = asleep_;
    asleep_ = &self;
    self.wake.wait(lock, [&] { return !self.is_asleep; });
  }

  // Written under the mutex. What workers spin on has a cache line of its own.
  alignas(64) std::atomic<std::uint64_t> posted_{0};
  alignas(64) std::mutex mutex_;
  std::condition_variable left_;
  Job* newest_ = nullptr;
  Clock::time_point last_end_{};  // of a job
  double work_in_a_row_ = 0;      // of jobs less than kLookTime apart
  int workers_ = 0;
  int processors_ = 0;  // that there were for them
  int looking_ = 0;
  Worker* asleep_ = nullptr;
  Worker* newest_worker_ = nullptr;
};

// Never destroyed, because workers may outlive static objects. A forked child has none of them and
// locks in any state, so it makes itself a new pool in the old one's place.
alignas(Pool) unsigned char g_memory[sizeof(Pool)];
Pool* g_pool = new (g_memory) Pool;
const int g_fork_handler = pthread_atfork(nullptr, nullptr, [] { g_pool = new (g_memory) Pool; });

}  // namespace

void set_pool_processors(const Affinity& processors) { g_processors = processors; }

void run_in_pool(std::size_t tasks, int threads, double work, TaskRef task) {
  Job job{task, tasks, threads - 1, work};
  g_pool->run(job);
}

}  // namespace fastdense
