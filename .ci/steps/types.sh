# Types: of the package, and of the stub against the compiled module.
. .ci/lib.sh

mypy --cache-dir "$WORK/mypy"
cd "$WORK"
python -m mypy.stubtest fastdense._core
