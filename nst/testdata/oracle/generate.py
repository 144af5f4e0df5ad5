#!/usr/bin/env python3
"""Writes the goldens beside this file: features.json, losses.json, trajectories.json."""
import base64
import json
import pathlib

import numpy as np
import torch

from reference import Objective, features, image, symmetric

HERE = pathlib.Path(__file__).parent
torch.set_num_threads(1)

SIXTEENTH, ODD = 1 / 16, 5 / 64  # 4, 8, 16, 32, 32 and 5, 10, 20, 40, 40 channels


def img(name, height=24, width=32):
    return {"name": name, "height": height, "width": width}


def one(name, height=24, width=32, weight=1.0):
    return [{"image": img(name, height, width), "weight": weight}]


def layers(**weights):
    return [{"layer": k, "weight": v} for k, v in weights.items()]


VGG19 = {"name": "vgg19", "width": SIXTEENTH}
VGG16 = {"name": "vgg16", "width": SIXTEENTH}


def pyramid(filter_count=10, filter_size=7, levels=5, **more):
    return {"name": "pyramid", "levels": levels, "filter_count": filter_count, "filter_size": filter_size, **more}


STYLE = layers(relu1_1=0.1, relu2_1=0.15, relu3_1=0.2, relu4_1=0.25, relu5_1=0.3)
SCALES = layers(scale1=0.1, scale2=0.15, scale3=0.2, scale4=0.25, scale5=0.3)
CONTENT = layers(relu2_2=0.25, conv4_2=0.75)


def content(reduce, targets=None, layers=CONTENT, weight=1.0, **more):
    return {"kind": "content", "weight": weight, "reduce": reduce, "targets": targets or one("photo"), "layers": layers, **more}


def gram(normalize, reduce, targets=None, layers=STYLE, weight=1.0, **more):
    return {"kind": "gram", "weight": weight, "normalize": normalize, "reduce": reduce,
            "targets": targets or one("painting"), "layers": layers, **more}


def statistic(kind, reduce, targets=None, layers=STYLE, weight=1.0, **more):
    return {"kind": kind, "weight": weight, "reduce": reduce, "targets": targets or one("painting"), "layers": layers, **more}


def variation(kind, reduce="sum", weight=1.0):
    return {"kind": "variation", "variation": kind, "reduce": reduce, "weight": weight}


def loss_cases():
    """(name, network, image, terms)"""
    x, small, odd = img("start"), img("start", 9, 13), img("start", 33, 37)
    other = one("painting", 41, 27)
    blend = one("painting", 24, 32, 1.0) + one("fresco", 41, 27, 3.0) + one("etching", 29, 35, 0.5)

    for reduce in ("sum", "half", "mean", "relative", "root"):
        yield f"content {reduce}", VGG19, x, [content(reduce)]
    for reduce in ("sum", "mean", "relative"):
        for normalize in ("raw", "m", "nm"):
            yield f"gram {normalize} {reduce}", VGG19, x, [gram(normalize, reduce)]
        yield f"covariance {reduce}", VGG19, x, [statistic("covariance", reduce)]
        yield f"correlation {reduce}", VGG19, x, [statistic("correlation", reduce)]
    for reduce in ("gatys", "keras"):
        yield f"gram {reduce}", VGG19, x, [gram("raw", reduce)]
    for kind in ("squared", "absolute"):
        for reduce in ("sum", "mean"):
            yield f"variation {kind} {reduce}", VGG19, small, [variation(kind, reduce)]
    yield "variation nine-point mean", VGG19, small, [variation("nine-point", "mean")]
    yield "variation power", VGG19, small, [variation("power")]

    # A style image of another size than the image; several of them.
    for name, targets in (("another size", other), ("three styles", blend)):
        for reduce in ("gatys", "keras"):
            yield f"{name}: gram {reduce}", VGG19, x, [gram("raw", reduce, targets)]
        yield f"{name}: gram m mean", VGG19, x, [gram("m", "mean", targets)]
        yield f"{name}: gram nm relative", VGG19, x, [gram("nm", "relative", targets)]
        for kind in ("covariance", "correlation"):
            yield f"{name}: {kind} mean", VGG19, x, [statistic(kind, "mean", targets)]

    for pooling, scale in (("max", 1.0), ("average", 2.0), ("l2", 0.78)):
        net = dict(VGG19, pooling=pooling, pool_scale=scale, padding="replicate-first")
        yield f"{pooling} replicate-first", net, odd, [
            content("half", one("photo", 33, 37), weight=1e-4), gram("raw", "gatys", one("painting", 37, 35), weight=1e-3)]

    for pooling, scale in (("max", 1.0), ("average", 2.0), ("l2", 0.78)):
        net = dict(VGG19, pooling=pooling, pool_scale=scale, padding="circular")
        yield f"{pooling} circular", net, odd, [
            content("half", one("photo", 33, 37), weight=1e-4), gram("raw", "gatys", one("painting", 37, 35), weight=1e-3)]

    # Every way to pool and to pad, on a size that does not halve evenly.
    for pooling, scale in (("max", 1.0), ("average", 2.0), ("l2", 0.78)):
        for padding in ("zero", "replicate", "reflect"):
            net = dict(VGG19, pooling=pooling, pool_scale=scale, padding=padding)
            yield f"{pooling} {padding}", net, odd, [
                content("half", one("photo", 33, 37), weight=1e-4), gram("raw", "gatys", one("painting", 37, 35), weight=1e-3)]

    # Networks, preprocessing, channels that fill no block of 16, layers of every kind.
    tv = dict(VGG19, preprocess="torchvision")
    yield "torchvision", tv, x, [content("mean"), gram("nm", "mean", weight=100.0)]
    yield "vgg16", VGG16, x, [content("mean", layers=layers(relu5_3=1.0)), gram("m", "mean")]
    wide = dict(VGG19, width=ODD, preprocess="torchvision")
    yield "odd channels", wide, img("start", 27, 35), [
        content("mean", one("photo", 27, 35)), gram("m", "relative", weight=10.0), statistic("correlation", "mean")]
    before = layers(conv1_1=1.0, conv3_1=2.0, pool1=1.0, pool4=0.5, relu3_1=1.0, conv5_4=1.0)
    for kind in ("covariance", "correlation"):
        yield f"before, after, pooled: {kind}", tv, x, [statistic(kind, "mean", layers=before)]
    yield "before, after, pooled: content and gram", tv, x, [
        content("mean", layers=before), gram("m", "mean", layers=before)]

    # Maps that are dead, or alive and constant: nothing may be divided by zero.
    for filters in ("dead", "constant"):
        net = dict(tv, filters=filters, padding="replicate")
        for kind in ("covariance", "correlation"):
            yield f"{filters} maps: {kind}", net, x, [statistic(kind, "mean", layers=layers(relu1_1=1.0, relu2_1=1.0, relu3_1=1.0))]
    replicate = dict(tv, padding="replicate")
    for kind in ("covariance", "correlation"):
        yield f"flat style: {kind}", replicate, x, [statistic(kind, "mean", one("flat"), layers=layers(relu1_1=1.0, relu2_1=1.0))]
        yield f"one position: {kind}", tv, img("start", 16, 20), [statistic(kind, "mean", layers=layers(relu1_1=1.0, relu5_1=1.0))]

    # Means and variances, and the Wasserstein distance of normal distributions.
    for reduce in ("sum", "mean", "relative"):
        yield f"mean-variance {reduce}", tv, x, [statistic("mean-variance", reduce)]
        yield f"wasserstein {reduce}", tv, x, [statistic("wasserstein", reduce)]
    for kind in ("mean-variance", "wasserstein"):
        yield f"three styles: {kind}", tv, x, [statistic(kind, "mean", blend)]
        yield f"flat style: {kind}", replicate, x, [statistic(kind, "mean", one("flat"), layers=layers(relu1_1=1.0, relu2_1=1.0))]
        yield f"one position: {kind}", tv, img("start", 16, 20), [statistic(kind, "mean", layers=layers(relu1_1=1.0, relu5_1=1.0))]
        yield f"pyramid {kind}", pyramid(10, 7), img("start", 27, 35), [statistic(kind, "mean", other, SCALES)]
    for epsilon, iterations in ((1e-2, 5), (1.0, 8)):
        yield f"wasserstein {epsilon} {iterations}", tv, x, [statistic("wasserstein", "mean", epsilon=epsilon, iterations=iterations)]

    # Distributions along directions and of maps, by sorting.
    for reduce in ("sum", "mean", "relative"):
        yield f"sliced {reduce}", tv, x, [statistic("sliced", reduce, seed=4)]
        yield f"histogram {reduce}", tv, x, [statistic("histogram", reduce)]
    yield "sliced, seven directions", tv, x, [statistic("sliced", "mean", directions=7, seed=1)]
    for kind in ("sliced", "histogram"):
        yield f"three styles: {kind}", tv, x, [statistic(kind, "mean", blend)]
        yield f"pyramid {kind}", pyramid(10, 7), img("start", 27, 35), [statistic(kind, "mean", other, SCALES)]

    # Nearest patches and features, of one style image and of two.
    fine, two = layers(relu1_1=0.5, relu2_1=1.0, relu3_1=2.0), one("painting") + one("fresco", 27, 21)
    for reduce in ("sum", "mean", "relative"):
        yield f"nearest patches {reduce}", tv, x, [statistic("nearest-patches", reduce, layers=fine)]
    yield "nearest patches of 5, two styles", tv, x, [statistic("nearest-patches", "mean", two, layers(relu1_2=1.0, relu2_2=0.5), size=5)]
    yield "nearest patches of 1", tv, x, [statistic("nearest-patches", "mean", other, layers(conv2_1=1.0, conv5_4=2.0), size=1)]
    yield "nearest features", tv, x, [statistic("nearest-features", "", two)]
    yield "pyramid nearest", pyramid(10, 7), img("start", 27, 35), [
        statistic("nearest-patches", "relative", other, layers(scale1=1.0, scale2_conv=2.0)), statistic("nearest-features", "", other, SCALES, weight=3.0)]

    # Normalised gradients: of each layer, of whole terms, of some terms only.
    for by in ("layer", "term"):
        yield f"gradients by {by}", tv, x, [
            content("mean", weight=5.0, gradient=by), gram("nm", "mean", weight=100.0, gradient=by), variation("squared", weight=1e-3)]
    yield "gradients by both", tv, x, [content("mean", weight=2.0, gradient="term", maximize=True),
                                       statistic("mean-variance", "mean", weight=3.0, gradient="layer"), gram("m", "mean")]
    yield "gradients by term alone", tv, x, [content("half", weight=2.0, gradient="term"),
                                             dict(variation("absolute", weight=0.5), gradient="term")]
    yield "pyramid gradients by layer", pyramid(10, 7), img("start", 27, 35), [
        gram("m", "relative", other, SCALES, weight=100.0, gradient="layer", maximize=True)]

    # Shifted features, and differences of neighbouring layers.
    for reduce in ("gatys", "keras"):
        yield f"gram {reduce} shifted by -1", tv, x, [gram("raw", reduce, other, shift=-1.0)]
    yield "chain", tv, x, [gram("m", "mean", blend, chain=True)]
    yield "shifted chain", pyramid(10, 7), img("start", 27, 35), [gram("nm", "relative", other, SCALES, shift=0.25, chain=True, maximize=True)]

    # Maximised instead of minimised, alone and among others; one layer in two terms.
    yield "maximise content", tv, x, [content("mean", maximize=True)]
    yield "maximise among others", tv, x, [
        content("mean", weight=2.0), gram("m", "mean", weight=0.5, maximize=True, layers=layers(relu2_2=1.0, relu4_1=0.5)),
        statistic("correlation", "sum", maximize=True), variation("squared", weight=0.1)]

    # The pyramid of random filters.
    at = img("start", 27, 35)
    there = one("photo", 27, 35)
    for size, count in ((7, 10), (5, 16), (3, 19)):
        net = pyramid(count, size)
        yield f"pyramid {size}x{size}", net, at, [
            content("relative", there, layers(scale3=0.5, scale4=0.5), weight=0.4),
            gram("m", "relative", other, SCALES, weight=100.0), variation("squared", "mean", weight=2.0)]
    yield "pyramid before its ReLU", pyramid(10, 7), at, [
        content("mean", there, layers(scale1_conv=1.0, scale2=1.0, scale5_conv=1.0)),
        gram("m", "mean", other, layers(scale1=1.0, scale3_conv=1.0))]
    for kind in ("covariance", "correlation"):
        yield f"pyramid {kind}", pyramid(10, 7), at, [statistic(kind, "mean", other, SCALES)]


def encode(t):
    return base64.b64encode(np.ascontiguousarray(t.detach().numpy(), dtype="<f4").tobytes()).decode()


def losses():
    for name, net, at, terms in loss_cases():
        x = image(at).requires_grad_()
        objective = Objective(net, terms)
        parts = objective.parts(x)
        total = objective.total(parts)
        gradient = objective.gradient(x)
        assert torch.isfinite(gradient).all() and gradient.norm() > 0, name
        yield {"name": name, "network": net, "image": at, "terms": terms,
               "parts": [[p.item() for p in ps] for ps in parts],
               "total": total.item(), "gradient": encode(gradient)}


def feature_cases():
    for pooling, scale in (("max", 1.0), ("average", 2.0), ("l2", 0.78)):
        for padding in ("zero", "replicate", "reflect"):
            yield dict(VGG19, pooling=pooling, pool_scale=scale, padding=padding), img("photo", 35, 43)
    yield dict(VGG19, preprocess="torchvision"), img("photo", 24, 32)
    yield dict(VGG19, width=ODD), img("photo", 27, 35)
    yield VGG16, img("photo", 32, 50)
    yield VGG19, img("photo", 5, 7)  # the deeper layers are gone
    for size, count in ((7, 10), (5, 16), (3, 19)):
        yield pyramid(count, size), img("photo", 27, 35)
    yield pyramid(6, 7, levels=7), img("photo", 40, 33)


SAMPLES, PROJECTIONS = 24, 3


def all_features():
    for net, at in feature_cases():
        maps = []
        for layer, f in features(net, image(at)).items():
            flat = f.reshape(-1)
            n = len(flat)
            some = [k * n // SAMPLES for k in range(SAMPLES)]
            onto = [float(torch.dot(flat, torch.from_numpy(symmetric(f"projection{k}", n, 1.0)))) for k in range(PROJECTIONS)]
            maps.append({"layer": layer, "shape": list(f.shape[1:]), "norm": flat.norm().item(),
                         "projections": onto, "samples": encode(flat[some])})
        yield {"network": net, "image": at, "maps": maps}


def trajectories():
    """Ten steps of a whole objective; the loss at each step's image, before it moves."""
    recipes = [
        ("vgg19", dict(VGG19, pooling="average", preprocess="torchvision"), [
            content("mean", layers=layers(relu4_2=1.0)), gram("m", "mean", weight=10.0), variation("squared", "mean", weight=2.0)]),
        ("pyramid", pyramid(10, 7), [
            content("relative", layers=layers(scale3=0.5, scale4=0.5), weight=0.4),
            gram("m", "relative", layers=SCALES, weight=100.0), variation("squared", "mean", weight=2.0)]),
    ]
    optimizers = [
        ("adam", 0.02, lambda x: torch.optim.Adam([x], lr=0.02)),
        ("lbfgs", 1.0, lambda x: torch.optim.LBFGS([x], lr=1, max_iter=1, history_size=100,
                                                   tolerance_grad=0, tolerance_change=0)),
        ("lbfgs strong wolfe", 1.0, lambda x: torch.optim.LBFGS([x], lr=1, max_iter=1, max_eval=100, history_size=100,
                                                                tolerance_grad=0, tolerance_change=0,
                                                                line_search_fn="strong_wolfe")),
    ]
    for recipe, net, terms in recipes:
        objective = Objective(net, terms)
        for name, rate, make in optimizers:
            x = image(img("photo")).requires_grad_()
            optimizer = make(x)

            def closure():
                optimizer.zero_grad()
                total = objective.total(objective.parts(x))
                total.backward()
                return total

            found = [optimizer.step(closure).item() for _ in range(10)]
            yield {"name": f"{recipe} {name}", "network": net, "image": img("photo"), "terms": terms,
                   "optimizer": name, "rate": rate, "totals": found, "final": encode(x)}


def write(name, cases):
    cases = list(cases)
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    (HERE / name).write_text("[\n" + lines + "\n]\n")
    print(name, len(cases), "cases", (HERE / name).stat().st_size, "bytes")


if __name__ == "__main__":
    write("features.json", all_features())
    write("losses.json", losses())
    write("trajectories.json", trajectories())
