"""Programs that read what the workbench exports."""

import csv
import json
import math
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import urllib.request


class Left(Exception):
    """A check that cannot run here."""


def require(condition, text):
    if not condition:
        raise AssertionError(text)


def near(a, b, tolerance=1e-6):
    return a == b or abs(a - b) <= tolerance * max(abs(a), abs(b))


def metrics(run):
    """The rows of a run's metrics.csv."""
    with open(run / "metrics.csv", newline="") as f:
        return list(csv.DictReader(f))


def runs(experiment):
    return sorted(d for d in experiment.iterdir() if (d / "metrics.csv").is_file())


def tensorboard(bench):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    experiment, to = bench.experiment(), bench.fresh("events")
    bench.nst("export", "tensorboard", experiment, "--to", to)
    scalars = images = 0
    for run in runs(experiment):
        where = [d for d in to.rglob(run.name) if d.is_dir()]
        require(len(where) == 1, f"{len(where)} directories of events for {run.name}")
        events = EventAccumulator(str(where[0]), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
        events.Reload()
        tags = events.Tags()
        rows = metrics(run)
        total = [t for t in tags["scalars"] if t.split("/")[-1] == "total"]
        require(len(total) == 1, f"scalars {tags['scalars']}")
        got = [(e.step, e.value) for e in events.Scalars(total[0])]
        want = [(int(r["step"]), float(r["total"])) for r in rows]
        require(len(got) == len(want) and all(a[0] == b[0] and near(a[1], b[1]) for a, b in zip(got, want)), f"total of {run.name}: {got[:3]}…, want {want[:3]}…")
        scalars += len(tags["scalars"])
        images += len(tags["images"])
        require(tags["images"], f"no pictures of {run.name}")
    return f"{len(runs(experiment))} runs, {scalars} curves of scalars with the values of metrics.csv, {images} pictures{hyperparameters(to)}"


def hyperparameters(to):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = 0
    for directory in {p.parent for p in to.rglob("*tfevents*")}:
        events = EventAccumulator(str(directory))
        events.Reload()
        found += "_hparams_/session_start_info" in events.summary_metadata
    require(found, "no hyperparameters")
    return f", hyperparameters of {found}"


def mlflow(bench):
    import mlflow.tracking

    experiment, home = bench.experiment(), bench.fresh("mlflow")
    home.mkdir()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with open(home / "log", "w") as log:
        server = subprocess.Popen([str(bench.bin / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
                                   "--backend-store-uri", f"sqlite:///{home}/mlflow.db", "--artifacts-destination", str(home / "artifacts")],
                                  stdout=log, stderr=log, cwd=home, env=dict(os.environ, PATH=f"{bench.bin}{os.pathsep}{os.environ['PATH']}"),
                                  start_new_session=True)
    try:
        wait(url + "/health", server, 300)
        for _ in range(2):
            bench.nst("export", "mlflow", experiment, "--to", url)
        client = mlflow.tracking.MlflowClient(url)
        ids = [e.experiment_id for e in client.search_experiments() if e.name == experiment.name]
        found = client.search_runs(ids)
        want = runs(experiment)
        require(len(found) == len(want), f"{len(found)} runs on the server, want {len(want)}")
        values = 0
        for run in want:
            mine = [r for r in found if r.info.run_name == run.name or r.data.tags.get("mlflow.runName") == run.name]
            require(len(mine) == 1, f"{len(mine)} runs named {run.name}")
            key = [k for k in mine[0].data.metrics if k.split("/")[-1] == "total"][0]
            got = [(m.step, m.value) for m in client.get_metric_history(mine[0].info.run_id, key)]
            rows = [(int(r["step"]), float(r["total"])) for r in metrics(run)]
            require(sorted(got) == sorted(rows), f"total of {run.name}: {len(got)} values, want {len(rows)} once each")
            values += sum(len(client.get_metric_history(mine[0].info.run_id, k)) for k in mine[0].data.metrics)
            require(mine[0].data.params, f"no params of {run.name}")
        files = sum(len(list(client.list_artifacts(r.info.run_id))) for r in found)
        return f"{len(found)} runs after two exports, {values} values of metrics once each, {len(found[0].data.params)} params, {files} artifacts"
    finally:
        os.killpg(server.pid, 15)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, 9)


def wait(url, process, seconds):
    for _ in range(seconds * 2):
        try:
            return urllib.request.urlopen(url, timeout=5).read()
        except OSError:
            require(process.poll() is None, "the server ended")
            time.sleep(0.5)
    raise RuntimeError(f"no answer from {url} within {seconds} s")


def pandas(bench):
    import pandas

    experiment = bench.experiment()
    count = 0
    for form in ("csv", "jsonl"):
        to = bench.fresh("tables-" + form)
        bench.nst("export", form, experiment, "--to", to)
        read = pandas.read_csv if form == "csv" else lambda path: pandas.read_json(path, lines=True, precise_float=True)
        tables = {name: read(to / f"{name}.{form}") for name in ("runs", "curves", "long", "measures")}
        require(len(tables["runs"]) == len(runs(experiment)), f"{form}: {len(tables['runs'])} runs")
        curves = tables["curves"]
        require(curves["total"].dtype.kind == "f" and curves["step"].dtype.kind == "i", f"{form}: types {curves.dtypes['total']}, {curves.dtypes['step']}")
        for run in runs(experiment):
            mine = curves[curves["run"] == run.name].sort_values("step")
            require(list(mine["total"]) == [float(r["total"]) for r in metrics(run)], f"{form}: totals of {run.name}")
        count += sum(len(t) for t in tables.values())
    return f"8 tables, {count} rows; numbers are numbers, and totals are exactly those of metrics.csv (`read_json` needs `precise_float=True` for that)"


def dvc(bench):
    experiment, to = bench.experiment(), bench.fresh("dvc")
    bench.nst("export", "csv", experiment, "--to", to)
    tool = bench.bin / "dvc"
    bench.call(tool, "init", "--no-scm", "--quiet", cwd=to)
    shown = json.loads(bench.call(tool, "metrics", "show", "--json", "metrics.json", cwd=to))
    text = json.dumps(shown)
    require(all(run.name in text for run in runs(experiment)), f"metrics of some runs are missing: {text[:300]}")
    bench.call(tool, "plots", "show", "curves.csv", "-x", "step", "-y", "total", cwd=to)
    pages = list(to.rglob("index.html"))
    require(len(pages) == 1 and "total" in pages[0].read_text(), "no plot")
    return f"metrics of {len(runs(experiment))} runs; a plot of total over step"


def jupyterlab(bench):
    env = dict(os.environ, NBCONVERT=str(bench.bin / "jupyter-nbconvert"), PATH=f"{bench.bin}{os.pathsep}{os.environ['PATH']}")
    bench.call("make", "kernel", cwd=bench.root)
    out = bench.call("notebooks/check.sh", cwd=bench.root, env=env)
    good = re.findall(r"good, (\d+) pictures", out)
    return f"{len(good)} notebooks, {sum(map(int, good))} pictures, no cell failed"


def wandb(bench):
    """Offline runs: wandb's own reader, and what wandb sync would send."""
    experiment, to = bench.experiment(), bench.fresh("wandb")
    bench.nst("export", "wandb", experiment, "--to", to)
    bench.nst("export", "wandb", experiment, "--to", to)
    tool, steps, pictures = bench.bin / "wandb", 0, 0
    files = sorted(to.glob("wandb/offline-run-*/run-*.wandb"))
    require(len(files) == len(runs(experiment)), f"{len(files)} offline runs")
    for run in runs(experiment):
        identity = json.loads((run / "run.json").read_text())["id"][:16]
        (file,) = [f for f in files if identity in f.name]
        shown = bench.call(tool, "leet", "inspect", "--summary", file)
        require(f"run      {run.name} ({identity})" in shown and "finished (exit code 0)" in shown, shown[:300])
        records = [json.loads(line) for line in bench.call(tool, "leet", "inspect", "--json", file).splitlines() if line.strip()]
        history = [h for h in map(history_of, records) if h]
        got = [(h["_step"], h["total"]) for h in history if "total" in h]
        require(got == [(int(r["step"]), float(r["total"])) for r in metrics(run)], f"totals of {run.name}: {got[:3]}…")
        for h in history:
            if "image" in h:
                require((file.parent / "files" / h["image"]["path"]).is_file(), f"no file {h['image']['path']}")
                pictures += 1
        steps += len(got)
    told = subprocess.run([str(tool), "sync", "--dry-run"], cwd=to, capture_output=True, text=True)
    require(f"Would sync {len(files)} run" in told.stdout + told.stderr, told.stderr)
    return f"{len(files)} offline runs: `wandb leet inspect` shows {steps} steps with the totals of metrics.csv, and {pictures} pictures; `wandb sync --dry-run` would send all"


def history_of(record):
    """The values of a record of history."""
    return record["history"]["item"] if record.get("type") == "history" else None


def r(bench):
    """R reads the tables as CSV, with types and totals."""
    tool = shutil.which("Rscript")
    if not tool:
        raise Left("R is not installed (Debian: apt-get install --no-install-recommends r-base-core)")
    experiment, to = bench.experiment(), bench.fresh("tables-r")
    bench.nst("export", "csv", experiment, "--to", to)
    program = '''
        d <- commandArgs(TRUE)[1]
        t <- lapply(c("runs", "curves", "long", "measures"), function(n) read.csv(file.path(d, paste0(n, ".csv")), check.names = FALSE))
        stopifnot(is.numeric(t[[2]]$total), is.integer(t[[2]]$step), is.numeric(t[[3]]$value), is.numeric(t[[4]]$value))
        cat(R.version.string, nrow(t[[1]]), nrow(t[[2]]), nrow(t[[3]]), nrow(t[[4]]), "", sep = "\\n")
        cat(sprintf("%s %d %.17g", t[[2]]$run, t[[2]]$step, t[[2]]$total), sep = "\\n")
    '''
    version, *lines = bench.call(tool, "-e", program.replace("\\\\n", "\\n"), to).splitlines()
    counts, rows = lines[:4], [l.rsplit(" ", 2) for l in lines[4:] if l]
    for run in runs(experiment):
        got = [(int(step), float(total)) for name, step, total in rows if name == run.name]
        require(got == [(int(x["step"]), float(x["total"])) for x in metrics(run)], f"totals of {run.name}: {got[:3]}…")
    return f"{version}: 4 tables, {sum(map(int, counts))} rows; numbers are numbers, and totals are exactly those of metrics.csv"
