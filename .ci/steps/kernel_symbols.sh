# Kernel objects share no code between instruction sets, even where nothing is inlined.
. .ci/lib.sh

for compiler in g++ "$(find_clang)" aarch64-linux-gnu-g++; do
  folder=$WORK/symbols-$compiler
  options=()
  [ "$compiler" = aarch64-linux-gnu-g++ ] && options=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64)
  configure "$folder" "$compiler" -DFASTDENSE_BUILD_PYTHON=OFF "${options[@]}"
  python .ci/checks/kernel_symbols.py "$folder"
done
