#!/usr/bin/env python3
"""Writes trajectories.json, linesearch.json and schedules.json: what torch's optimisers,
L-BFGS' line search and lr_scheduler do on functions with known minima. Written with torch 1.13.1 (Debian's
python3-torch); run it in this directory:  /usr/bin/python3 generate.py

x is float32, as in style transfer. The objective is computed in float64 from it
and the gradient rounded to float32, so that another language gets the same bits
and only the optimiser's own arithmetic is compared. L-BFGS runs with max_iter=1:
one iteration a step. x is recorded before each step, with the loss there.

Every case also runs in float64 altogether. How far that trajectory lies from the
float32 one is the "spread" of a row: what torch's own rounding leaves undecided
there. Most cases stay at 1e-7; L-BFGS in a curved valley amplifies a last bit a
thousandfold within 20 steps. A case ends where its spread passes 1e-4.
"""
import json
import math
import torch
from torch.optim.lbfgs import _strong_wolfe

torch.set_num_threads(1)

CURVATURE = [1.0, 2.0, 4.0, 7.0, 12.0, 20.0]
CENTRE = [1.0, -2.0, 0.5, 3.0, -1.0, 0.25]


def quadratic(x):
    c = torch.tensor(CURVATURE, dtype=torch.float64)
    m = torch.tensor(CENTRE, dtype=torch.float64)
    return 1 + (c * (x - m) ** 2).sum() / 2


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def beale(x):
    a, b = x[0], x[1]
    return (1.5 - a + a * b) ** 2 + (2.25 - a + a * b ** 2) ** 2 + (2.625 - a + a * b ** 3) ** 2


FUNCTIONS = {"quadratic": quadratic, "rosenbrock": rosenbrock, "beale": beale}
START = {"quadratic": [0.0] * 6, "rosenbrock": [-1.2, 1.0], "beale": [1.0, 0.5]}


def points(function, make, steps, dtype):
    x = torch.tensor(START[function], dtype=torch.float32).to(dtype).requires_grad_()
    opt = make([x])
    evaluations = 0

    def closure():
        nonlocal evaluations
        evaluations += 1
        opt.zero_grad()
        loss = FUNCTIONS[function](x.double())
        loss.backward()
        return loss

    for _ in range(steps):
        before = x.detach().clone()
        loss = opt.step(closure)
        yield before, loss.item(), evaluations


def run(function, make, steps):
    rows, count = [], 0
    for (x, loss, n), (wide, wide_loss, m) in zip(points(function, make, steps, torch.float32),
                                                  points(function, make, steps, torch.float64)):
        spread = ((x.double() - wide).norm() / wide.norm()).item() if wide.norm() > 0 else 0.0
        spread = max(spread, abs(loss - wide_loss) / (abs(wide_loss) + 1e-3 * FUNCTIONS[function](
            torch.tensor(START[function])).item()))
        if spread > 1e-4 or n != m:
            break
        rows.append({"x": x.tolist(), "loss": loss, "spread": float("%.1e" % spread)})
        count = n
    print(len(rows), "of", steps, "steps, spread", max(r["spread"] for r in rows), end="  ")
    return {"rows": rows, "evaluations": count}


O = torch.optim
CASES = [
    # name, function, option fields of ours, rate, torch's optimiser
    ("sgd", "quadratic", {}, 0.04, lambda p: O.SGD(p, 0.04)),
    ("sgd-rosenbrock", "rosenbrock", {}, 1e-3, lambda p: O.SGD(p, 1e-3)),
    ("sgd-momentum", "quadratic", {"Momentum": 0.9}, 0.02, lambda p: O.SGD(p, 0.02, momentum=0.9)),
    ("sgd-momentum-beale", "beale", {"Momentum": 0.8}, 0.01, lambda p: O.SGD(p, 0.01, momentum=0.8)),
    ("sgd-dampening", "quadratic", {"Momentum": 0.9, "Dampening": 0.5}, 0.05,
     lambda p: O.SGD(p, 0.05, momentum=0.9, dampening=0.5)),
    ("sgd-nesterov", "beale", {"Momentum": 0.9, "Nesterov": True}, 0.01,
     lambda p: O.SGD(p, 0.01, momentum=0.9, nesterov=True)),
    ("adam", "rosenbrock", {}, 0.05, lambda p: O.Adam(p, 0.05)),
    ("adam-tensorflow-tutorial", "beale", {"Beta1": 0.99, "Epsilon": 0.1}, 0.02,
     lambda p: O.Adam(p, 0.02, betas=(0.99, 0.999), eps=0.1)),
    ("adam-betas", "quadratic", {"Beta1": 0.5, "Beta2": 0.9}, 0.1,
     lambda p: O.Adam(p, 0.1, betas=(0.5, 0.9))),
    ("rmsprop", "rosenbrock", {}, 0.01, lambda p: O.RMSprop(p, 0.01)),
    ("rmsprop-alpha-epsilon", "quadratic", {"Alpha": 0.9, "Epsilon": 1e-3}, 0.05,
     lambda p: O.RMSprop(p, 0.05, alpha=0.9, eps=1e-3)),
    ("rmsprop-momentum", "beale", {"Momentum": 0.9}, 1e-3, lambda p: O.RMSprop(p, 1e-3, momentum=0.9)),
    ("rmsprop-centered", "quadratic", {"Centered": True}, 0.01, lambda p: O.RMSprop(p, 0.01, centered=True)),
    ("rmsprop-centered-momentum", "quadratic", {"Centered": True, "Momentum": 0.5}, 0.01,
     lambda p: O.RMSprop(p, 0.01, centered=True, momentum=0.5)),
]
for name, function, options, rate, steps, kw in [
    ("lbfgs", "quadratic", {"History": 100}, 1, 12, {}),
    ("lbfgs-short-history", "quadratic", {"History": 2}, 1, 14, {"history_size": 2}),
    ("lbfgs-rate", "quadratic", {"History": 100}, 0.5, 14, {}),
    ("lbfgs-rosenbrock", "rosenbrock", {"History": 5}, 0.3, 30, {"history_size": 5}),
    ("lbfgs-beale", "beale", {"History": 3}, 0.5, 22, {"history_size": 3}),
    ("lbfgs-wolfe", "quadratic", {"History": 100, "LineSearch": "strong-wolfe"}, 1, 12, {}),
    ("lbfgs-wolfe-rosenbrock", "rosenbrock", {"History": 100, "LineSearch": "strong-wolfe"}, 1, 30, {}),
    ("lbfgs-wolfe-beale", "beale", {"History": 4, "LineSearch": "strong-wolfe"}, 1, 10, {"history_size": 4}),
    ("lbfgs-wolfe-long-first-step", "quadratic", {"History": 100, "LineSearch": "strong-wolfe"}, 50, 6, {}),
    ("lbfgs-wolfe-short-first-step", "beale", {"History": 100, "LineSearch": "strong-wolfe"}, 0.02, 10, {}),
]:
    if options.get("LineSearch"):
        kw = dict(kw, line_search_fn="strong_wolfe")
    CASES.append((name, function, options, rate,
                  (steps, lambda p, rate=rate, kw=kw: O.LBFGS(p, rate, max_iter=1, max_eval=1000, **kw))))

out = []
for name, function, options, rate, make in CASES:
    steps = 30
    if isinstance(make, tuple):
        steps, make = make
    result = run(function, make, steps)
    print(name)
    kind = {"sgd": "SGD", "adam": "Adam", "rmsprop": "RMSProp", "lbfgs": "LBFGS"}[name.split("-")[0]]
    out.append({"name": name, "optimizer": kind, "function": function, "options": options, "rate": rate, **result})


def write(path, cases, rows):
    """One row a line: short differences."""
    with open(path, "w") as f:
        f.write("[\n")
        for i, c in enumerate(cases):
            data = c.pop(rows)
            f.write(json.dumps(c)[:-1] + f', "{rows}": [\n')
            f.write(",\n".join(json.dumps(r) for r in data))
            f.write("]}" + (",\n" if i + 1 < len(cases) else "\n"))
        f.write("]\n")


write("trajectories.json", out, "rows")

# The line search alone, in one dimension, on the functions of More and Thuente 1994
# (5.1 to 5.3), from x = 0 along d = 1, with first steps far too short and far too long.
def mt1(a):
    return -a / (a ** 2 + 2)


def mt2(a):
    return (a + 0.004) ** 5 - 2 * (a + 0.004) ** 4


def mt3(a):
    beta, l = 0.01, 39
    if a <= 1 - beta:
        base = 1 - a
    elif a >= 1 + beta:
        base = a - 1
    else:
        base = (a - 1) ** 2 / (2 * beta) + beta / 2
    return base + 2 * (1 - beta) / (l * math.pi) * torch.sin(l * math.pi / 2 * a)


def search(f, first, limit):
    trials = []

    def objective(x, t, d):
        trials.append(float(t))
        p = (x.float() + float(t) * d.float()).double().requires_grad_()
        loss = f(p[0])
        loss.backward()
        return loss.item(), p.grad.detach().float().double()

    d = torch.ones(1, dtype=torch.float64)
    x = torch.zeros(1, dtype=torch.float64)
    loss, g = objective(x, 0.0, d)
    trials.clear()
    loss, _, t, n = _strong_wolfe(objective, x, first, d, loss, g, g.dot(d), max_ls=limit)
    return {"t": float(t), "loss": loss, "trials": trials}


searches = [{"name": f.__name__, "first": first, "limit": limit, **search(f, first, limit)}
            for f in (mt1, mt2, mt3) for limit in (25, 3) for first in (1e-3, 0.1, 1.0, 3.0, 10.0, 1e3)]
write("linesearch.json", searches, "trials")

S = torch.optim.lr_scheduler


def rates(initial, make, steps=60):
    p = torch.zeros(1, requires_grad=True)
    opt = O.SGD([p], initial)
    s = make(opt)
    values = []
    for _ in range(steps):
        values.append(opt.param_groups[0]["lr"])
        opt.step()
        s.step()
    return values


schedules = [
    {"name": "constant", "rates": rates(3.0, lambda o: S.ConstantLR(o, factor=1, total_iters=1))},
    {"name": "exponential", "rates": rates(2.0, lambda o: S.ExponentialLR(o, 0.9))},
    # The lecture's 100 x 0.96^(step/100).
    {"name": "lecture", "rates": rates(100.0, lambda o: S.LambdaLR(o, lambda t: 0.96 ** (t / 100)))},
    {"name": "staircase", "rates": rates(100.0, lambda o: S.LambdaLR(o, lambda t: 0.96 ** (t // 7)))},
    {"name": "step", "rates": rates(0.5, lambda o: S.StepLR(o, 13, 0.3))},
    {"name": "piecewise", "rates": rates(1.0, lambda o: S.MultiStepLR(o, [5, 20, 21], 0.5))},
    {"name": "cosine", "rates": rates(1.5, lambda o: S.CosineAnnealingLR(o, 59, 0.25))},
    {"name": "warmup", "rates": rates(2.0, lambda o: S.SequentialLR(o, [
        S.LinearLR(o, start_factor=0.1, end_factor=1.0, total_iters=9),
        S.ExponentialLR(o, 0.9)], [10]))},
]
# torch's warm-up reaches the rate at step 9 and its successor starts at step 10, as ours with Steps = 10.
write("schedules.json", schedules, "rates")
