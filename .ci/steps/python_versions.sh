# The other Python versions of this machine, if there are any: an unoptimized build and a few tests.
. .ci/lib.sh

tested=()
own=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
for version in 3.10 3.11 3.12 3.13 3.14; do
  [ "$version" = "$own" ] && continue
  for python in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python; do
    "$python" -c 'import venv, ensurepip' 2>/dev/null || continue
    echo "$("$python" --version)"
    "$python" -m venv --clear "$WORK/venv-$version"
    "$WORK/venv-$version/bin/pip" install --quiet --config-settings cmake.build-type=Debug '.[test]'
    "$WORK/venv-$version/bin/python" -m pytest -q -p no:cacheprovider tests/test_dense.py tests/test_runtime.py
    tested+=("$version")
    break
  done
done
echo "tested beside $own: ${tested[*]:-none, no other Python here}"
