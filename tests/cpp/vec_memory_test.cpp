// Loads, stores, movement across lanes and the integers of one vec_*.hpp. Compiled once per ISA.
#include "vec_test.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

using test::GuardedMemory;
using test::Side;

// n numbers right after or right before a page that can't be touched.
template <class T>
T* place(GuardedMemory& memory, size_t n, Side side) {
  T* p = static_cast<T*>(memory.place(n * sizeof(T), side));
  for (size_t i = 0; i < n; ++i) p[i] = value<T>(i);
  return p;
}

template <class T>
void test_first_n() {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const size_t counts[] = {kLanes + 100,    size_t{1} << 31,       size_t{1} << 32,
                           size_t{1} << 40, (size_t{1} << 32) + 1, ~size_t{0}};
  const auto check = [&](size_t n) {
    T want[kLanes];
    for (size_t i = 0; i < kLanes; ++i) want[i] = i < n ? T(1) : T(2);
    check_lanes("FirstN", IfThenElse(FirstN<T>(n), Set(T(1)), Set(T(2))), want);
  };
  for (size_t n = 0; n <= kLanes + 1; ++n) check(n);
  for (const size_t n : counts) check(n);
}

template <class T>
void test_whole_vectors() {
  constexpr size_t kLanes = Vec<T>::kLanes;
  GuardedMemory source(4096), target(4096);
  for (const Side side : test::kSides) {
    for (size_t offset = 0; offset <= kLanes; ++offset) {
      const T* from = place<T>(source, 2 * kLanes, side);
      T* to = place<T>(target, 2 * kLanes, side);
      StoreU(LoadU(from + offset), to + kLanes - offset);
      for (size_t i = 0; i < 2 * kLanes; ++i) {
        const size_t lane = i + offset - kLanes;  // wraps around below the vector
        CHECK(same(to[i], lane < kLanes ? from[offset + lane] : value<T>(i)),
              "offset %zu, element %zu", offset, i);
      }
      CHECK(source.intact() && target.intact(), "offset %zu", offset);
    }
  }
}

// A run of lanes [first, last) that fills the array exactly: all others are outside, some of them
// on the forbidden page.
template <class T>
void test_masked() {
  constexpr size_t kLanes = Vec<T>::kLanes;
  GuardedMemory source(4096), target(4096), flags(4096);
  for (const Side side : test::kSides) {
    for (size_t first = 0; first <= kLanes; ++first) {
      for (size_t last = first; last <= kLanes; ++last) {
        T flag[kLanes], want[kLanes];
        const size_t n = last - first;
        const T* from = place<T>(source, n, side);
        for (size_t i = 0; i < kLanes; ++i) {
          flag[i] = i >= first && i < last ? T(1) : T(0);
          want[i] = i >= first && i < last ? from[i - first] : T(0);
        }
        const Mask<T> mask = Set(T(1)) == LoadU(flag);
        check_lanes("MaskedLoad", MaskedLoad(mask, from - first), want);

        T* to = place<T>(target, n, side);
        MaskedStore(mask, Set(T(42)), to - first);
        for (size_t i = 0; i < n; ++i)
          CHECK(to[i] == T(42), "lanes %zu .. %zu, element %zu", first, last, i);
        CHECK(source.intact() && target.intact(), "lanes %zu .. %zu", first, last);
        if (first == 0) {
          check_lanes("MaskedLoad(FirstN)", MaskedLoad(FirstN<T>(n), from), want);
        }
      }
    }
    U32* keep = static_cast<U32*>(flags.place(kLanes * sizeof(U32), side));
    for (size_t kept = 0; kept <= kLanes; ++kept) {
      T want[kLanes];
      for (size_t i = 0; i < kLanes; ++i) {
        keep[i] = i == kept ? 0 : ~U32{0};
        want[i] = i == kept ? T(0) : value<T>(i);
      }
      T v[kLanes];
      for (size_t i = 0; i < kLanes; ++i) v[i] = value<T>(i);
      check_lanes("AndMask", AndMask(LoadU(v), keep), want);
    }
  }
}

template <class T>
void test_across_lanes() {
  constexpr size_t kLanes = Vec<T>::kLanes;
  T v[kLanes];
  for (size_t i = 0; i < kLanes; ++i) v[i] = static_cast<T>(1U << i);
  CHECK(ReduceSum(LoadU(v)) == static_cast<T>((1U << kLanes) - 1), "%g",
        static_cast<double>(ReduceSum(LoadU(v))));
  const T infinity = value<T>(3);
  for (size_t peak = 0; peak < kLanes; ++peak) {
    for (size_t i = 0; i < kLanes; ++i) v[i] = i == peak ? T(-0.5) : T(-3) - static_cast<T>(i);
    CHECK(ReduceMax(LoadU(v)) == T(-0.5), "maximum in lane %zu", peak);
    v[peak] = infinity;
    CHECK(ReduceMax(LoadU(v)) == infinity, "infinity in lane %zu", peak);
    for (size_t i = 0; i < kLanes; ++i) v[i] = i == peak ? T(-7) : -infinity;
    CHECK(ReduceMax(LoadU(v)) == T(-7), "-infinity but in lane %zu", peak);
  }
  T matrix[kLanes][kLanes];
  Vec<T> r[kLanes];
  for (size_t i = 0; i < kLanes; ++i) {
    for (size_t j = 0; j < kLanes; ++j) matrix[j][i] = static_cast<T>(i * kLanes + j);
    T row[kLanes];
    for (size_t j = 0; j < kLanes; ++j) row[j] = static_cast<T>(i * kLanes + j);
    r[i] = LoadU(row);
  }
  Transpose(r);
  for (size_t i = 0; i < kLanes; ++i) check_lanes("Transpose", r[i], matrix[i]);

  constexpr size_t kColumns = 16 / sizeof(T);
  constexpr size_t kGap = 3;
  T rows[kLanes * (kColumns + kGap)];
  for (size_t i = 0; i < kLanes * (kColumns + kGap); ++i) rows[i] = T(-1);
  for (size_t i = 0; i < kLanes; ++i) {
    for (size_t j = 0; j < kColumns; ++j) rows[i * (kColumns + kGap) + j] = matrix[j][i];
  }
  Vec<T> columns[kColumns];
  LoadTransposed(rows, kColumns + kGap, columns);
  for (size_t j = 0; j < kColumns; ++j) check_lanes("LoadTransposed", columns[j], matrix[j]);
}

constexpr size_t kWords = 13;
U32 word(size_t i) {
  const U32 words[kWords] = {0,          1,          0xFFFFFFFF, 0x80000000, 0x7FFFFFFF,
                             0x80000001, 0xD2511F53, 0xCD9E8D57, 0xFFFF,     0x10000,
                             0xFFFF0000, 12345,      0x9E3779B9};
  return words[i % kWords];
}
VU32 load(const U32* lanes) {
  // The kernels never load integers: the lanes are put together as the wrapper allows.
  VU32 v = Set(lanes[0]);
  __builtin_memcpy(&v.raw, lanes, sizeof v.raw);
  return v;
}

template <class Op, class Expected>
void check_words(const char* name, Op op, Expected expected) {
  for (size_t shift = 0; shift < kWords; ++shift) {
    for (size_t start = 0; start < kWords; ++start) {
      U32 a[VU32::kLanes], b[VU32::kLanes], want[VU32::kLanes];
      for (size_t i = 0; i < VU32::kLanes; ++i) {
        a[i] = word(start + i);
        b[i] = word(start + i + shift);
        want[i] = expected(a[i], b[i]);
      }
      check_lanes(name, op(load(a), load(b)), want);
    }
  }
}

void test_integers() {
  check_words("+", [](VU32 a, VU32 b) { return a + b; }, [](U32 a, U32 b) { return a + b; });
  check_words("^", [](VU32 a, VU32 b) { return a ^ b; }, [](U32 a, U32 b) { return a ^ b; });
  check_words("&", [](VU32 a, VU32 b) { return a & b; }, [](U32 a, U32 b) { return a & b; });
  check_words(
      "ShiftRight16", [](VU32 a, VU32) { return ShiftRight16(a); },
      [](U32 a, U32) { return a >> 16; });
  check_words(
      "MaskIfGreater", [](VU32 a, VU32 b) { return MaskIfGreater(a, b); },
      [](U32 a, U32 b) { return a > b ? ~U32{0} : U32{0}; });
  check_words(
      "MulWide hi", [](VU32 a, VU32 b) { return MulWide(a, b).hi; },
      [](U32 a, U32 b) { return static_cast<U32>(uint64_t{a} * b >> 32); });
  check_words(
      "MulWide lo", [](VU32 a, VU32 b) { return MulWide(a, b).lo; },
      [](U32 a, U32 b) { return a * b; });
  for (size_t i = 0; i < kWords; ++i) {
    U32 want[VU32::kLanes];
    for (size_t lane = 0; lane < VU32::kLanes; ++lane)
      want[lane] = word(i) + static_cast<U32>(lane);
    check_lanes("Iota", Iota(word(i)), want);
  }
  CHECK(!AnyEqual(Iota(0), Iota(1)) && AnyEqual(Iota(5), Iota(5)), "Iota");
  for (size_t lane = 0; lane < VU32::kLanes; ++lane) {
    CHECK(AnyEqual(Iota(0xFFFFFFF0), Set(static_cast<U32>(0xFFFFFFF0 + lane))), "equal in lane %zu",
          lane);
  }
}

// Every entry from every lane; only the last four bits of the index count.
void test_lookup() {
  F32 table[16];
  for (size_t i = 0; i < 16; ++i) table[i] = value<F32>(i);
  for (U32 first = 0; first < 64; ++first) {
    const U32 start = first * 0x04000001;
    F32 want[VF32::kLanes];
    for (size_t lane = 0; lane < VF32::kLanes; ++lane)
      want[lane] = table[(start + static_cast<U32>(lane)) % 16];
    check_lanes("Lookup16", Lookup16(table, Iota(start)), want);
  }
  U32 want[VF32::kLanes];
  for (size_t lane = 0; lane < VF32::kLanes; ++lane) want[lane] = bits_of(value<F32>(lane));
  F32 numbers[VF32::kLanes];
  for (size_t lane = 0; lane < VF32::kLanes; ++lane) numbers[lane] = value<F32>(lane);
  check_lanes("Bits", Bits(LoadU(numbers)), want);
}

template <class T>
void test_all() {
  const char* type = sizeof(T) == 4 ? "f32" : "f64";
  test::begin_group(kIsa, type, "vec FirstN");
  test_first_n<T>();
  test::begin_group(kIsa, type, "vec loads and stores");
  test_whole_vectors<T>();
  test::begin_group(kIsa, type, "vec masked loads and stores");
  test_masked<T>();
  test::begin_group(kIsa, type, "vec across lanes");
  test_across_lanes<T>();
}

}  // namespace

void vec_memory_test() {
  test_all<F32>();
  test_all<F64>();
  test::begin_group(kIsa, "f32", "vec tables");
  test_lookup();
  test::begin_group(kIsa, "u32", "vec integers");
  test_integers();
}

}  // namespace fastdense::FASTDENSE_TARGET
