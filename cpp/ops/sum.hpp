// Sums over the rows of a batch that may come in several calls.
#pragma once

#include <cstddef>

namespace fastdense {

// Whether a sum begins at zero or with what is there.
enum class Sum { kStarts, kGoesOn };

// What is summed up in several calls is the same as in one, bit for bit, if all calls but the last
// have a multiple of so many rows.
constexpr std::size_t kRowsOfSum = 256;

}  // namespace fastdense
