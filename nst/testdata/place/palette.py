"""Writes palette.json: the value and the gradient of the palette loss, by PyTorch in float64."""
import json

import torch

torch.manual_seed(3)
image = torch.rand(3, 6, 5).mul(1.2).sub(0.1)  # some values are outside of [0, 1]
targets = [torch.rand(3, 4, 7), torch.rand(3, 5, 5) * 0.6]
shares, weights = [0.75, 0.25], torch.rand(6, 5) + 0.1


def histogram(pixels, bins, weight):
    """Trilinear shares, written as products of hats around the knots."""
    knots = torch.arange(bins, dtype=torch.float64)
    hats = [(1 - (p.clamp(0, 1).reshape(-1, 1) * (bins - 1) - knots).abs()).clamp(min=0) for p in pixels]
    return torch.einsum("pi,pj,pk,p->ijk", *hats, weight.reshape(-1) / weight.sum())


def loss(x):
    terms = []
    for bins in (8, 4, 2):
        aim = sum(s * histogram(t.double(), bins, torch.ones(t.shape[1:], dtype=torch.float64)) for s, t in zip(shares, targets))
        d = histogram(x, bins, weights.double()) - aim
        terms.append((d * d).sum() / (aim * aim).sum())
    return sum(terms) / len(terms)


x = image.double().requires_grad_()
value = loss(x)
value.backward()
flat = lambda t: [float(v) for v in t.reshape(-1)]
json.dump({
    "image": flat(image), "targets": [{"width": t.shape[2], "height": t.shape[1], "pix": flat(t)} for t in targets],
    "shares": shares, "weights": flat(weights), "value": float(value), "gradient": flat(x.grad),
}, open("palette.json", "w"))
