// What the tests of KernelTable share: whose kernels are tested, guarded matrices, numbers.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmath>
#include <limits>
#include <vector>

#include "check.hpp"
#include "guarded_memory.hpp"
#include "kernels/kernel_table.hpp"

namespace fastdense::test {

template <class T>
struct Subject {
  const char* isa;
  const char* type;
  const Kernels<T>& kernels;
  bool fused;  // multiply-adds round once

  void begin(const char* group) const { begin_group(isa, type, group); }
};

// Each is defined in the file of its name, for float and double.
template <class T>
void gemm_test(const Subject<T>& subject);
template <class T>
void matrix_test(const Subject<T>& subject);
template <class T>
void activation_test(const Subject<T>& subject);
template <class T>
void row_test(const Subject<T>& subject);
template <class T>
void gated_test(const Subject<T>& subject);
template <class T>
void dropout_test(const Subject<T>& subject);
template <class T>
void update_test(const Subject<T>& subject);
template <class T>
void roofline_test(const Subject<T>& subject);
template <class T>
void penalty_test(const Subject<T>& subject);
template <class T>
void loss_test(const Subject<T>& subject);

// The same bits; one NaN is as good as another.
template <class T>
bool same(T a, T b) {
  return memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

// A fixed sequence (Knuth's linear congruential generator; its upper bits).
class Random {
 public:
  size_t below(size_t n) { return static_cast<size_t>(next() % n); }
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(next()) / 4294967296.0;
  }
  Side side() { return kSides[below(2)]; }

 private:
  uint64_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return state_ >> 32;
  }
  uint64_t state_ = 42;
};

// Numbers that arithmetic treats in a way of their own, among ordinary ones.
template <class T>
std::vector<T> special_values() {
  using L = std::numeric_limits<T>;
  return {T(0),
          T(-0.0),
          L::infinity(),
          -L::infinity(),
          L::quiet_NaN(),
          L::denorm_min(),
          -L::denorm_min(),
          L::min() / 4,
          -L::min() / 2,
          L::min(),
          L::max(),
          -L::max(),
          T(1),
          T(-1),
          T(0.5),
          T(-0.5),
          T(3),
          T(-3),
          L::epsilon(),
          T(6),
          T(1e10),
          T(-1e10),
          T(1e-10),
          T(88.8),
          T(-88),
          T(-104),
          T(0.3)};
}

// A rows x cols matrix whose rows begin ld elements apart, against a page that can't be touched.
// What lies between its rows is a NaN of its own kind: it shows in the results of whoever reads it,
// and intact() tells whether it was overwritten.
template <class T>
class GuardedMatrix {
 public:
  explicit GuardedMatrix(size_t capacity) : memory_(capacity * sizeof(T)) {}

  T* place(size_t rows, size_t cols, size_t ld, Side side) {
    rows_ = rows;
    cols_ = cols;
    ld_ = ld;
    const size_t size = rows == 0 ? 0 : (rows - 1) * ld + cols;
    data_ = static_cast<T*>(memory_.place(size * sizeof(T), side));
    for (size_t i = 0; i < size; ++i) data_[i] = canary();
    return data_;
  }
  T* place(size_t n, Side side) { return place(1, n, n, side); }

  T* data() const { return data_; }
  size_t ld() const { return ld_; }
  T& operator()(size_t i, size_t j) const { return data_[i * ld_ + j]; }

  bool intact() const {
    const T untouched = canary();
    for (size_t i = 0; i + 1 < rows_; ++i) {
      for (size_t j = cols_; j < ld_; ++j) {
        if (memcmp(&untouched, data_ + i * ld_ + j, sizeof(T)) != 0) return false;
      }
    }
    return memory_.intact();
  }

 private:
  static T canary() {
    T value;
    memset(&value, 0x7F, sizeof value);
    memset(reinterpret_cast<unsigned char*>(&value) + sizeof value - 2, 0xFF, 1);
    return value;
  }

  GuardedMemory memory_;
  size_t rows_ = 0;
  size_t cols_ = 0;
  size_t ld_ = 0;
  T* data_ = nullptr;
};

}  // namespace fastdense::test
