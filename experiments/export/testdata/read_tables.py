"""Reads exported tables with pandas, as a user does, and says what it found.

    python3 read_tables.py DIR csv|jsonl

The test compares what is printed, as JSON, with what it had written.
"""

import json
import math
import sys

import pandas

directory, form = sys.argv[1:]


def read(name):
    path = f"{directory}/{name}.{form}"
    return pandas.read_csv(path) if form == "csv" else pandas.read_json(path, lines=True)


def plain(v):
    if v is None or isinstance(v, float) and math.isnan(v):
        return None
    if isinstance(v, float) and math.isinf(v):
        return "inf" if v > 0 else "-inf"
    return v.item() if hasattr(v, "item") else v


found = {}
for name in ["runs", "curves", "long", "measures"]:
    t = read(name)
    found[name] = {
        "columns": list(t.columns),
        "types": {c: t[c].dtype.kind for c in t.columns},
        "rows": [[plain(v) for v in row] for row in t.astype(object).values.tolist()],
    }
# The reason for a tidy table: one line per question.
long = read("long")
last = long[long.series == "total"].groupby("run").value.last()
found["last"] = {k: plain(v) for k, v in last.items()}
with open(f"{directory}/metrics.json") as f:
    found["metrics"] = json.load(f)
print(json.dumps(found, allow_nan=False))
