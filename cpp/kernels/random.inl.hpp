// Random bits from element indices, and dropout.
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011):
// key = seed, counter = position, so that a mask can be made again anywhere, in any order, by any
// number of threads.
#pragma once

#include "kernels/kernel_table.hpp"
#include "kernels/lanes.inl.hpp"

namespace fastdense::FASTDENSE_TARGET {
namespace {

struct PhiloxState {
  VU32 word[4];
};

FASTDENSE_INLINE PhiloxState philox4x32(PhiloxState s, uint64_t seed) {
  constexpr U32 kMul0 = 0xD2511F53;
  constexpr U32 kMul1 = 0xCD9E8D57;
  constexpr U32 kWeyl0 = 0x9E3779B9;
  constexpr U32 kWeyl1 = 0xBB67AE85;
  auto key0 = static_cast<U32>(seed);
  auto key1 = static_cast<U32>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const WideProduct p0 = MulWide(s.word[0], Set(kMul0));
    const WideProduct p1 = MulWide(s.word[2], Set(kMul1));
    s = {{p1.hi ^ s.word[1] ^ Set(key0), p1.lo, p0.hi ^ s.word[3] ^ Set(key1), p0.lo}};
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  return s;
}

// Sixteen random bits for each element of a block of kDropoutBlock: visit(i, bits) for i = 0,
// kLanes, ... Element e has counter 16 block + e % 16, output word (e / 16) % 4, its low half when
// e < 64: the same whatever the number of lanes. Streams of one seed are independent.
template <class Visit>
FASTDENSE_INLINE void random_block(uint64_t seed, uint64_t block, U32 stream, const Visit& visit) {
  constexpr size_t kCounters = 16;
  const uint64_t first = kCounters * block;
  for (size_t c = 0; c < kCounters; c += VU32::kLanes) {
    const PhiloxState s =
        philox4x32({{Iota(static_cast<U32>(first + c)), Set(static_cast<U32>(first >> 32)),
                     Set(stream), Set(U32{0})}},
                   seed);
    for (size_t w = 0; w < 4; ++w) {
      visit(kCounters * w + c, s.word[w] & Set(U32{0xFFFF}));
      visit(kCounters * (4 + w) + c, ShiftRight16(s.word[w]));
    }
  }
}

// Ones in keep[e] when element e of the block is kept, else zeros.
//
// Sixteen bits decide all but one element in 65,536: the one whose bits equal the threshold's upper
// half. Only then are its lower sixteen drawn, so that 32 bits of the rate count at the price
// of 16.
inline void keep_block(uint64_t block, const DropoutArgs& args, U32* keep) {
  constexpr U32 kUpperStream = 0;
  constexpr U32 kLowerStream = 1;
  const U32 upper = args.threshold >> 16;
  const U32 lower = args.threshold & 0xFFFF;
  const VU32 tie_is_kept = Set(U32{lower == 0});
  bool ties = false;
  random_block(args.seed, block, kUpperStream, [&](size_t i, VU32 bits) {
    StoreU(MaskIfGreater(bits + tie_is_kept, Set(upper)), keep + i);
    ties = ties || AnyEqual(bits, Set(upper));
  });
  if (!ties || lower == 0) return;
  U32 upper_bits[kDropoutBlock];
  U32 lower_bits[kDropoutBlock];
  random_block(args.seed, block, kUpperStream,
               [&](size_t i, VU32 bits) { StoreU(bits, upper_bits + i); });
  random_block(args.seed, block, kLowerStream,
               [&](size_t i, VU32 bits) { StoreU(bits, lower_bits + i); });
  for (size_t e = 0; e < kDropoutBlock; ++e) {
    if (upper_bits[e] == upper && lower_bits[e] >= lower) keep[e] = ~U32{0};
  }
}

template <class T>
void dropout(size_t n, const T* x, T* y, const DropoutArgs& args) {
  const Vec<T> scale = Set(static_cast<T>(args.scale));
  U32 keep[kDropoutBlock];
  for (size_t begin = 0; begin < n; begin += kDropoutBlock) {
    keep_block((args.first + begin) / kDropoutBlock, args, keep);
    const size_t count = n - begin < kDropoutBlock ? n - begin : kDropoutBlock;
    for_vectors<T>(0, count, [&](size_t i, const auto& lanes) {
      lanes.store(AndMask(lanes.load(x + begin + i) * scale, keep + i), y + begin + i);
    });
  }
}

// y = noise(i) == 0 ? 0 : x noise(i). Unlike a product, this drops NaN and infinities too.
template <class T, class Noise>
FASTDENSE_INLINE void scale_or_drop(size_t n, const T* x, const Noise& noise, T* y) {
  const Vec<T> zero = Set(T{0});
  for_vectors<T>(0, n, [=](size_t i, const auto& lanes) {
    const Vec<T> factor = noise(i, lanes);
    lanes.store(IfThenElse(factor == zero, zero, lanes.load(x + i) * factor), y + i);
  });
}

// One noise value per element (noise_step 1) or one for all (0).
template <class T>
void apply_noise(size_t n, const T* x, const T* noise, size_t noise_step, T* y) {
  if (noise_step == 0) {
    scale_or_drop(n, x, [=](size_t, const auto&) { return Set(*noise); }, y);
  } else {
    scale_or_drop(n, x, [=](size_t i, const auto& lanes) { return lanes.load(noise + i); }, y);
  }
}

}  // namespace
}  // namespace fastdense::FASTDENSE_TARGET
