#!/usr/bin/env python3
"""Writes presets.json beside this file; with a safetensors file of VGG-19's
convolutions as argument, vgg19.json instead."""
import base64
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / "../../../../nst/testdata/oracle"))
from reference import filters, image, symmetric  # noqa: E402: the numbers that the Go test has too
import systems  # noqa: E402
from systems import SYSTEMS  # noqa: E402

torch.set_num_threads(1)
BLOCKS = {"vgg19": (2, 2, 4, 4, 2), "vgg16": (2, 2, 3, 3, 3)}  # as deep as any system looks
CHANNELS = (64, 128, 256, 512, 512)
WIDTH = 1 / 16


class VGG:
    def __init__(self, weights, network="vgg19"):
        """weights("conv1_1", in channels, out channels): filters and biases."""
        self.convs = []
        cin = 3
        for block, count in enumerate(BLOCKS[network]):
            for i in range(count):
                layer = f"{block + 1}_{i + 1}"
                weight, bias = weights("conv" + layer, CHANNELS[block], cin)
                self.convs.append((layer, weight, bias))
                cin = len(bias)

    def __call__(self, x, pool="max", rgb=False, inplace=False, edge=False):
        """Every convolution before and after its ReLU. With rgb the first layer's filters
        are those for RGB, which is what MatConvNet ships. In place, a ReLU overwrites
        what was returned for the convolution. With edge the first layer repeats the picture's edge."""
        out, y = {}, x[None]
        for layer, weight, bias in self.convs:
            if layer.endswith("_1") and layer != "1_1":
                y = F.max_pool2d(y, 2) if pool == "max" else F.avg_pool2d(y, 2)
            if layer == "1_1" and rgb:
                weight = weight.flip(1)
            if edge and layer == "1_1":
                y = F.conv2d(F.pad(y, (1, 1, 1, 1), "replicate"), weight, bias)
            else:
                y = F.conv2d(y, weight, bias, padding=1)
            out["conv" + layer] = y[0]
            y = F.relu_(y) if inplace else F.relu(y)
            out["relu" + layer] = y[0]
        return out


def narrow(network="vgg19"):
    net = {"name": network}
    previous = {"cin": 3}

    def weights(layer, out, cin):
        out = round(out * WIDTH)
        made = filters(net, layer, out, previous["cin"], 3)
        previous["cin"] = out
        return made
    return VGG(weights, network)


def real(path):
    data = pathlib.Path(path).read_bytes()
    n = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8:8 + n]), data[8 + n:]

    def tensor(name):
        entry = header[name]
        begin, end = entry["data_offsets"]
        kind = {"F32": "<f4", "F16": "<f2"}[entry["dtype"]]
        return torch.from_numpy(np.frombuffer(body[begin:end], kind).astype(np.float64).reshape(entry["shape"]))
    return VGG(lambda layer, out, cin: (tensor(layer + ".weight"), tensor(layer + ".bias")))


class Spectral(torch.autograd.Function):
    """reference.Root of symmetric matrices: the same iterations of the eigenvalues. Products of
    512 x 512 matrices take hours with the reference BLAS."""

    @staticmethod
    def forward(ctx, a, iterations):
        values, vectors = torch.linalg.eigh(a)
        norm = values.norm()
        y, z = values / norm, torch.ones_like(values)
        for _ in range(iterations):
            t = (3 - z * y) / 2
            y, z = y * t, t * z
        root = y * norm.sqrt()
        ctx.iterations = iterations
        ctx.save_for_backward(root, vectors)
        return vectors @ torch.diag(root) @ vectors.T

    @staticmethod
    def backward(ctx, g):
        root, vectors = ctx.saved_tensors
        norm = root.norm()
        a, q = root / norm, vectors.T @ g @ vectors / norm
        for _ in range(ctx.iterations):
            e = 3 - a * a
            q = (q * e - a[:, None] * (a[:, None] * q - q * a)) / 2
            a = a * e / 2
        return vectors @ q @ vectors.T / 2, None


def levels(name, width, height):
    """A picture of whole levels 0..255."""
    return torch.floor(image({"name": name, "width": width, "height": height}) * 255 + 0.5)


def encode(t):
    return base64.b64encode(np.ascontiguousarray(t.detach().numpy(), dtype="<f4").tobytes()).decode()


def summary(gradient):
    """A gradient's norm, and three projections onto noise, each of which sees every element."""
    flat = gradient.reshape(-1)
    onto = [float(torch.dot(flat, torch.from_numpy(symmetric(f"projection{k}", len(flat), 1.0)))) for k in range(3)]
    return {"norm": flat.norm().item(), "projections": onto}


def steps(losses, which=(0, 1, 2, 5, 10)):
    """The losses by steps done, up to where a run diverges: on pictures as small as
    these some do."""
    last = next((i for i, v in enumerate(losses) if not v < 10 * losses[0]), len(losses))
    return {str(i): losses[i] for i in which if i < last}


def cases(net, width, height, whole):
    for preset, (make, side) in SYSTEMS.items():
        if make.network != "vgg19" and not whole:
            continue
        style_size = {"same": (width, height), "long": (width, width - 8), "columns": (width, width - 8),
                      "short": (height, height + 8), "rows": (height + 4, height)}[side]
        # With "photo" an input of a ReLU lies within float32's rounding of zero.
        photo = "scene" if preset == "crowson" else "photo"
        content, style = levels(photo, width, height), levels("painting", *style_size)
        said = []  # the deviations asked for

        def noise(deviation, shape):
            """Uniform noise, in the order that the system has. It is stronger than asked
            for: on a flat image rounding decides which of four equal values is the largest."""
            said.append(deviation)
            return torch.from_numpy(symmetric("noise", content.numel(), 64 * 3 ** 0.5)).reshape(shape)

        def made():
            return make(net if make.network == "vgg19" else narrow(make.network), content, style, noise)

        system = made()
        start, gradient = system.start(), system.gradient()
        pulls = {name: summary(g) for name, g in system.pulls().items()}
        terms = {name: [v.item() for v in values] for name, values in system.terms().items()}
        losses = system.losses(10)
        case = {"preset": preset, "content": {"name": photo, "width": width, "height": height},
                "style": {"name": "painting", "width": style_size[0], "height": style_size[1]},
                "terms": terms, "pulls": pulls, "losses": steps(losses, system.resolved),
                "optimizer": system.optimizer, "rates": {str(i): system.rate(i) for i in (0, 50, 100, 999, 3999)}}
        if 10 not in system.resolved:
            system = made()
            system.unit = True
            losses = system.losses(10)
            case["unit_losses"] = steps(losses)
        print(f"{preset:16}", *(f"{losses[i]:.6g}" for i in (0, 1, 2, 5, 10)))
        if said:
            mean = (system.offset / system.white).flatten().tolist()
            case["noise"] = {"mean": mean[::-1] if system.order == "bgr" else mean, "deviation": said[0] / system.white}
            case["start"] = encode(start)
        if whole:
            case["gradient"] = encode(gradient)
        else:
            case["summary"] = summary(gradient)
        yield case


def crowson(net, sizes=((32, 20), (45, 28), (64, 40)), steps=10):
    """crowsonkb's program over three stages: the losses at the starts of all steps, and the result."""
    pictures = lambda name: [{"name": f"{name}{w}", "width": w, "height": h} for w, h in sizes]
    contents, styles = pictures("photo"), pictures("painting")
    made = lambda p: levels(p["name"], p["width"], p["height"])
    losses, result = SYSTEMS["crowson"][0].run(net, [(made(c), made(s)) for c, s in zip(contents, styles)], steps)
    yield {"content": contents, "style": styles, "steps": steps, "stages": losses, "result": encode(result)}


def write(name, found):
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in found)
    (HERE / name).write_text("[\n" + lines + "\n]\n")
    print(name, (HERE / name).stat().st_size, "bytes")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        systems.Root = Spectral
        write("vgg19.json", cases(real(sys.argv[1]), 56, 40, False))
    else:
        write("presets.json", cases(narrow(), 44, 28, True))
        write("crowson.json", crowson(narrow()))
