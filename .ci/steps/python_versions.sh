# The oldest and the newest other Python of this machine, if there are any: an unoptimized build and a few tests.
. .ci/lib.sh

others=()
own=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
for version in 3.10 3.11 3.12 3.13 3.14; do
  [ "$version" = "$own" ] && continue
  for python in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python; do
    "$python" -c 'import ensurepip, venv' 2>/dev/null || continue
    others+=("$python")
    break
  done
done
[ ${#others[@]} -gt 2 ] && others=("${others[0]}" "${others[-1]}")

for python in "${others[@]}"; do
  "$python" --version
  copy=$WORK/python-${python//\//_}
  fresh_copy "$copy"
  "$python" -m venv --clear "$copy/.venv"
  "$copy/.venv/bin/pip" install --quiet --config-settings cmake.build-type=Debug "$copy[test]"
  "$copy/.venv/bin/python" -m pytest -q -p no:cacheprovider tests/test_dense.py tests/test_runtime.py
done
echo "tested ${#others[@]} Python versions beside $own"
