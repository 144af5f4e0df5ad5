#!/bin/sh
# Makes a virtual environment in bin/interop/env, once for each content of requirements.txt,
# installs what the checks need, and runs check.py in it. Exits with 3 if the packages cannot
# be had, because nothing was then checked.
#
#   bench/interop/run.sh                       all checks, with all packages of requirements.txt
#   bench/interop/run.sh tensorboard mlflow    some; docs/interop.md keeps the others' results
#
# INTEROP_PYTHON chooses the Python that the environment is made with, INTEROP_SECONDS limits
# the time that installing takes. R comes from Debian, where this runs as root.
set -eu
cd "$(dirname "$0")/../.."

python=${INTEROP_PYTHON:-python3}
list=bench/interop/requirements.txt
env=bin/interop/env
packages="--requirement $list"
if [ $# -gt 0 ]; then
	packages="--constraint $list $("$python" bench/interop/check.py --packages "$@")" || exit 1
fi

wanted=$(cksum <$list)
mkdir -p bin/interop
{
	[ "$(cat $env/made-for 2>/dev/null)" = "$wanted" ] || {
		echo "interop: a new environment, $env; all packages together take minutes and 8 GB" >&3
		rm -rf $env
		"$python" -m venv $env && echo "$wanted" >$env/made-for
	} && ${INTEROP_SECONDS:+timeout $INTEROP_SECONDS} $env/bin/pip install --quiet $packages
} 3>&1 >bin/interop/log 2>&1 || {
	tail -3 bin/interop/log
	echo "interop: the packages cannot be installed (is PyPI reachable? bin/interop/log): nothing was checked"
	exit 3
}

case " ${*:-r} " in *" r "*)
	command -v Rscript >/dev/null || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || {
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends r-base-core
	} >bin/interop/log 2>&1 || tail -3 bin/interop/log
	;;
esac
exec $env/bin/python bench/interop/check.py "$@"
