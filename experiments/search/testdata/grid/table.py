"""table.py RESULTS: the measures of the runs of grid5, grid15 and grid45 as a table."""
import csv
import json
import sys
import tomllib

axes = ["loss.style.weight", "schedule.rate", "loss.content.layers", "start.from"]
rows = {}
for steps in (5, 15, 45):
    dir = f"{sys.argv[1]}/grid{steps}"
    with open(dir + "/plan.toml", "rb") as f:
        plan = tomllib.load(f)
    for run in plan["runs"]:
        row = rows.setdefault(tuple(run["values"][a] for a in axes), {})
        with open(f"{dir}/{run['name']}/measures.json") as f:
            measures = {m["name"]: m["value"] for m in json.load(f)["measures"] if not m.get("layer")}
        for name in ("gram_cosine", "content_cosine"):
            row[f"{name}.{steps}"] = f"{measures[name]:.6f}"
names = [f"{n}.{s}" for n in ("gram_cosine", "content_cosine") for s in (5, 15, 45)]
out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(axes + names)
for key, row in rows.items():
    out.writerow(list(key) + [row[n] for n in names])
