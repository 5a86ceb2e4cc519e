# The tests of the kernels for aarch64, cross-compiled and run under qemu.
. .ci/lib.sh

configure "$WORK/aarch64" aarch64-linux-gnu-g++ -DFASTDENSE_BUILD_PYTHON=OFF -DFASTDENSE_BUILD_TESTS=ON \
  -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64
cmake --build "$WORK/aarch64" --target kernel_tests | tail -n 1
qemu-aarch64 -L /usr/aarch64-linux-gnu "$(find "$WORK/aarch64" -name kernel_tests -type f)"
