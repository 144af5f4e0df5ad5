#!/usr/bin/env python3
"""Known activations, for the forward checksum: writes ../../known.json.

    NST_VGG19=vgg19_conv.safetensors python3 generate.py

A drawn picture goes through the network; a known value is a map's response at one
position less that at a position where the picture is flat, so that biases, which not
everybody publishes, cancel in the first layer. The numbers of the first layers are from

  vgg19-oxford       Oxford's own filters (file named by NST_VGG19): all of them
  vgg16-oxford       as Keras ships them: the start of block1_conv1's kernel, printed in
                     the test of an open HDF5 reader (D. Cody, h5_utils)
  vgg19-torchvision  vgg19-dcbb9e9d.pth: filters 0, 62 and 63 of features.0, as PyTorch
                     prints them in notes on d2l.ai's chapter on style transfer
  vgg16-torchvision  vgg16-397923af.pth: filters 0 to 2 and 61 to 63 of features.0, as
                     PyTorch prints them in a course's notebook that fetched the file
"""
import json, os, struct, sys
import numpy as np
import torch
import torch.nn.functional as F

SIDE, FLAT = 32, (12, 6)


def picture():
    """RGB in [0,1]: grey, with a red, a green and a blue dot, and stripes below."""
    p = np.full((3, SIDE, SIDE), 0.5)
    for c in range(3):
        p[c, 6, 6 + 10 * c] = 1
    for y in range(18, SIDE):
        for x in range(14, SIDE):
            p[:, y, x] = (x + y) % 8 / 8, (x + 2 * y) % 8 / 8, x % 8 / 8
    return torch.tensor(p)


def caffe(p):
    return 255 * p.flip(0) - torch.tensor([103.939, 116.779, 123.68]).double()[:, None, None]


def torchvision(p):
    mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).double()[:, :, None, None]
    return (p - mean) / std


def safetensors(path):
    data = open(path, "rb").read()
    n, = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, t in json.loads(data[8:8 + n]).items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            v = np.frombuffer(data[8 + n + a:8 + n + b], {"F32": "<f4", "F16": "<f2"}[t["dtype"]])
            tensors[name] = torch.tensor(v.astype(np.float64).reshape(t["shape"]))
    return tensors


def probes(x, positions, reduction=1):
    """[map, y, x, value] at the positions, given on the picture."""
    flat = FLAT[0] // reduction, FLAT[1] // reduction
    return [[m, y // reduction, c // reduction, round(float(x[m, y // reduction, c // reduction] - x[(m, *flat)]), 6)]
            for m, y, c in positions]


AROUND = [(6 + dy, 6 + 10 * c + dx) for c in range(3) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]


def dots(maps, around=AROUND):
    return [(m, y, x) for m in maps for y, x in around]


def oxford19():
    t, x, out = safetensors(os.environ["NST_VGG19"]), caffe(picture())[None], {}
    for block, count in enumerate([2, 2, 4], 1):
        if block > 1:
            x = F.max_pool2d(x, 2)
        for i in range(1, count + 1):
            name = f"conv{block}_{i}"
            x = F.conv2d(x, t[name + ".weight"], t[name + ".bias"], padding=1)
            if name == "conv1_1":
                out[name] = probes(x[0], dots([0, 31, 63]))
            x = F.relu(x)
            if name in ("conv2_1", "conv3_1", "conv3_4"):
                out["relu" + name[4:]] = probes(x[0], [(m, 24, 24) for m in range(0, x.shape[1], x.shape[1] // 16)], 2 ** (block - 1))
    return out


def first(x, filters, around=AROUND):
    """Of filters {map: [3][3][3]} without biases."""
    out = []
    for m, f in filters.items():
        y = F.conv2d(x[None], torch.tensor(f).double().reshape(1, 3, 3, 3), padding=1)[0]
        out += [[m, *p[1:]] for p in probes(y, dots([0], around))]
    return {"conv1_1": out}


# The blue dot alone shows the first colour's plane.
OXFORD16 = {0: [0.42947057, 0.373467, -0.061360113, 0.27476987, 0.038680777, -0.36722335, -0.05746817, -0.26224968, -0.35009676] + [0] * 18}

TORCHVISION19 = {
    0: [-5.3474e-02, -4.9257e-02, -6.7942e-02, 1.5314e-02, 4.5068e-02, 2.1444e-03, 3.6226e-02, 1.9999e-02, 1.9864e-02,
        1.7015e-02, 5.5403e-02, -6.2293e-03, 1.4165e-01, 2.2705e-01, 1.3758e-01, 1.2000e-01, 2.0030e-01, 9.2114e-02,
        -4.4885e-02, 1.2680e-02, -1.4497e-02, 5.9742e-02, 1.3955e-01, 5.4102e-02, -9.6141e-04, 5.8304e-02, -2.9663e-02],
    62: [2.5902e-02, 3.8224e-01, 2.9388e-01, -4.7560e-01, -3.6006e-01, 2.3282e-01, -2.2283e-01, 8.3313e-04, 1.5329e-01,
         1.7674e-01, 3.8770e-01, 2.6036e-02, -3.9036e-01, -5.0041e-01, 1.7150e-03, 6.1660e-02, 1.4792e-01, 5.1035e-02,
         1.2967e-01, 7.5381e-02, -3.8851e-01, 5.0931e-02, -1.9381e-01, -1.7501e-01, 3.4483e-01, 2.1557e-01, -8.3478e-02],
    63: [-8.1056e-01, -7.4319e-01, -7.7885e-01, -1.6934e-01, 3.4232e-01, -7.0197e-02, 5.2494e-01, 9.5989e-01, 7.6209e-01,
         7.9164e-02, 2.4559e-01, -1.5317e-01, -7.0860e-02, 4.4652e-01, -3.8074e-01, -1.5309e-01, 1.2427e-01, -1.1070e-01,
         5.2029e-01, 7.5736e-01, 6.2371e-01, -1.0733e-01, 1.8762e-01, -1.2183e-01, -6.6407e-01, -6.4891e-01, -5.5356e-01],
}

TORCHVISION16 = {
    0: [-0.5537, 0.1427, 0.5290, -0.5831, 0.3566, 0.7657, -0.6902, -0.0480, 0.4841,
        0.1755, 0.0099, -0.0814, 0.0441, -0.0703, -0.2604, 0.1324, -0.1728, -0.1323,
        0.3130, -0.1659, -0.4275, 0.4752, -0.0827, -0.4870, 0.6320, 0.0193, -0.2775],
    2: [0.1772, 0.5215, 0.0099, -0.2718, -0.7171, 0.3129, -0.0758, -0.2208, 0.3346,
        0.3092, 0.6707, 0.0205, -0.4661, -1.0697, 0.3350, -0.0803, -0.3052, 0.5446,
        0.3157, 0.4233, -0.3498, 0.0864, -0.4646, 0.0118, 0.1048, -0.1458, -0.0158],
    63: [0.0322, -0.1077, -0.2639, 0.2796, -0.0374, -0.2547, 0.3487, 0.0300, -0.0559,
         0.2506, 0.1554, -0.1743, 0.3925, 0.0323, -0.3519, 0.1930, -0.1990, -0.2971,
         0.4603, 0.4340, 0.2835, 0.1634, -0.0582, -0.1920, -0.1952, -0.4563, -0.4273],
}

known = [
    {"name": "vgg19-oxford", "about": "VGG-19 of Oxford, as Keras ships it", "network": "vgg19", "preprocess": "caffe", "values": oxford19()},
    {"name": "vgg16-oxford", "about": "VGG-16 of Oxford, as Keras ships it", "network": "vgg16", "preprocess": "caffe",
     "values": first(caffe(picture()), OXFORD16, AROUND[18:])},
    {"name": "vgg19-torchvision", "about": "torchvision's VGG-19", "network": "vgg19", "preprocess": "torchvision",
     "values": first(torchvision(picture()), TORCHVISION19)},
    {"name": "vgg16-torchvision", "about": "torchvision's VGG-16", "network": "vgg16", "preprocess": "torchvision",
     "values": first(torchvision(picture()), TORCHVISION16)},
]
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "..", "..", "known.json"), "w") as f:
    f.write("[\n")
    for i, k in enumerate(known):
        values = k.pop("values")
        f.write("  " + json.dumps(k)[:-1] + ', "values": {\n')
        f.write(",\n".join(f'    "{layer}": {json.dumps(v)}' for layer, v in values.items()))
        f.write("\n  }}" + ("," if i < len(known) - 1 else "") + "\n")
    f.write("]\n")
# The same filters, for the test that has no file of theirs.
with open(os.path.join(here, "published.json"), "w") as f:
    json.dump({"vgg16-oxford": OXFORD16, "vgg19-torchvision": TORCHVISION19, "vgg16-torchvision": TORCHVISION16}, f, indent=1)
    f.write("\n")
