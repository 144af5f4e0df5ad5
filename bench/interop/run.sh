#!/bin/sh
# Makes a virtual environment from requirements.txt in bin/interop/env, once for each
# content of that file, and runs check.py in it. Exits with 3 if the packages cannot be
# had, because nothing was then checked.
#
#   bench/interop/run.sh                       all checks
#   bench/interop/run.sh tensorboard mlflow    some; docs/interop.md keeps the others' results
#
# INTEROP_PYTHON chooses the Python that the environment is made with.
set -eu
cd "$(dirname "$0")/../.."

env=bin/interop/env
wanted=$(cksum <bench/interop/requirements.txt)
if [ "$(cat $env/installed 2>/dev/null)" != "$wanted" ]; then
	echo "interop: installing $(grep -c == bench/interop/requirements.txt) packages and what they need into $env"
	mkdir -p bin/interop
	rm -rf $env
	"${INTEROP_PYTHON:-python3}" -m venv $env >bin/interop/log 2>&1 &&
		$env/bin/pip install --quiet --requirement bench/interop/requirements.txt >>bin/interop/log 2>&1 || {
		tail -3 bin/interop/log
		echo "interop: the packages cannot be installed (is PyPI reachable?): nothing was checked"
		exit 3
	}
	echo "$wanted" >$env/installed
fi
exec $env/bin/python bench/interop/check.py "$@"
