# The C++ tests of the kernels, built by g++, on every instruction set of this processor: their behaviour, and
# their errors in ULP on every n-th float32.
. .ci/lib.sh

configure "$WORK/gcc" g++ -DFASTDENSE_BUILD_PYTHON=OFF -DFASTDENSE_BUILD_TESTS=ON
cmake --build "$WORK/gcc" | tail -n 1
ctest --test-dir "$WORK/gcc" --output-on-failure --tests-regex kernel_tests
for isa in $(isas_available); do
  "$WORK/gcc/tests/cpp/ulp/ulp_check" --isa "$isa" --stride 251 --samples 300000
done
