#!/usr/bin/env python3
"""Writes the test files of package weights and expected.json, which says what is
in them. Run it in this directory: /usr/bin/python3 generate.py

Written with h5py 3.7.0 (HDF5 1.10.8) and torch 1.13.1, both Debian 12's. Debian has
no safetensors library: those files are written here from the format's description.

A second run gives other bytes for some PyTorch files (addresses serve as keys) and
HDF5 files (times), with the same contents.
"""
import argparse
import collections
import json
import struct

import h5py
import numpy as np
import torch

expected = {}
KINDS = {"torch.float64": "F64", "torch.float32": "F32", "torch.float16": "F16", "torch.bfloat16": "BF16",
         "torch.int64": "I64", "torch.uint8": "U8", "torch.bool": "BOOL",
         "float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "uint8": "U8"}


def expect(file, name, value):
    """Notes a tensor: shape, type and, of floats, the values as float32."""
    kind = KINDS[str(value.dtype)]
    t = value.detach() if isinstance(value, torch.Tensor) else torch.from_numpy(np.array(value))
    e = {"shape": list(t.shape), "type": kind}
    if kind in ("F64", "F32", "F16", "BF16"):
        e["bits"] = t.contiguous().to(torch.float32).numpy().reshape(-1).view(np.uint32).tolist()
    expected.setdefault(file, {})[name] = e


def values(*shape):
    n = int(np.prod(shape))
    v = np.random.RandomState(n).randn(n).astype(np.float32) * 3
    v[:3] = [0.1, -0.0, 1e-6][:n]
    return v.reshape(shape)


# --- safetensors ---------------------------------------------------------------

def safetensors(file, tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, t in tensors.items():
        raw = (t.view(torch.int16) if t.dtype == torch.bfloat16 else t).contiguous().numpy().tobytes()
        header[name] = {"dtype": KINDS[str(t.dtype)], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
        expect(file, name, t)
    h = json.dumps(header).encode()
    h += b" " * (-len(h) % 8)
    with open(file, "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + data)


safetensors("mixed.safetensors", {
    "conv1_1.weight": torch.from_numpy(values(4, 3, 3, 3)),
    "half": torch.from_numpy(values(5, 2)).half(),
    "brain": torch.from_numpy(values(7)).bfloat16(),
    "double": torch.from_numpy(values(2, 2)).double(),
    "steps": torch.arange(3),
    "scalar": torch.tensor(2.5),
    "none": torch.zeros(0, 4),
    "special": torch.tensor([float("inf"), float("-inf"), float("nan"), 65504, 6e-8]).half(),
}, {"format": "pt", "source": "generate.py"})

# --- HDF5 ----------------------------------------------------------------------


def keras(file, layers):
    """As keras.Model.save_weights and the published VGG files: a group for each layer, names in attributes."""
    with h5py.File(file, "w") as f:
        f.attrs["layer_names"] = [n.encode() for n in layers]
        f.attrs["backend"] = b"tensorflow"
        f.attrs["keras_version"] = b"2.0.4"
        for layer, weights in layers.items():
            g = f.create_group(layer)
            g.attrs["weight_names"] = [n.encode() for n in weights]
            for name, v in weights.items():
                g.create_dataset(name, data=v)
                expect(file, layer + "/" + name, v)


keras("keras.h5", {
    "block1_conv1": {"block1_conv1/kernel:0": values(3, 3, 3, 4), "block1_conv1/bias:0": values(4)},
    "block1_conv2": {"block1_conv2_W_1:0": values(3, 3, 4, 2), "block1_conv2_b_1:0": values(2)},
    "block1_pool": {},
})

file = "storage.h5"
with h5py.File(file, "w") as f:
    def dataset(name, v, **kw):
        f.create_dataset(name, data=v, **kw)
        expect(file, name, v)

    dataset("contiguous", values(5, 7))
    dataset("chunked", values(5, 7), chunks=(2, 3))  # chunks stick out at two sides
    dataset("gzip", values(6, 4, 3), chunks=(4, 4, 2), compression="gzip")
    dataset("gzip_shuffle", values(3, 3, 8, 9), chunks=(2, 3, 5, 4), compression="gzip", shuffle=True)
    dataset("shuffle", values(11), chunks=(4,), shuffle=True)
    dataset("extendible", values(3, 4), chunks=(8, 8), maxshape=(None, None))
    dataset("many_chunks", values(30, 10), chunks=(1, 1))  # a B-tree of two levels
    dataset("half", values(3, 5).astype(np.float16))
    dataset("double", values(4).astype(np.float64), chunks=(3,), compression="gzip")
    dataset("scalar", np.float32(1.5).reshape(()))
    dataset("none", np.zeros((0, 3), np.float32))
    dataset("steps", np.arange(3))
    # A compact dataset: the elements in the header. h5py's own interface has no word for it.
    v = values(6)
    p = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    p.set_layout(h5py.h5d.COMPACT)
    d = h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple(v.shape), p)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, v)
    expect(file, "compact", v)

file = "groups.h5"
with h5py.File(file, "w") as f:  # more members than a symbol table's root has room for
    for i in range(300):
        v = np.array([i], np.float32)
        f.create_dataset(f"t{i}", data=v)
        expect(file, f"t{i}", v)
    f.create_dataset("a/b/c/d/e", data=values(2))
    expect(file, "a/b/c/d/e", values(2))

# A model and its running average.
with h5py.File("ema.h5", "w") as f:
    for name in ("model", "ema"):
        for layer in ("block1_conv1", "block1_conv2"):
            f.create_dataset(f"{name}/{layer}/{layer}/kernel:0", data=values(3, 3, 3, 3))
            f.create_dataset(f"{name}/{layer}/{layer}/bias:0", data=values(3))

# Refused, each for the reason that its name gives.
with h5py.File("refused_superblock.h5", "w", libver="latest") as f:
    f.create_dataset("x", data=values(3))
with h5py.File("refused_lzf.h5", "w") as f:
    f.create_dataset("x", data=values(30), compression="lzf")
with h5py.File("refused_fletcher32.h5", "w") as f:
    f.create_dataset("x", data=values(30), chunks=(10,), fletcher32=True)
with h5py.File("refused_bigendian.h5", "w") as f:
    f.create_dataset("x", data=values(3).astype(">f4"))
with h5py.File("refused_types.h5", "w") as f:
    f.create_dataset("text", data="hello", dtype=h5py.string_dtype())
    f.create_dataset("fixed", data=np.array([b"abc"]))
    f.create_dataset("compound", data=np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
with h5py.File("refused_softlink.h5", "w") as f:
    f.create_dataset("x", data=values(3))
    f["y"] = h5py.SoftLink("/x")
with h5py.File("refused_links.h5", "w") as f:
    f.create_group("g", track_order=True).create_dataset("x", data=values(3))
with h5py.File("refused_sparse.h5", "w") as f:
    d = f.create_dataset("x", (10,), "<f4", chunks=(5,))
    d[:5] = values(5)
    f.create_dataset("y", (10,), "<f4")

# --- PyTorch -------------------------------------------------------------------

base = torch.from_numpy(values(6, 4))
state = collections.OrderedDict([
    ("features.0.weight", torch.from_numpy(values(4, 3, 3, 3))),
    ("features.0.bias", torch.from_numpy(values(4))),
    ("channels_last", torch.from_numpy(values(2, 3, 4, 5)).to(memory_format=torch.channels_last)),
    ("transposed", base.t()),
    ("tied", base),
    ("slice", base[1:5:2, 1:3]),
    ("row", base[2]),
    ("half", torch.from_numpy(values(5)).half()),
    ("brain", torch.from_numpy(values(5)).bfloat16()),
    ("double", torch.from_numpy(values(5)).double()),
    ("steps", torch.tensor(1234567890123)),
    ("flags", torch.tensor([True, False])),
    ("scalar", torch.tensor(0.25)),
    ("none", torch.zeros(0, 2)),
    ("parameter", torch.nn.Parameter(torch.from_numpy(values(3)))),
])
state._metadata = {"": {"version": 1}}
for file, kw in [("state.pth", {}), ("state_legacy.pth", {"_use_new_zipfile_serialization": False}),
                 ("state_protocol4.pth", {"pickle_protocol": 4})]:
    torch.save(state, file, **kw)
    for name, t in state.items():
        expect(file, name, t)

file = "checkpoint.pth"
torch.save({"epoch": 3, "loss": 0.5, "name": "tiny", "state_dict": state,
            "optimizer": {"state": {0: {"step": 7, "exp_avg": torch.ones(2)}}, "lr": [1e-3, None, True]}}, file)
for name, t in state.items():
    expect(file, "state_dict." + name, t)

file = "notes.pth"  # values of other kinds beside the tensors
torch.save(collections.defaultdict(dict, {
    "model": {"x": torch.arange(4.0)}, "device": torch.device("cpu"), "type": torch.float32, "size": torch.Size([1, 2]),
    "tags": {"a", "b"}, "args": argparse.Namespace(rate=0.1), "best": np.float64(3), "history": np.zeros(3), "kind": np.dtype("f4"),
}), file)
expect(file, "model.x", torch.arange(4.0))

torch.save(torch.arange(4.0), "tensor.pth")
expect("tensor.pth", "tensor", torch.arange(4.0))

torch.save(torch.nn.Linear(2, 1), "refused_module.pth")
torch.save({"x": torch.zeros(1).expand(5)}, "refused_expanded.pth")
torch.save({"epoch": 1}, "refused_notensor.pth")
torch.jit.save(torch.jit.script(torch.nn.ReLU()), "refused_script.pt")


class Evil:
    def __reduce__(self):
        import os
        return (os.system, ("echo this must never run",))


torch.save({"x": torch.zeros(1), "evil": Evil()}, "refused_evil.pth")
torch.save({"x": torch.zeros(1), "evil": Evil()}, "refused_evil_legacy.pth", _use_new_zipfile_serialization=False)

with open("expected.json", "w") as f:
    f.write("{\n")
    for i, (file, tensors) in enumerate(expected.items()):
        f.write(f'"{file}": {{\n')
        f.write(",\n".join(f"{json.dumps(n)}: {json.dumps(t)}" for n, t in tensors.items()))
        f.write("\n}" + ("," if i + 1 < len(expected) else "") + "\n")
    f.write("}\n")
