# The C++ tests of the kernels that the step package built, on every instruction set of this processor: their
# behaviour, and their errors in ULP on every n-th float32.
. .ci/lib.sh

ctest --test-dir "$WORK/gcc" --output-on-failure --tests-regex kernel_tests
for isa in $(isas_available); do
  "$WORK/gcc/tests/cpp/ulp/ulp_check" --isa "$isa" --stride 251 --samples 300000
done
