# readme demo|tests: a command of README.md as printed there, in a fresh copy of the tree. The first bash block
# is the demo's, the second the tests'; each is one line that does its whole set-up.
. .ci/lib.sh

case $1 in demo) number=1 ;; tests) number=2 ;; esac
command=$(awk -v number="$number" '
  /^```bash$/ { inside = ++count == number; next }
  /^```/ { inside = 0 }
  inside' README.md)
[ -n "$command" ] || fail "README.md has no bash block $number"
[ "$(wc -l <<<"$command")" = 1 ] || fail "README.md: bash block $number is not one line: $command"

fresh_copy "$WORK/readme-$1"
cd "$WORK/readme-$1"
echo "$command"
# As a user has it: none of the tools of the other steps.
env -u CMAKE_GENERATOR PATH="${PATH#"$WORK/venv/bin:"}" bash -e -o pipefail -c "$command"
