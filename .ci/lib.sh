# Shared by run and the steps. A step can be run alone after `machine`, `environment` and `package`:
#   WORK=/some/folder bash .ci/run      keeps the folder, then
#   WORK=/some/folder bash .ci/steps/lint.sh
set -euo pipefail

export CI=true
export PYTHON=${PYTHON:-python3}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
export CMAKE_GENERATOR=Ninja CMAKE_BUILD_PARALLEL_LEVEL
CMAKE_BUILD_PARALLEL_LEVEL=$(nproc)

if [ -z "${WORK:-}" ]; then
  WORK=$(mktemp -d)
  trap 'rm -rf "$WORK"' EXIT
fi
export WORK
mkdir -p "$WORK/log"
# Tools and the installed wheel.
export PATH="$WORK/venv/bin:$PATH"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

run_step() {
  local name=$1 start=$SECONDS status=0
  shift
  bash ".ci/steps/$name.sh" "$@" </dev/null || status=$?
  printf '%5d s  %s\n' $((SECONDS - start)) "$name $*" >>"$WORK/times"
  return "$status"
}

# step NAME [ARGUMENT...]: runs steps/NAME.sh.
step() {
  echo "=== $*"
  run_step "$@" || fail "$*"
}

# together "NAME ARGUMENT..." ...: steps that keep one core busy, at the same time; prints one after the other.
together() {
  local line pids=() i=0 failed=()
  for line in "$@"; do
    # shellcheck disable=SC2086 # a line is a step and its arguments
    run_step $line >"$WORK/log/${line// /_}" 2>&1 &
    pids+=($!)
  done
  for line in "$@"; do
    wait "${pids[$i]}" || failed+=("$line")
    i=$((i + 1))
    echo "=== $line"
    cat "$WORK/log/${line// /_}"
  done
  [ ${#failed[@]} = 0 ] || fail "${failed[@]}"
}

print_times() {
  echo "=== times"
  cat "$WORK/times"
  printf '%5d s  so far\n' "$SECONDS"
}

# fresh_copy FOLDER: the tree as a fresh clone would have it, with changes not yet committed.
fresh_copy() {
  mkdir -p "$1"
  git -c safe.directory="$PWD" ls-files -z --cached --others --exclude-standard --deduplicate |
    tar --create --null --files-from=- --ignore-failed-read | tar --extract --directory "$1"
}

# The best installed clang++, e.g. clang++-14.
find_clang() {
  compgen -c clang++ | grep -E '^clang\+\+(-[0-9]+)?$' | sort -uV | tail -n 1
}

# configure FOLDER COMPILER [OPTION...]: a CMake build of this tree with warnings as errors.
configure() {
  local folder=$1 compiler=$2
  shift 2
  cmake -S . -B "$folder" -DCMAKE_CXX_COMPILER="$compiler" -DFASTDENSE_WERROR=ON \
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "$@" >"$folder.configure.log" ||
    { cat "$folder.configure.log"; fail "cmake -B $folder"; }
}

# The instruction sets of this processor, best first, as the installed wheel sees them.
isas_available() {
  (cd "$WORK" && python -c 'from fastdense import _core; print(*_core.config()["isas_available"])')
}
