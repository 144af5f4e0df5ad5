"""Writes guided.json: values and gradients of losses whose features have maps of regions, by PyTorch in float64."""
import json
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "oracle"))
from reference import features, image  # noqa: E402

NET = {"name": "vgg19", "width": 1 / 16}
LAYERS = ("relu1_1", "relu2_1")
SIZES = {"start": (16, 24), "photo": (16, 24), "painting": (20, 28), "fresco": (24, 16)}

torch.manual_seed(5)


def mask(name):
    """A mask of a picture, with zeros and values between."""
    return (torch.randint(-6, 20, SIZES[name]).double() / 16).clamp(0, 1)


# Two regions. The second has two pictures; in the fresco all of the first region is everywhere.
REGIONS = [
    {"mask": mask("start"), "weight": 0.8, "targets": {"painting": (mask("painting"), 1.5), "fresco": (None, 0.3)}},
    {"mask": mask("start"), "weight": 1.3, "targets": {"painting": (mask("painting"), 0.6)}},
]
SHARES = {"painting": 0.75, "fresco": 0.25}
STRENGTH = 0.7


def picture(name):
    h, w = SIZES[name]
    return image({"name": name, "height": h, "width": w})


def at(m, f):
    """The mask at a layer, with mean 1: means over the pixels of each position."""
    k = m.shape[0] // f.shape[1]
    small = torch.nn.functional.avg_pool2d(m[None, None], k)[0, 0]
    return small / small.mean()


def maps(name, layer, x):
    return features(NET, x)[layer].reshape((-1,) + tuple(s // (2 ** (int(layer[4]) - 1)) for s in SIZES[name]))


def stacked(name, layer, x, norm):
    f = maps(name, layer, x)
    more = []
    for r in REGIONS:
        m, weight = (r["mask"], r["weight"]) if name == "start" else r["targets"].get(name, (None, 0.0))
        w = torch.ones(f.shape[1:], dtype=torch.float64) if m is None else at(m, f)
        more.append(w * weight * STRENGTH * norm.sqrt())
    return torch.cat([f, torch.stack(more)])


def gram(f):
    f = f.reshape(f.shape[0], -1)
    return f @ f.T / f.shape[1]


def loss(x):
    total = 0
    for layer in LAYERS:
        with torch.no_grad():
            norm = sum((maps(t, layer, picture(t)) ** 2).sum(0).mean() for t in SHARES) / len(SHARES)
            aim = sum(s * gram(stacked(t, layer, picture(t), norm)) for t, s in SHARES.items())
        d = gram(stacked("start", layer, x, norm)) - aim
        total = total + (d * d).sum() / (aim * aim).sum() / len(LAYERS)
    return total


x = picture("start").clone().requires_grad_()
value = loss(x)
value.backward()
flat = lambda t: None if t is None else [float(v) for v in t.reshape(-1)]
json.dump({
    "layers": LAYERS, "strength": STRENGTH,
    "pictures": [{"name": n, "height": h, "width": w, "share": SHARES.get(n, 0)} for n, (h, w) in SIZES.items()],
    "regions": [{"mask": flat(r["mask"]), "weight": r["weight"],
                 "targets": [{"name": n, "mask": flat(m), "weight": w} for n, (m, w) in r["targets"].items()]} for r in REGIONS],
    "value": float(value), "gradient": flat(x.grad),
}, open("guided.json", "w"))
