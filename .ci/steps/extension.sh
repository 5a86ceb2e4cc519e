# What the compiled module links, exports and asks of the loader.
. .ci/lib.sh

module=$(cd "$WORK" && python -c 'from fastdense import _core; print(_core.__file__)')
python .ci/checks/extension.py "$module"
