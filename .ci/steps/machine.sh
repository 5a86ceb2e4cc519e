# Installs what the other steps need and the machine lacks.
. .ci/lib.sh

declare -A package_of=(
  [aarch64-linux-gnu-g++]=g++-aarch64-linux-gnu
  [g++]=g++
  [git]=git
  [qemu-aarch64]=qemu-user
  [qemu-x86_64]=qemu-user
  [readelf]=binutils
)
clang_with_openmp() {
  local clang
  clang=$(find_clang) && echo '#include <omp.h>' | "$clang" -fopenmp -x c++ -fsyntax-only -
}
python_has() { "$PYTHON" -c "$1" 2>/dev/null; }

missing=()
for tool in "${!package_of[@]}"; do
  command -v "$tool" >/dev/null || missing+=("${package_of[$tool]}")
done
clang_with_openmp 2>/dev/null || missing+=(clang libomp-dev)
python_has 'import ensurepip, venv' || missing+=(python3-venv)
python_has 'import os, sysconfig
os.stat(os.path.join(sysconfig.get_path("include"), "Python.h"))' || missing+=(python3-dev)

if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${missing[*]}"
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } \
    >"$WORK/log/apt" 2>&1 || { tail -n 30 "$WORK/log/apt"; fail "apt-get"; }
fi
clang_with_openmp || fail "no clang++ with OpenMP"

uname -srm
nproc
g++ --version | head -n 1
"$(find_clang)" --version | head -n 1
"$PYTHON" --version
qemu-x86_64 --version | head -n 1
