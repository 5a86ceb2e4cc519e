# The virtual environment of the tools; the step `package` installs the wheel into it.
. .ci/lib.sh

"$PYTHON" -m venv --clear "$WORK/venv"
pip install --quiet --requirement .ci/requirements.txt
pip list --quiet
