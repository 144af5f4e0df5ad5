#!/bin/sh
# make.sh: makes table.csv from 3 x 200 runs, in some minutes. Run it here; nst is in the PATH.
set -e
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for steps in 5 15 45; do
	nst sweep grid.toml --set run.steps=$steps --set "name=grid$steps" --results "$dir" >/dev/null
done
python3 table.py "$dir" >table.csv
/usr/bin/python3 optuna_tpe.py table.csv >optuna.csv
