"""crowsonkb's schedule from 128 to 512 pixels, ours beside the same in PyTorch.

    python3 bench/peer/stages.py --nst bin/nst --steps 4 --rounds 3

Both make a few steps of every stage of the preset crowson, in turns, each time in a new
process, with the same losses, filters that are padded alike, Adam, and the average of
iterates. A stage's time is that of its setup and, for each of its steps in the preset, the
time of a step; the first step of a stage counts as setup. The least of all rounds counts.
Filters and pictures are random unless --weights names a safetensors file with the tensors
conv1_1.weight, conv1_1.bias, …; the time does not depend on them.

PyTorch runs as fast as it can here: maps in the layout channels_last, filters without a
gradient, ReLU in place, second moments as matrix products in MKL.
"""
import argparse
import csv
import glob
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib

SIZES, STEPS = [128, 181, 256, 362, 512], [1000, 500, 500, 500, 500]
BLOCKS = [(2, 64), (2, 128), (4, 256), (4, 512), (1, 512)]
STYLE = {(1, 1): 256, (2, 1): 64, (3, 1): 16, (4, 1): 4, (5, 1): 1}  # over 341


def torch_times(a):
    """Prints [setup, seconds of a step] of each stage as JSON."""
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(a.threads)
    torch.manual_seed(1)

    class Root(torch.autograd.Function):
        """The program's sqrtm_ns_lyap: coupled Newton-Schulz, and Lyapunov's equation backward."""

        @staticmethod
        def forward(ctx, m):
            norm, eye = m.norm(), torch.eye(len(m))
            y, z = m / norm, eye
            for _ in range(12):
                t = (3 * eye - z @ y) / 2
                y, z = y @ t, t @ z
            root = y * norm.sqrt()
            ctx.save_for_backward(root)
            return root

        @staticmethod
        def backward(ctx, g):
            (root,) = ctx.saved_tensors
            norm, eye = root.norm(), torch.eye(len(root))
            y, q = root / norm, g / norm
            for i in range(12):
                e = 3 * eye - y @ y
                q = (q @ e - y.T @ (y.T @ q - q @ y)) / 2
                if i < 11:
                    y = y @ e / 2
            return q / 2

    if a.weights:
        from safetensors.torch import load_file
        tensors = load_file(a.weights)
    filters, cin = {}, 3
    for b, (count, channels) in enumerate(BLOCKS, 1):
        for i in range(1, count + 1):
            if a.weights:
                w, bias = tensors[f"conv{b}_{i}.weight"].float(), tensors[f"conv{b}_{i}.bias"].float()
            else:
                w, bias = torch.randn(channels, cin, 3, 3) * (2 / (9 * cin)) ** 0.5, torch.zeros(channels)
            filters[b, i] = w.contiguous(memory_format=torch.channels_last), bias
            cin = channels
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

    def features(x):
        x = ((x - mean) / deviation).contiguous(memory_format=torch.channels_last)
        out = {}
        for (b, i), (w, bias) in filters.items():
            if i == 1 and b > 1:
                x = F.max_pool2d(x, 2)
            if (b, i) == (1, 1):
                x = F.relu_(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), w, bias))
            else:
                x = F.relu_(F.conv2d(x, w, bias, padding=1))
            out[b, i] = x
        return out

    def moments(f):
        m = f.permute(0, 2, 3, 1).reshape(-1, f.shape[1])
        mu = m.mean(0)
        return mu, m.T @ m / len(m) - torch.outer(mu, mu) + 1e-4 * torch.eye(len(mu))

    def smooth(x):
        p = F.pad(x, (1, 1, 1, 1), mode="replicate")
        c = p[..., 1:-1, 1:-1]
        d = lambda v: v.square().mean()
        return 2 * (d(p[..., 1:-1, 2:] - c) / 3 + d(p[..., 2:, 1:-1] - c) / 3 +
                    d(p[..., 1:, 1:] - p[..., :-1, :-1]) / 12 + d(p[..., 1:, :-1] - p[..., :-1, 1:]) / 12)

    rows, x = [], None
    for size in SIZES:
        began = time.perf_counter()
        content, style = torch.rand(1, 3, size, size), torch.rand(1, 3, size, size)
        with torch.no_grad():
            target = features(content)[4, 2]
            aims = {}
            for k, f in features(style).items():
                if k in STYLE:
                    mu, cov = moments(f)
                    aims[k] = mu, cov, Root.apply(cov)
        x = (content if x is None else F.interpolate(x.detach(), (size, size), mode="bicubic").clamp(0, 1)).requires_grad_()
        optimizer, average = torch.optim.Adam([x], lr=0.02, betas=(0.9, 0.99)), torch.zeros_like(x)
        for i in range(a.steps + 1):
            optimizer.zero_grad()
            out = features(x)
            loss = 0.015 * F.mse_loss(out[4, 2], target) + 2 * smooth(x)
            for k, weight in STYLE.items():
                mu, cov = moments(out[k])
                nu, aim, root = aims[k]
                d = (mu - nu).square().mean() + (cov + aim - 2 * Root.apply(root @ cov @ root)).diagonal().mean()
                loss = loss + weight / 341 * d
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                x.clamp_(0, 1)
                average.mul_(0.99).add_(x, alpha=0.01)
            loss.item()
            if i == 0:
                first = time.perf_counter()
        rows.append([first - began, (time.perf_counter() - first) / a.steps])
    print(json.dumps(rows))


def picture(path, seed):
    """Writes a PNG of 512 x 512 pixels of noise."""
    import random
    r = random.Random(seed)
    raw = b"".join(b"\0" + r.randbytes(3 * 512) for _ in range(512))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 512, 512, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(raw, 1)) + chunk(b"IEND", b""))


def nst_times(a):
    """Returns [setup, seconds of a step] of each stage, from a run of the preset."""
    with tempfile.TemporaryDirectory() as d:
        for i, name in enumerate(("c.png", "s.png")):
            picture(os.path.join(d, name), i)
        weights = f'weights = "{os.path.abspath(a.weights)}"' if a.weights else 'weights = "random"'
        with open(os.path.join(d, "a.toml"), "w") as f:
            f.write(f"""base = "preset:crowson"
[images]
content = "c.png"
style = "s.png"
[network]
{weights}
precision = "{a.precision}"
[stages]
steps = [{a.steps + 1}]
[log]
every = 1
measures = false
""")
        subprocess.run([a.nst, "sweep", os.path.join(d, "a.toml"), "--results", d, "--jobs", "1", "--threads", str(a.threads)],
                       check=True, stdout=subprocess.DEVNULL)
        (path,) = glob.glob(os.path.join(d, "a", "**", "times.csv"), recursive=True)
        with open(path) as f:
            seconds = {int(r["step"]): float(r["seconds"]) for r in csv.DictReader(f)}
    n, rows, before = a.steps + 1, [], 0.0
    for s in range(len(SIZES)):
        # Row k is written when the image of step k is evaluated: the first of a stage
        # includes its setup.
        first, last = seconds[s * n], seconds[s * n + n - 1]
        rows.append([first - before, (last - first) / (n - 1)])
        before = last
    return rows


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--nst", default="bin/nst")
    p.add_argument("--steps", type=int, default=4, help="steps timed in each stage")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--weights", help="safetensors file of VGG-19's convolutions")
    p.add_argument("--precision", default="float32", help="of nst: float32 or bf16x3")
    p.add_argument("--torch", action="store_true", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.torch:
        return torch_times(a)
    import torch
    best = {}
    for n in range(a.rounds):
        peer = [sys.executable, __file__, "--torch", "--steps", str(a.steps), "--threads", str(a.threads)] + (["--weights", a.weights] if a.weights else [])
        for name, rows in (("nst", nst_times(a)), ("PyTorch", json.loads(subprocess.run(peer, check=True, stdout=subprocess.PIPE).stdout))):
            old = best.setdefault(name, rows)
            best[name] = [[min(u, v) for u, v in zip(x, y)] for x, y in zip(old, rows)]
        print(f"PyTorch {torch.__version__}, {a.threads} threads, {a.steps} steps of each stage, least of {n + 1}")
        show(best)


def show(best):
    print(f"{'stage':>6} {'steps':>6} {'nst':>9} {'PyTorch':>9}  seconds a step")
    for i, size in enumerate(SIZES):
        n, t = best["nst"][i][1], best["PyTorch"][i][1]
        print(f"{size:6} {STEPS[i]:6} {n:9.3f} {t:9.3f}  {t / n:.2f}")
    whole = {k: sum(setup + (steps - 1) * step for (setup, step), steps in zip(rows, STEPS)) for k, rows in best.items()}
    print(f"whole schedule, from these: nst {whole['nst']:.0f} s, PyTorch {whole['PyTorch']:.0f} s, ratio {whole['PyTorch'] / whole['nst']:.2f}", flush=True)


if __name__ == "__main__":
    main()
