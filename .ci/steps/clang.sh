# Everything compiles with Clang without a warning.
. .ci/lib.sh

configure "$WORK/clang" "$(find_clang)" -DFASTDENSE_BUILD_TESTS=ON \
  -Dpybind11_DIR="$(python -m pybind11 --cmakedir)"
cmake --build "$WORK/clang" | tail -n 1
