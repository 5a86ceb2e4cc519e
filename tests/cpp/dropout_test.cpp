// Dropout against Philox4x32-10 written plainly, one element at a time.
#include "kernel_test.hpp"

namespace fastdense::test {
namespace {

struct Words {
  uint32_t w[4];
};

// Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
Words philox4x32(Words c, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c.w[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57} * c.w[2];
    c = {{static_cast<uint32_t>(p1 >> 32) ^ c.w[1] ^ key0, static_cast<uint32_t>(p1),
          static_cast<uint32_t>(p0 >> 32) ^ c.w[3] ^ key1, static_cast<uint32_t>(p0)}};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return c;
}

// The 16 bits of one element in one of the seed's streams.
uint32_t element_bits(uint64_t seed, uint64_t element, uint32_t stream) {
  const uint64_t block = element / kDropoutBlock;
  const uint64_t e = element % kDropoutBlock;
  const uint64_t counter = 16 * block + e % 16;
  const Words words = philox4x32(
      {{static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32), stream, 0}},
      static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
  const uint32_t word = words.w[e / 16 % 4];
  return e < 64 ? word & 0xFFFF : word >> 16;
}

bool is_kept(const DropoutArgs& args, uint64_t element) {
  const uint32_t upper = element_bits(args.seed, element, 0);
  if (upper != args.threshold >> 16) return upper > args.threshold >> 16;
  return element_bits(args.seed, element, 1) >= (args.threshold & 0xFFFF);
}

// The known answers published with Random123 (kat_vectors).
void test_philox() {
  const struct {
    Words counter;
    uint32_t key[2];
    Words answer;
  } cases[] = {
      {{{0, 0, 0, 0}}, {0, 0}, {{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}}},
      {{{0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}},
       {0xFFFFFFFF, 0xFFFFFFFF},
       {{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}}},
      {{{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}},
       {0xA4093822, 0x299F31D0},
       {{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}}},
  };
  for (const auto& one : cases) {
    const Words got = philox4x32(one.counter, one.key[0], one.key[1]);
    CHECK(memcmp(&got, &one.answer, sizeof got) == 0, "%08x %08x %08x %08x", got.w[0], got.w[1],
          got.w[2], got.w[3]);
  }
}

constexpr size_t kMaxElements = size_t{1} << 19;

// x holds ordinary and special numbers; dropped ones must become +0 all the same.
template <class T>
T input(size_t i) {
  static const std::vector<T> special = special_values<T>();
  return i % 3 == 0 ? special[i / 3 % special.size()] : static_cast<T>(i % 1000) - T(500);
}

template <class T>
void check_dropout(const Subject<T>& subject, GuardedMatrix<T>& x, GuardedMatrix<T>& y, size_t n,
                   const DropoutArgs& args, Side side, bool in_place) {
  x.place(n, side);
  y.place(n, side);
  const GuardedMatrix<T>& source = in_place ? y : x;
  for (size_t i = 0; i < n; ++i) source(0, i) = input<T>(i);
  subject.kernels.dropout(n, source.data(), y.data(), args);
  size_t wrong = n;
  for (size_t i = n; i-- > 0;) {
    const T expected =
        is_kept(args, args.first + i) ? input<T>(i) * static_cast<T>(args.scale) : T(0);
    if (!same(y(0, i), expected)) wrong = i;
    if (!in_place && !same(x(0, i), input<T>(i))) wrong = i;
  }
  CHECK(wrong == n, "n %zu, first %llu, threshold %08x: element %zu", n,
        static_cast<unsigned long long>(args.first), args.threshold, wrong);
  CHECK(x.intact() && y.intact(), "n %zu, first %llu", n,
        static_cast<unsigned long long>(args.first));
}

constexpr uint64_t kSeeds[] = {0, 1, 0x123456789ABCDEF0, ~uint64_t{0}};
constexpr uint64_t kFirsts[] = {0,
                                kDropoutBlock,
                                1000 * kDropoutBlock,
                                uint64_t{1} << 35,
                                (uint64_t{1} << 35) - kDropoutBlock,
                                uint64_t{1} << 45};
constexpr uint32_t kThresholds[] = {0,          1,          0x10000,    0x33333333,
                                    0x80000000, 0xC0000001, 0xFFFF0000, 0xFFFFFFFF};

// Every tail length, then each seed, offset and threshold. The offsets include those where the
// counter passes 32 bits.
template <class T>
void test_masks(const Subject<T>& subject) {
  Random random;
  GuardedMatrix<T> x(4 * kDropoutBlock), y(4 * kDropoutBlock);
  for (size_t n = 0; n <= 2 * kDropoutBlock + 1; ++n) {
    check_dropout(subject, x, y, n, {7, 5 * kDropoutBlock, 0x40000000, 4.0 / 3.0}, random.side(),
                  n % 2 == 0);
  }
  for (const uint64_t seed : kSeeds) {
    for (const uint64_t first : kFirsts) {
      for (const uint32_t threshold : kThresholds) {
        check_dropout(subject, x, y, 3 * kDropoutBlock - 5, {seed, first, threshold, 1.25},
                      random.side(), random.below(2) == 0);
      }
    }
  }
}

// So many elements that some have the threshold's upper 16 bits, for thresholds whose lower ones
// are zero, few, many.
template <class T>
void test_ties(const Subject<T>& subject) {
  GuardedMatrix<T> x(kMaxElements), y(kMaxElements);
  for (const uint32_t threshold : {0x20000000U, 0x20000001U, 0x20008000U, 0x2000FFFFU}) {
    check_dropout(subject, x, y, kMaxElements, {99, 0, threshold, 2.0}, Side::kEnd, false);
  }
}

// A part of a tensor gets the part of the mask, wherever it is cut.
template <class T>
void test_offsets(const Subject<T>& subject) {
  constexpr size_t kCount = 20 * kDropoutBlock;
  const DropoutArgs args{3, 0, 0x60000000, 1.6};
  std::vector<T> ones(kCount, T(1)), whole(kCount), parts(kCount);
  subject.kernels.dropout(kCount, ones.data(), whole.data(), args);
  for (size_t cut = 0; cut <= kCount; cut += kDropoutBlock) {
    parts.assign(kCount, T(-1));
    subject.kernels.dropout(cut, ones.data(), parts.data(), args);
    subject.kernels.dropout(kCount - cut, ones.data() + cut, parts.data() + cut,
                            {args.seed, cut, args.threshold, args.scale});
    CHECK(parts == whole, "cut at %zu", cut);
  }
}

}  // namespace

template <class T>
void dropout_test(const Subject<T>& subject) {
  subject.begin("dropout: known answers of Philox4x32-10");
  test_philox();
  subject.begin("dropout masks");
  test_masks(subject);
  subject.begin("dropout ties");
  test_ties(subject);
  subject.begin("dropout offsets");
  test_offsets(subject);
}

template void dropout_test(const Subject<float>&);
template void dropout_test(const Subject<double>&);

}  // namespace fastdense::test
