#!/bin/sh
# Runs notebooks in the real Jupyter with the real kernel, and checks what they
# show: every cell must succeed, no cell may write to the error output, and a
# cell that should show something must show it. Leaves them in results/notebooks
# as pages, each one file without scripts.
#
#   notebooks/check.sh                       all notebooks
#   notebooks/check.sh notebooks/1_*.ipynb   some
#
# Needs jupyter-nbconvert (Debian: apt-get install --no-install-recommends
# jupyter-nbconvert) and the kernel (make kernel). Executed copies, with their
# outputs, stay in bin/notebooks.
set -eu
cd "$(dirname "$0")/.."

# Debian's Jupyter runs on Debian's Python, whatever other Python is in PATH.
nbconvert=${NBCONVERT:-/usr/bin/jupyter-nbconvert}
[ -x "$nbconvert" ] || nbconvert=$(command -v jupyter-nbconvert) || {
	echo "notebooks/check.sh: jupyter-nbconvert is not installed" >&2
	exit 1
}
[ -f bin/jupyter/kernels/gophernotes/kernel.json ] || {
	echo "notebooks/check.sh: there is no kernel; run make kernel" >&2
	exit 1
}
[ $# -gt 0 ] || set -- notebooks/*.ipynb

JUPYTER_PATH=$PWD/bin/jupyter
JUPYTER_PLATFORM_DIRS=1
export JUPYTER_PATH JUPYTER_PLATFORM_DIRS
mkdir -p bin/notebooks
for notebook; do
	begin=$(date +%s)
	"$nbconvert" --log-level=WARN --to notebook --execute --ExecutePreprocessor.timeout=300 \
		--output-dir bin/notebooks --output "$(basename "$notebook")" "$notebook" >bin/notebooks/log 2>&1 || {
		# The failed cell and its error, without nbconvert's own stack and its help.
		sed -n '/CellExecutionError\|Error:/,$p' bin/notebooks/log | sed '/^This application is used to convert/,$d' >&2
		echo "$notebook: FAILED" >&2
		exit 1
	}
	echo "$notebook: $(($(date +%s) - begin)) s"
done
for notebook; do
	set -- "$@" "bin/notebooks/$(basename "$notebook")"
	shift
done
go run ./notebooks/check "$@"

mkdir -p bin/notebooks/pages results/notebooks
for notebook; do
	copy=bin/notebooks/pages/$(basename "$notebook")
	go run ./notebooks/page "$notebook" "$copy"
	"$nbconvert" --log-level=WARN --to html --template page --TemplateExporter.extra_template_basedirs=notebooks/page/template \
		--output-dir results/notebooks "$copy" >bin/notebooks/log 2>&1 || {
		cat bin/notebooks/log >&2
		echo "$notebook: no page" >&2
		exit 1
	}
done
echo "pages: $(ls results/notebooks/*.html | tr '\n' ' ')"
