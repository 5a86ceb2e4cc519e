# The C++ tests that the step package built: those of the thread pool and, on every instruction set of this
# processor, of the kernels' behaviour and of their errors in ULP on every n-th float32.
. .ci/lib.sh

ctest --test-dir "$WORK/gcc" --output-on-failure --tests-regex 'kernel_tests|pool_tests'
for isa in $(isas_available); do
  "$WORK/gcc/tests/cpp/ulp/ulp_check" --isa "$isa" --stride 251 --samples 300000
done
