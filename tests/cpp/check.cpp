#include "check.hpp"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

namespace fastdense::test {
namespace {

constexpr int kShownFailures = 5;  // of a group

struct Group {
  char name[96];
  long checks;
  long failures;
};

Group group;
bool any_group = false;
int groups_passed = 0;
int groups_failed = 0;

void end_group() {
  if (!any_group) return;
  const bool good = group.failures == 0 && group.checks > 0;
  ++(good ? groups_passed : groups_failed);
  if (good) {
    printf("%-48s ok      %9ld checks\n", group.name, group.checks);
  } else {
    printf("%-48s FAILED  %9ld of %ld checks\n", group.name, group.failures, group.checks);
  }
  fflush(stdout);
}

// Only what is allowed in a signal handler.
void report_invalid_access(int) {
  const char* const message[] = {group.name,
                                 ": FAILED: touched memory outside the arrays it was given\n"};
  for (const char* part : message) {
    if (write(STDOUT_FILENO, part, strlen(part)) < 0) break;
  }
  _exit(1);
}

}  // namespace

void catch_invalid_accesses() {
  signal(SIGSEGV, report_invalid_access);
  signal(SIGBUS, report_invalid_access);
}

void begin_group(const char* isa, const char* type, const char* name) {
  end_group();
  any_group = true;
  group = Group{};
  snprintf(group.name, sizeof group.name, "%s %s %s", isa, type, name);
}

void pass() { ++group.checks; }

void fail(const char* file, int line, const char* what, const char* format, ...) {
  ++group.checks;
  if (++group.failures > kShownFailures) return;
  printf("%s:%d: %s: %s: ", file, line, group.name, what);
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\n");
}

int finish() {
  end_group();
  printf("%d passed, %d failed\n", groups_passed, groups_failed);
  return groups_failed > 0 || groups_passed == 0 ? 1 : 0;
}

}  // namespace fastdense::test
