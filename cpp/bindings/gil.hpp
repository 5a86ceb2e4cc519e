// Computing without Python's global lock.
#pragma once

#include <pybind11/pybind11.h>
#include <unistd.h>

#include <exception>

namespace fastdense {

// Multiply-adds, or what takes as long, that are over in a microsecond or two. Releasing the lock
// costs little, but whoever waits for it then has it for a switch interval, 5 ms.
constexpr double kWorkWorthReleasing = 1e5;

// body(), while other Python threads run if its `work` is worth it; it touches no Python object.
// Passes its exceptions on.
template <class Body>
void without_gil(double work, const Body& body) {
  if (work < kWorkWorthReleasing) return body();
  PyThreadState* const state = PyEval_SaveThread();
  std::exception_ptr error;
  try {
    body();
  } catch (...) {
    error = std::current_exception();
  }
  try {
    PyEval_RestoreThread(state);
  } catch (...) {
    // The interpreter is at its end and unwinds a daemon thread (before Python 3.14), through
    // destructors that would touch Python objects. Rather wait for the end of the process.
    for (;;) pause();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace fastdense
