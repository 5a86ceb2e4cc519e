# The thread pool's stress test under a thread sanitizer; then address and undefined-behaviour sanitizers, in an
# editable installation: the C++ tests and Python tests.
. .ci/lib.sh

configure "$WORK/tsan" g++ -DFASTDENSE_BUILD_PYTHON=OFF -DFASTDENSE_BUILD_TESTS=ON \
  -DCMAKE_CXX_FLAGS="-g1 -fsanitize=thread"
cmake --build "$WORK/tsan" --target pool_tests | tail -n 1
"$WORK/tsan/tests/cpp/pool_tests" | tail -n 1

build=$WORK/asan-build
# Checks of null and of wrapping pointers find nothing that an address check doesn't.
export CXXFLAGS="-O0 -g1 -fsanitize=address,undefined -fno-sanitize=null,pointer-overflow \
-fno-sanitize-recover=all -fno-omit-frame-pointer"
# Python keeps memory until it ends.
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1

fresh_copy "$WORK/editable"
"$PYTHON" -m venv --clear "$WORK/editable/.venv"
export PATH="$WORK/editable/.venv/bin:$PATH"
pip install --quiet --requirement .ci/requirements.txt
cd "$WORK/editable"
pip install --quiet --no-build-isolation --config-settings build-dir="$build" \
  --config-settings cmake.build-type=Debug --config-settings cmake.define.FASTDENSE_BUILD_TESTS=ON \
  --editable '.[test]'
"$build/tests/cpp/kernel_tests" | tail -n 1
"$build/tests/cpp/pool_tests" | tail -n 1

export LD_PRELOAD
LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libstdc++.so)"
python -c "
import fastdense
assert fastdense.__file__.startswith('$WORK/editable/python/'), fastdense.__file__"
python -m pytest -q -p no:cacheprovider -m 'not slow' tests/test_dense.py tests/test_dense_backward.py \
  tests/test_dropout.py tests/test_inputs.py tests/test_native_plan.py tests/test_native_plan_graphs.py \
  tests/test_outputs.py
