// Counting and reporting of checks.
//
// Vector code of any ISA calls these, so nothing here is inline: a function compiled with AVX-512
// must never be the copy that the linker keeps for all.
#pragma once

namespace fastdense::test {

// Checks made from here on belong to this group; its line is printed when the next one begins or
// finish() is called.
void begin_group(const char* isa, const char* type, const char* name);

void pass();
__attribute__((format(printf, 4, 5))) void fail(const char* file, int line, const char* what,
                                                const char* format, ...);

// Prints 'N passed, N failed' (groups); returns the exit status.
int finish();

// From here on an access to forbidden memory ends the program with the name of the group that made
// it.
void catch_invalid_accesses();

}  // namespace fastdense::test

// CHECK(condition, format, ...): the format and its arguments say which case it was.
#define CHECK(condition, ...)            \
  ((condition) ? fastdense::test::pass() \
               : fastdense::test::fail(__FILE__, __LINE__, #condition, __VA_ARGS__))
