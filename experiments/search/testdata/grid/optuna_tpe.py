"""optuna_tpe.py TABLE: the best value that Optuna's TPE finds with 40 trials, for ten seeds.

The space and the objective are those of tpe_test.go: weight and rate are numbers in an order,
the other axes have none, and content_cosine is at least 0.75. Made with Optuna 3.1.0
(Debian: python3-optuna).
"""
import csv
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
with open(sys.argv[1]) as f:
    rows = list(csv.DictReader(f))
axes = ["loss.style.weight", "schedule.rate", "loss.content.layers", "start.from"]
table = {tuple(r[a] for a in axes): (float(r["gram_cosine.45"]), float(r["content_cosine.45"])) for r in rows}
values = {a: list(dict.fromkeys(r[a] for r in rows)) for a in axes}


def run(seed):
    def objective(trial):
        key = (
            values[axes[0]][trial.suggest_int("weight", 0, 9)],
            values[axes[1]][trial.suggest_int("rate", 0, 4)],
            trial.suggest_categorical("layers", values[axes[2]]),
            trial.suggest_categorical("start", values[axes[3]]),
        )
        gram, content = table[key]
        trial.set_user_attr("excess", max(0, 0.75 - content))
        return gram

    sampler = optuna.samplers.TPESampler(seed=seed, constraints_func=lambda t: (t.user_attrs["excess"],))
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=40)
    return max(t.value for t in study.trials if t.user_attrs["excess"] == 0)


print("seed,best")
for seed in range(1, 11):
    print(f"{seed},{run(seed)}")
