"""The polynomial `fourSteps` of nst/roots.go: it replaces the product of the factors of four steps of
Newton and Schulz' iteration. Needs NumPy and SciPy:

    python3 nst/testdata/roots/generate.py

With x an eigenvalue of W, a step is z <- z t, x <- x t^2, t = (3 - x)/2. After the polynomial at least four
steps follow, and forget its error where x has come close to 1 anyway. A linear program finds the
polynomial of degree 6 with the least error that is left after them, among those that
 - are exact at 0,
 - bring no x of [0, 1.1] above 1.08, so that the polynomial can follow itself,
 - bring every x above 0.16 above 0.8.
"""

import numpy as np
from scipy.optimize import linprog

END, TOP, BOTTOM, DEGREE, STEPS, AFTER = 1.1, 1.08, 0.8, 6, 4, 4


def steps(x, n):
    z = np.ones_like(x)
    for _ in range(n):
        t = (3 - x) / 2
        x, z = x * t * t, z * t
    return x, z


def basis(x):
    return np.polynomial.chebyshev.chebvander(2 * x / END - 1, DEGREE)


def left(x):
    """What is left of a relative error of x after the last steps: d ln x_after / d ln x."""
    h = 1e-6
    return (np.log(steps(x * np.exp(h), AFTER)[0]) - np.log(steps(x * np.exp(-h), AFTER)[0])) / (2 * h)


def find():
    x = np.geomspace(1e-6, 1, 900)
    after, z = steps(x, STEPS)
    weight = np.abs(left(after))
    error = basis(x) * (weight / z)[:, None]
    x = np.linspace(0.02, END, 900)
    size = basis(x) * np.sqrt(x)[:, None]
    large, ones = x >= 0.16, np.ones
    rows = [np.c_[error, -ones(900)], np.c_[-error, -ones(900)], np.c_[size, 0 * x], np.c_[-size[large], 0 * x[large]]]
    ends = [weight, -weight, np.full(900, TOP**0.5), np.full(large.sum(), -(BOTTOM**0.5))]
    zero = basis(np.zeros(1))[0]
    found = linprog([0] * (DEGREE + 1) + [1], A_ub=np.vstack(rows), b_ub=np.concatenate(ends), A_eq=[np.r_[zero, 0]],
                    b_eq=[1.5**STEPS], bounds=[(None, None)] * (DEGREE + 1) + [(0, None)])
    c = found.x[:-1].round(7)
    c[0] = round(c[0] + 1.5**STEPS - zero @ c, 7)
    return c


c = find()
print("fourSteps:", ", ".join(map(str, c)))
for n in (8, 12, 16):
    x = start = np.r_[np.geomspace(1e-12, 1, 20000)]
    z = np.ones_like(x)
    for _ in range((n - AFTER) // STEPS):
        p = basis(x) @ c
        x, z = x * p * p, z * p
    z = z * steps(x, AFTER)[1]
    print(n, "steps: largest relative difference %.1e" % np.abs(z / steps(start, n)[1] - 1).max())
