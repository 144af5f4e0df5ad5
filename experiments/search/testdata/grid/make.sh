#!/bin/sh
# make.sh: makes table.csv from 3 x 200 runs, in about ten minutes. Run it here; nst is in the PATH.
set -e
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for steps in 5 15 45; do
	nst sweep grid.toml --set run.steps=$steps --set "name=grid$steps" --results "$dir" >/dev/null
done
python3 - "$dir" <<'P'
import csv, json, sys
try:
    import tomllib
except ImportError:
    import tomli as tomllib

axes = ["loss.style.weight", "schedule.rate", "loss.content.layers", "start.from"]
rows = {}
for steps in (5, 15, 45):
    dir = f"{sys.argv[1]}/grid{steps}"
    plan = tomllib.load(open(dir + "/plan.toml", "rb"))
    for run in plan["runs"]:
        row = rows.setdefault(tuple(run["values"][a] for a in axes), {})
        measures = {m["name"]: m["value"] for m in json.load(open(f"{dir}/{run['name']}/measures.json"))["measures"] if not m.get("layer")}
        for name in ("gram_cosine", "content_cosine"):
            row[f"{name}.{steps}"] = f"{measures[name]:.6f}"
names = [f"{n}.{s}" for n in ("gram_cosine", "content_cosine") for s in (5, 15, 45)]
out = csv.writer(open("table.csv", "w"), lineterminator="\n")
out.writerow(axes + names)
for key, row in rows.items():
    out.writerow(list(key) + [row[n] for n in names])
P
