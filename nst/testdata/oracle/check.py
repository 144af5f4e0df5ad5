#!/usr/bin/env python3
"""Doubts the goldens: computes losses again without PyTorch and without
reference.py, from the JSON alone, and every gradient by central differences.

Only NumPy in float64; sums and formulas are written another way on purpose.
"""
import base64
import functools
import json
import math
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
KINDS = ("content", "gram", "covariance", "correlation", "variation")  # what is computed again; Go's differences check the others


@functools.lru_cache(maxsize=None)
def random24(name, count):
    seed = 14695981039346656037
    for byte in name.encode():
        seed = (seed ^ byte) * 1099511628211 % 2**64
    numbers = []
    for i in range(count):  # splitmix64 as Steele, Lea and Flood wrote it: state += gamma, then mix
        seed = (seed + 0x9E3779B97F4A7C15) % 2**64
        z = seed
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        numbers.append((z ^ z >> 31) >> 40)
    return np.array(numbers, dtype=float)


def picture(spec):
    name, h, w = spec["name"], spec["height"], spec["width"]
    tint = [2 + 2 * (int(v) >> 21) for v in random24(name + "/tint", 3)]
    x = np.zeros((3, h, w), np.float32)
    if name.startswith("flat"):
        for c in range(3):
            x[c] = 4 * (2**22 + 12345) * tint[c] / 2**30
        return x.astype(float)
    fine, coarse = random24(name + "/fine", 3 * h * w), random24(name + "/coarse", 3 * -(-h // 4) * -(-w // 4))
    for c in range(3):
        for i in range(h):
            for j in range(w):
                cell = coarse[(c * -(-h // 4) + i // 4) * -(-w // 4) + j // 4]
                x[c, i, j] = (3 * cell + fine[(c * h + i) * w + j]) * tint[c] / 2**30
    return x.astype(float)


@functools.lru_cache(maxsize=None)
def convolution(network, filters, layer, out, cin, size):
    a = math.sqrt(6 / (cin * size * size))
    w = np.float32((random24(f"{network}/{layer}/weight", out * cin * size**2) / 2**23 - 1) * a).astype(float)
    b = np.float32((random24(f"{network}/{layer}/bias", out) / 2**23 - 1) * 0.5).astype(float)
    w = w.reshape(out, cin, size, size)
    for o in range(1, out, 3):
        if filters == "dead":
            b[o] = -1e5
        if filters == "constant":
            w[o], b[o] = 0, np.float32(0.3)
    return w, b


def correlate(x, w, b, mode):
    """Cross-correlation as a sum over the window's positions."""
    r = w.shape[-1] // 2
    p = np.pad(x, ((0, 0), (r, r), (r, r)), mode={"zero": "constant", "replicate": "edge", "reflect": "reflect"}[mode])
    h, wd = x.shape[1:]
    y = np.repeat(b, h * wd).reshape(-1, h, wd)
    for i in range(w.shape[-1]):
        for j in range(w.shape[-1]):
            y = y + np.einsum("oc,chw->ohw", w[:, :, i, j], p[:, i:i + h, j:j + wd])
    return y


def pooled(x, net):
    h, w = x.shape[1] // 2, x.shape[2] // 2
    four = x[:, :2 * h, :2 * w].reshape(-1, h, 2, w, 2)
    y = {"max": lambda: four.max((2, 4)), "average": lambda: four.mean((2, 4)),
         "l2": lambda: np.sqrt(np.square(four).sum((2, 4)))}[net.get("pooling", "max")]()
    return net.get("pool_scale", 1) * y


def halved(x):
    kernel = np.array([1, 4, 6, 4, 1]) / 16
    for axis in (1, 2):
        n = x.shape[axis]
        x = sum(kernel[k] * np.take(x, np.clip(np.arange(0, n, 2) + k - 2, 0, n - 1), axis) for k in range(5))
    return x


def maps(net, x):
    found = {}
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    if net["name"] == "pyramid":
        y = np.stack([(x[c] - mean[c]) * 4 for c in range(3)])
        for level in range(1, net["levels"] + 1):
            if level > 1:
                y = halved(y)
            w, b = convolution("pyramid", "", f"scale{level}", net["filter_count"], 3, net["filter_size"])
            found[f"scale{level}_conv"] = f = correlate(y, w, b, "replicate")
            found[f"scale{level}"] = np.maximum(f, 0)
        return found
    if net.get("preprocess") == "torchvision":
        y = np.stack([(x[c] - mean[c]) / std[c] for c in range(3)])
    else:
        y = np.stack([255 * x[2] - 103.939, 255 * x[1] - 116.779, 255 * x[0] - 123.68])
    depth = 4 if net["name"] == "vgg19" else 3
    for block, (full, count) in enumerate(((64, 2), (128, 2), (256, depth), (512, depth), (512, depth)), 1):
        for i in range(1, count + 1):
            if net.get("padding") == "reflect" and min(y.shape[1:]) < 2:
                return found  # nothing to mirror
            w, b = convolution(net["name"], net.get("filters"), f"conv{block}_{i}", round(full * net["width"]), len(y), 3)
            found[f"conv{block}_{i}"] = y = correlate(y, w, b, net.get("padding", "zero"))
            found[f"relu{block}_{i}"] = y = np.maximum(y, 0)
        if min(y.shape[1:]) < 2:
            return found
        found[f"pool{block}"] = y = pooled(y, net)
    return found


def second_moments(f):
    return np.einsum("ihw,jhw->ij", f, f)


def described(term, f):
    n, m = len(f), f[0].size
    if term["kind"] == "gram":
        by = {"gatys": "m", "keras": "raw"}.get(term["reduce"], term["normalize"])
        return second_moments(f) / {"raw": 1, "m": m, "nm": n * m}[by]
    mean = f.mean((1, 2))
    c = second_moments(f - mean[:, None, None]) / m
    if term["kind"] == "covariance":
        return c
    extra = 1e-3 * np.square(f).mean() + 1e-30
    r = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            r[i, j] = c[i, j] / math.sqrt((c[i, i] + extra) * (c[j, j] + extra))
    return r


def part(term, layer, x, f, targets):
    if term["kind"] == "content":
        p, f = maps_of(term, targets, 0)[layer], f[layer]
        d = np.linalg.norm(f - p) ** 2
        return d * {"sum": 1, "half": 0.5, "mean": 1 / f.size, "root": 0.5 / math.sqrt(f.size),
                    "relative": 1 / np.linalg.norm(p) ** 2}[term["reduce"]]
    weights = np.array([t["weight"] for t in term["targets"]])
    weights /= weights.sum()
    aim = sum(w * described(term, maps_of(term, targets, k)[layer]) for k, w in enumerate(weights))
    d = np.linalg.norm(described(term, f[layer]) - aim) ** 2
    n = len(f[layer])
    return d * {"sum": 1, "mean": 1 / n**2, "relative": 1 / np.linalg.norm(aim) ** 2,
                "gatys": 1 / (4 * n**2), "keras": 1 / (4 * 9 * x[0].size**2)}[term["reduce"]]


def maps_of(term, targets, k):
    return targets[id(term), k]


def roughness(term, x):
    total, count = 0, lambda a: a.size if term["reduce"] == "mean" else 1
    if term["variation"] == "power":
        for c in range(3):
            for i in range(x.shape[1] - 1):
                for j in range(x.shape[2] - 1):
                    total += ((x[c, i, j] - x[c, i, j + 1]) ** 2 + (x[c, i, j] - x[c, i + 1, j]) ** 2) ** 1.25
        return total
    for axis in (1, 2):
        d = np.abs(np.diff(x, axis=axis))
        total += (d ** (2 if term["variation"] == "squared" else 1)).sum() / count(d)
    return total


def evaluate(case, x, targets):
    f = maps(case["network"], x)
    parts, total = [], 0
    for t in case["terms"]:
        if t["kind"] == "variation":
            parts.append([roughness(t, x)])
            weights = [1]
        else:
            parts.append([part(t, l["layer"], x, f, targets) for l in t["layers"]])
            weights = [l["weight"] for l in t["layers"]]
        total += t["weight"] * np.dot(weights, parts[-1]) * (-1 if t.get("maximize") else 1)
    return parts, total


def targets_of(case):
    return {(id(t), k): maps(case["network"], picture(s["image"]))
            for t in case["terms"] for k, s in enumerate(t.get("targets", []))}


def floats(text):
    return np.frombuffer(base64.b64decode(text), "<f4").astype(float)


def worse(worst, name, error):
    return max(worst, (error, name))


def check_losses():
    value = slope = (0.0, "")
    for case in json.loads((HERE / "losses.json").read_text()):
        if not all(t["kind"] in KINDS and t.get("variation") != "nine-point" and not {"gradient", "shift", "chain"} & set(t) for t in case["terms"]) \
                or case["network"].get("padding") == "replicate-first":
            continue
        x, targets = picture(case["image"]), targets_of(case)
        parts, total = evaluate(case, x, targets)
        for found, want in zip(sum(parts, []), sum(case["parts"], [])):
            value = worse(value, case["name"], abs(found - want) / abs(want))
        value = worse(value, case["name"], abs(total - case["total"]) / abs(case["total"]))
        g = floats(case["gradient"]).reshape(x.shape)
        for k in range(2):
            # Uphill along the gradient, then along noise: the first is sure to be large.
            d = g / np.abs(g).max() if k == 0 else np.random.default_rng(1).uniform(-1, 1, x.shape)
            h = 1e-7  # small, for between the two points a ReLU may switch
            quotient = (evaluate(case, x + h * d, targets)[1] - evaluate(case, x - h * d, targets)[1]) / (2 * h)
            scale = np.linalg.norm(g) * np.linalg.norm(d)
            slope = worse(slope, case["name"], abs(quotient - (g * d).sum()) / scale)
    print("losses: largest relative difference %.1e (%s)" % value)
    print("gradients against central differences: %.1e (%s)" % slope)
    assert value[0] < 1e-9 and slope[0] < 1e-5


def check_features():
    worst = (0.0, "")
    for case in json.loads((HERE / "features.json").read_text()):
        found = maps(case["network"], picture(case["image"]))
        for m in case["maps"]:
            f = found[m["layer"]]
            assert list(f.shape) == m["shape"], (m["layer"], f.shape)
            flat = f.reshape(-1)
            some = flat[[k * len(flat) // 24 for k in range(24)]]
            norm = np.linalg.norm(flat)
            worst = worse(worst, m["layer"], abs(norm - m["norm"]) / norm)
            worst = worse(worst, m["layer"], np.linalg.norm(some - floats(m["samples"])) / norm)
            for k, want in enumerate(m["projections"]):
                onto = np.float32(random24(f"projection{k}", len(flat)) / 2**23 - 1).astype(float)
                worst = worse(worst, m["layer"], abs(onto @ flat - want) / norm)
    print("features: largest relative difference %.1e (%s)" % worst)
    assert worst[0] < 1e-7  # the samples are kept in float32


if __name__ == "__main__":
    check_features()
    check_losses()
