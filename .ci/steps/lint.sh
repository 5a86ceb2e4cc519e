# Formatting and static checks that need no build.
. .ci/lib.sh

git -c safe.directory="$PWD" ls-files -z --cached --others --exclude-standard --deduplicate \
  '*.cpp' '*.hpp' | xargs -0 clang-format --dry-run -Werror
ruff format --no-cache --check .ci python tests
ruff check --no-cache .ci python tests
