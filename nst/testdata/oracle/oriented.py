#!/usr/bin/env python3
"""The oriented pyramid once more, from its definition, and its goldens: oriented_features.json
and oriented_losses.json, in the form of features.json and losses.json."""
import math

import torch
import torch.nn.functional as F

import reference
from reference import convolve, downsample, image, preprocess

ANGLES = [math.pi * t / 6 for t in range(6)]
OPPONENT = torch.tensor([[1 / 3, 1 / 3, 1 / 3], [1 / 2, -1 / 2, 0], [1 / 4, 1 / 4, -1 / 2]])


def grid(size):
    r = torch.arange(size) - (size - 1) / 2
    return torch.meshgrid(r, r, indexing="ij")


def gabor(size, angle, sigma, frequency, slant, odd):
    y, x = grid(size)
    u, v = x * math.cos(angle) + y * math.sin(angle), -x * math.sin(angle) + y * math.cos(angle)
    envelope = torch.exp(-(u ** 2 + (slant * v) ** 2) / (2 * sigma ** 2))
    f = envelope * (torch.sin(frequency * u) if odd else torch.cos(frequency * u))
    f = f - envelope * (f.sum() / envelope.sum())
    return f / f.norm()


def first_bank():
    """27 filters: the pairs of each angle in luminance, the angles of the other axes, the Gaussians."""
    shapes = [(0, gabor(7, a, 1.2, 1.9, 0.4, odd)) for a in ANGLES for odd in (False, True)]
    shapes += [(axis, gabor(7, a, 1.2, 1.9, 0.4, False)) for axis in (1, 2) for a in ANGLES]
    y, x = grid(7)
    g = torch.exp(-(x ** 2 + y ** 2) / (2 * 1.2 ** 2))
    shapes += [(axis, g / g.norm()) for axis in range(3)]
    return torch.stack([OPPONENT[axis][:, None, None] * f for axis, f in shapes])


def second_bank():
    """For each of six energies, six filters."""
    bank = torch.zeros(36, 6, 5, 5)
    for energy in range(6):
        for k, a in enumerate(ANGLES):
            bank[6 * energy + k, energy] = gabor(5, a, 1.3, 1.5, 0.6, False)
    return bank


def signs(r):
    """relu(r) and relu(-r), one after the other."""
    return torch.stack([F.relu(r), F.relu(-r)], 2).flatten(1, 2)


def energies(r):
    pairs = r[:, :12].reshape(1, 6, 2, *r.shape[2:])
    return F.avg_pool2d(((pairs ** 2).sum(2) + 0.01).sqrt(), 2)


def calibrate(responses):
    """Scale and shift for mean 0 and variance 1 over the images, with the floor."""
    flat = [r[0].flatten(1) for r in responses]
    mean = sum(f.mean(1) for f in flat) / len(flat)
    deviation = (sum((f ** 2).mean(1) for f in flat) / len(flat) - mean ** 2).clamp_min(0).sqrt()
    deviation = torch.maximum(deviation, 0.1 * deviation.mean())
    return lambda r: (r - mean[:, None, None]) / deviation[:, None, None]


def pyramids(net, x):
    levels = [preprocess("pyramid", x)]
    for _ in range(net["levels"] - 1):
        levels.append(downsample(levels[-1]))
    return levels


CALIBRATED = [{"name": "photo", "height": 27, "width": 35}, {"name": "painting", "height": 41, "width": 29}]
fitted = {}


def fit(net):
    """The calibrations of each level, for the two images above."""
    if net["levels"] not in fitted:
        images = [pyramids(net, image(s)) for s in CALIBRATED]
        fitted[net["levels"]] = []
        for level in zip(*images):
            first = calibrate([convolve(y, first_bank(), None, "replicate") for y in level])
            e = [energies(first(convolve(y, first_bank(), None, "replicate"))) for y in level]
            small = any(min(m.shape[2:]) < 1 for m in e)
            second = None if small else calibrate([convolve(m, second_bank(), None, "replicate") for m in e])
            fitted[net["levels"]].append((first, second))
    return fitted[net["levels"]]


def features(net, x):
    if net["name"] != "oriented":
        return plain(net, x)
    out = {}
    for i, (y, (first, second)) in enumerate(zip(pyramids(net, x), fit(net))):
        r = first(convolve(y, first_bank(), None, "replicate"))
        out[f"scale{i + 1}_conv"], out[f"scale{i + 1}"] = r, signs(r)
        if second is not None and min(r.shape[2:]) > 1:
            s = second(convolve(energies(r), second_bank(), None, "replicate"))
            out[f"second{i + 1}_conv"], out[f"second{i + 1}"] = s, signs(s)
    return out


def centred(f):
    return f - f.mean((2, 3), keepdim=True)


def average(f):
    return F.avg_pool2d(f, 2)


def common(f, g):
    h, w = min(f.shape[2], g.shape[2]), min(f.shape[3], g.shape[3])
    f, g = f[0, :, :h, :w].flatten(1), g[0, :, :h, :w].flatten(1)
    return f @ g.T / f.shape[1]


def cross(f, g):
    """Covariances of the maps of two layers. The layers halve the image, so sizes tell how often to average."""
    while f.shape[2] > g.shape[2] + 1 or f.shape[3] > g.shape[3] + 1:
        f = average(f)
    while g.shape[2] > f.shape[2] + 1 or g.shape[3] > f.shape[3] + 1:
        g = average(g)
    return common(centred(f), centred(g))


def shifted(f, dy, dx):
    h, w = f.shape[2:]
    here, there = f[:, :, :h - dy, max(0, -dx):w - max(0, dx)], f[:, :, dy:, max(0, dx):w + min(0, dx)]
    return common(here, there)


def reduced(reduce, a, b):
    d = ((a - b) ** 2).sum()
    return {"sum": d, "mean": d / a.numel(), "relative": d / (b ** 2).sum()}[reduce]


def between(term, x, f, targets, weights, layer):
    """One part of the losses between layers, between positions, and of means and covariances."""
    def distance(statistic):
        aim = sum(w * statistic(t) for w, t in zip(weights, targets))
        return reduced(term["reduce"], statistic(f), aim)

    if term["kind"] == "cross-scale":
        there = term["with"][[l["layer"] for l in term["layers"]].index(layer)]
        return distance(lambda m: cross(m[layer], m[there]))
    if term["kind"] == "means":
        return distance(lambda m: reference.covariance(m[layer])) + distance(lambda m: m[layer].mean((0, 2, 3)))
    pool = min(f[layer].shape[2:]) > 24
    sizes = [(average(m[layer]) if pool else m[layer]).shape[2:] for m in [f] + targets]
    dy, dx = min(2, min(s[0] for s in sizes) - 1), min(2, min(s[1] for s in sizes) - 1)

    def at(step):
        return lambda m: shifted(centred(average(m[layer]) if pool else m[layer]), *step)

    return sum(distance(at(step)) for step in ((0, dx), (dy, 0), (dy, dx), (dy, -dx))) / 4


class Objective(reference.Objective):
    def parts(self, x):
        f = features(self.net, x)
        kinds = ("cross-scale", "shifted", "means")
        rest = [(t, s) for t, s in zip(self.terms, self.targets) if t["kind"] not in kinds]
        plain = iter(self.plain(x, rest))
        result = []
        for t, targets in zip(self.terms, self.targets):
            if t["kind"] not in kinds:
                result.append(next(plain))
                continue
            total = sum(s["weight"] for s in t["targets"])
            shares = [s["weight"] / total for s in t["targets"]]
            result.append([between(t, x, f, targets, shares, l["layer"]) for l in t["layers"]])
        return result

    def plain(self, x, rest):
        if not rest:
            return []
        other = reference.Objective(self.net, [])
        other.terms, other.targets = [t for t, _ in rest], [s for _, s in rest]
        return other.parts(x)


plain, reference.features = reference.features, features

import generate  # noqa: E402  after the network is known
from generate import VGG19, content, gram, img, layers, one, statistic, variation  # noqa: E402

generate.features, generate.Objective = features, Objective
NET = {"name": "oriented", "levels": 4}
SCALES = layers(scale1=0.1, scale2=0.2, scale3=0.3, scale4=0.4)


def feature_cases():
    yield NET, img("photo", 27, 35)
    yield NET, img("flat", 27, 35)
    yield dict(NET, levels=1), img("start", 18, 21)


def loss_cases():
    at, there, other = img("start", 27, 35), one("photo", 27, 35), one("painting", 41, 29)
    yield "oriented", NET, at, [
        content("relative", there, layers(scale2=0.5, scale3=0.5), weight=6.0),
        gram("m", "relative", other, SCALES, weight=100.0), variation("squared", "mean", weight=2.0)]
    second = layers(second1=1.0, second2=0.5, second3=0.5)
    yield "oriented, second layer", NET, at, [gram("m", "relative", other, second), content("mean", there, second)]
    yield "oriented, before the signs", NET, at, [
        content("mean", there, layers(scale1_conv=1.0, scale2=1.0, second1_conv=1.0, second2=1.0)),
        statistic("covariance", "mean", other, layers(second2_conv=1.0, scale1=1.0))]
    blend = one("painting", 41, 29, 1.0) + one("fresco", 37, 45, 3.0)
    pairs = layers(scale1=1.0, scale2=0.5, second1=0.7, scale4=0.3, second2=0.2)
    for reduce in ("sum", "mean", "relative"):
        yield f"oriented, cross-scale {reduce}", NET, at, [
            statistic("cross-scale", reduce, blend, pairs, **{"with": ["scale2", "scale3", "scale2", "scale2", "second2"]})]
        yield f"oriented, shifted {reduce}", NET, at, [statistic("shifted", reduce, blend, SCALES)]
        yield f"oriented, means {reduce}", NET, at, [statistic("means", reduce, blend, layers(scale1=1.0, second2=2.0))]
    net, large = dict(VGG19, pooling="average"), img("start", 53, 51)
    yield "VGG, cross-scale", net, large, [statistic(
        "cross-scale", "relative", blend, layers(relu1_1=1.0, relu2_1=0.5, relu1_2=0.5), **{"with": ["relu2_1", "relu3_1", "conv1_1"]})]
    yield "VGG, shifted", net, large, [statistic("shifted", "mean", one("painting", 60, 57), layers(relu1_1=1.0, relu2_1=2.0, relu4_1=2.0))]


if __name__ == "__main__":
    generate.feature_cases, generate.loss_cases = feature_cases, loss_cases
    generate.write("oriented_features.json", generate.all_features())
    generate.write("oriented_losses.json", generate.losses())
