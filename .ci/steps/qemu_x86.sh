# qemu_x86 CPU ISA: the wheel on a processor that has no more than ISA picks it and computes right.
. .ci/lib.sh

cpu=$1 isa=$2
# OpenMP would spin under emulation; NumPy's OpenBLAS takes the emulated Nehalem for a processor with AVX.
export OMP_WAIT_POLICY=passive OPENBLAS_CORETYPE=$cpu
emulated=(qemu-x86_64 -cpu "$cpu" "$WORK/venv/bin/python")
"${emulated[@]}" -c "
from fastdense import _core
config = _core.config()
print(config)
assert config['isa'] == '$isa' == config['isas_available'][0], config"
# Tests that start no process of their own: that one would run on the real processor.
"${emulated[@]}" -m pytest -q -p no:cacheprovider tests/test_dense.py tests/test_dropout.py
