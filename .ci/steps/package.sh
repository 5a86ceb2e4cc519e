# An sdist builds from itself into a wheel without warnings, and the installed wheel keeps its promises. The C++
# tests are built beside it, for the step kernel_tests.
. .ci/lib.sh

rm -rf "$WORK/dist" "$WORK/sdist"
mkdir -p "$WORK/sdist"
python -m build --sdist --no-isolation --outdir "$WORK/dist" . >"$WORK/log/sdist"
tar --extract --file "$WORK"/dist/*.tar.gz --directory "$WORK/sdist"
CXX=g++ pip wheel --no-build-isolation --no-deps --config-settings build-dir="$WORK/gcc" \
  --config-settings cmake.define.FASTDENSE_WERROR=ON \
  --config-settings cmake.define.FASTDENSE_BUILD_TESTS=ON \
  --wheel-dir "$WORK/dist" "$WORK"/sdist/*/ 2>&1 | tail -n 3
pip install --quiet --force-reinstall "$(ls "$WORK"/dist/*.whl)[test]"

# From another folder, so that the installed package is what is looked at.
checks=$PWD/.ci/checks
cd "$WORK"
python -W error "$checks/installed.py"
