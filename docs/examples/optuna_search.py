#!/usr/bin/env python3
"""Optuna chooses the trials, nst makes them.

    optuna_search.py NST CONFIG RESULTS TRIALS

CONFIG is a search with method = "ask" and maximize = "told". The value of a trial is
computed here, from its measures: the style's, less a penalty for lost content. Needs
Optuna 3 (Debian: python3-optuna).
"""
import json
import os
import subprocess
import sys

import optuna

nst, config, results, trials = sys.argv[1:5]
optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
asking = subprocess.Popen([nst, "ask", config, "--results", results], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def ask(values):
    asking.stdin.write(json.dumps({"values": values, "origin": "optuna"}) + "\n")
    asking.stdin.flush()
    return json.loads(asking.stdout.readline())


told = []
for _ in range(int(trials)):
    trial = study.ask()
    run = ask({
        "loss.style.weight": trial.suggest_float("style", 1, 1000, log=True),
        "schedule.rate": trial.suggest_categorical("rate", [0.01, 0.03, 0.1]),
    })
    measures = run["measures"]
    value = measures["gram_cosine"] - 2 * max(0, 0.7 - measures["content_cosine"])
    study.tell(trial, value)
    told.append({"trial": run["trial"], "value": value, "from": "optuna"})
asking.stdin.close()
if asking.wait() != 0:
    sys.exit(asking.returncode)
directory = os.path.dirname(run["dir"])
lines = "".join(json.dumps(t) + "\n" for t in told)
subprocess.run([nst, "tell", directory], input=lines, text=True, check=True, stdout=subprocess.DEVNULL)
print(f"best: {study.best_value:.4f} with {study.best_params}")
