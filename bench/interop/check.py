"""Holds the workbench's files and numbers to the real tools, and writes docs/interop.md.

Each check is a function: it returns a sentence with what it found, raises Left where it
cannot run here, and raises anything else where the tool and the workbench disagree.
Run it with run.sh. With --packages before the names of checks it prints what they need.
"""

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import time
import traceback

import networks
import tools

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "bin" / "interop"

# Name, packages that it needs, what is checked, the function.
CHECKS = [
    ("tensorboard", ["tensorboard"], "event files", tools.tensorboard),
    ("mlflow", ["mlflow"], "export to its own server, twice", tools.mlflow),
    ("pandas", ["pandas"], "the tables as CSV and JSON Lines", tools.pandas),
    ("dvc", ["dvc"], "`dvc metrics show` and `dvc plots show`", tools.dvc),
    ("r", [], "the tables as CSV", tools.r),
    ("wandb", ["wandb"], "export as offline runs", tools.wandb),
    ("safetensors", ["safetensors", "numpy", "torch"], "weight files that it writes", networks.safetensors),
    ("torch", ["torch", "numpy", "safetensors"], "weight files that `torch.save` writes", networks.torch),
    ("keras-files", ["keras", "h5py", "tensorflow-cpu", "safetensors"], "weight files that Keras writes", networks.keras_files),
    ("keras-example", ["keras", "tensorflow-cpu", "safetensors"], "losses of the Keras example and `preset:keras`", networks.keras_example),
    ("tensorflow-tutorial", ["keras", "tensorflow-cpu", "safetensors"], "losses of the TensorFlow tutorial and `preset:tensorflow`", networks.tensorflow_tutorial),
    ("jupyterlab", ["jupyterlab", "nbconvert"], "all notebooks", tools.jupyterlab),
]


class Bench:
    """What checks share: the command, the environment's programs, and a small experiment."""

    def __init__(self):
        self.root, self.work = ROOT, WORK
        self.results = WORK / "results"
        self.pictures = None  # of the published systems; None: those of configs
        self.bin = pathlib.Path(sys.executable).parent

    def nst(self, *args):
        return self.call(ROOT / "bin" / "nst", *args)

    def call(self, *args, **options):
        done = subprocess.run([str(a) for a in args], capture_output=True, text=True, **options)
        if done.returncode != 0:
            raise RuntimeError(f"{pathlib.Path(str(args[0])).name} {' '.join(map(str, args[1:]))}: exit status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def experiment(self):
        """The quickstart with small pictures: six runs."""
        self.nst("sweep", ROOT / "configs" / "quickstart.toml", "--set", "images.size=48", "--set", "run.steps=12", "--results", self.results)
        return self.results / "quickstart"

    def fresh(self, name):
        shutil.rmtree(WORK / name, ignore_errors=True)
        return WORK / name


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def main():
    listing = sys.argv[1:2] == ["--packages"]
    chosen = sys.argv[1 + listing :]
    unknown = set(chosen) - {c[0] for c in CHECKS}
    if unknown:
        sys.exit(f"interop: no check is named {', '.join(sorted(unknown))}; there are {', '.join(c[0] for c in CHECKS)}")
    if listing:
        print(*{p for name, packages, _, _ in CHECKS if name in chosen for p in packages})
        return
    WORK.mkdir(parents=True, exist_ok=True)
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    bench, failed = Bench(), False
    for name, packages, what, check in CHECKS:
        if chosen and name not in chosen:
            continue
        began = time.time()
        try:
            verdict, text = "agrees", check(bench)
        except tools.Left as e:
            verdict, text = "left out", str(e)
        except Exception as e:
            verdict, text, failed = "DISAGREES", str(e).strip() or type(e).__name__, True
            traceback.print_exc()
        versions = ", ".join(f"{p} {version(p)}" for p in packages) or name.upper()
        print(f"{verdict:9}  {name} ({versions}), {time.time() - began:.0f} s: {text}", flush=True)
        record([versions, what, verdict, text, f"{datetime.date.today():%-d %B %Y}"])
    sys.exit(1 if failed else 0)


PAGE = ROOT / "docs" / "interop.md"


def kept():
    """The rows of the page by what they check, with the results of earlier runs."""
    rows = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines() if PAGE.is_file() else []:
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 5:
            rows[cells[1]] = cells
    return rows


def record(row):
    """Writes the page with a check's result and the earlier ones of the others."""
    row[3] = " ".join(row[3].split()).replace("|", "\\|")[:1200]
    rows = kept() | {row[1]: row}
    lines = [
        "# Beside the real tools",
        "",
        "`make interop` runs our exports, weight readers, presets and notebooks against the real programs, in a virtual environment with the",
        "versions that `bench/interop/requirements.txt` pins, and writes this page. Without PyPI it exits with status 3.",
        "",
        "Where the Keras example shrinks a picture, Pillow's nearest pixel is another one than ours wherever the middle of a new pixel lies exactly",
        "between two old ones: Pillow adds up coordinates, and rounding decides. Of the content's rows at the published size these are 14 of 400,",
        "and the loss of the first step differed by 0.06 %, probably for this reason. The check gives both the pictures that Pillow resized.",
        "",
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}.",
        "",
        "| tool | what | | result | on |",
        "|---|---|---|---|---|",
    ]
    for _, packages, what, _ in CHECKS:
        lines.append("| " + " | ".join(rows.get(what, [", ".join(packages), what, "not run", "", ""])) + " |")
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
