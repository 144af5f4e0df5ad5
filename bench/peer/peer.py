"""The peer of `nst bench`: the same network, layers, losses and optimiser step in PyTorch.

    python3 bench/peer/peer.py --size 512 --network vgg19 --layout channels_last

prints the same JSON object as `nst bench --json`, and adds the layout.
alloc_bytes_per_iteration is null: PyTorch does not report it. Filters and images are
random, as in nst bench. PyTorch runs as fast as it can: filters have no
gradient, ReLU works in place, and oneDNN computes Gram matrices and their gradients
as 1x1 convolutions. This is several times as fast as a matrix product
if PyTorch is built with the reference BLAS (--gram product selects the product).
--layout compiled is channels-last by torch.compile, which needs a C++ compiler.

With --precision bf16 filters and maps are bfloat16, Gram matrices are products of
bfloat16, and the image, the losses and the optimiser stay float32.
"""
import argparse
import json
import os
import statistics
import time

import torch
import torch.nn.functional as F

WARMUP = 2  # iterations not timed, as in nst bench


class GramByConvolution(torch.autograd.Function):
    """F F^T of maps (1, N, H, W), as the filter gradient of a 1x1 convolution."""

    @staticmethod
    def forward(ctx, f):
        ctx.save_for_backward(f)
        n = f.shape[1]
        filters = f.new_zeros(n, n, 1, 1)
        g = torch.ops.aten.convolution_backward(
            f, f, filters, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1, [False, True, False])[1]
        return g.reshape(n, n)

    @staticmethod
    def backward(ctx, d):
        (f,) = ctx.saved_tensors
        return F.conv2d(f, (d + d.t())[:, :, None, None])


def gram_by_product(f):
    m = f.permute(0, 2, 3, 1).reshape(-1, f.shape[1])
    return m.t() @ m


class VGG19:
    """VGG-19 up to relu5_1 with average pooling, as in Gatys et al. 2015."""
    blocks = [(2, 64), (2, 128), (4, 256), (4, 512), (1, 512)]
    style = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
    history, white = 100, 255.0

    def __init__(self, fmt, dtype):
        self.dtype = dtype
        self.filters, cin = {}, 3
        for b, (count, channels) in enumerate(self.blocks, 1):
            for i in range(1, count + 1):
                w = torch.randn(channels, cin, 3, 3) * (2 / (9 * cin)) ** 0.5
                if cin > 3:
                    w -= w.mean(1, keepdim=True)
                self.filters[b, i] = (w.to(dtype).contiguous(memory_format=fmt), torch.zeros(channels, dtype=dtype))
                cin = channels
        self.mean = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
        self.fmt = fmt

    def features(self, x):
        x = (x.flip(1) - self.mean).to(self.dtype).contiguous(memory_format=self.fmt)
        out = {}
        for (b, i), (w, bias) in self.filters.items():
            if i == 1 and b > 1:
                x = F.avg_pool2d(x, 2)
            x = F.relu_(F.conv2d(x, w, bias, padding=1))
            out[f"relu{b}_{i}"] = x
        return out

    def prepare(self, content, style, gram):
        self.gram = gram
        with torch.no_grad():
            self.p = self.features(content)["relu4_2"].clone()
            f = self.features(style)
            self.a = {l: gram(f[l]).float() / f[l][0, 0].numel() for l in self.style}

    def start(self, content):
        mean = torch.tensor([0.485, 0.458, 0.408]).view(1, 3, 1, 1)
        return (mean + 0.25 * torch.randn_like(content)) * 255

    def loss(self, x):
        f = self.features(x)
        loss = 0.5 * (f["relu4_2"].float() - self.p.float()).pow(2).sum()
        for l in self.style:
            n, m = f[l].shape[1], f[l][0, 0].numel()
            loss = loss + 1000 / 5 / (4 * n * n) * (self.gram(f[l]).float() / m - self.a[l]).pow(2).sum()
        return loss

    def work(self, size):
        flops, cin = 0, 3
        for (b, i), (w, _) in self.filters.items():
            n, m = w.shape[0], (size >> (b - 1)) ** 2
            flops += 4 * 9 * cin * n * m + (4 * n * n * m if i == 1 else 0)
            cin = n
        return flops


class Pyramid:
    """96 filters of 7x7 on each of five scales, with the quickstart's losses."""
    levels, n, history, white = 5, 96, 10, 1.0
    content = [3, 4]

    def __init__(self, fmt, dtype):
        if dtype != torch.float32:
            raise SystemExit("peer: the pyramid is compared in float32 only")
        self.fmt = fmt
        self.filters = [torch.randn(self.n, 3, 7, 7) for _ in range(self.levels)]
        self.filters = [(w / w.flatten(1).norm(dim=1).view(-1, 1, 1, 1)).contiguous(memory_format=fmt) for w in self.filters]
        self.bias = [torch.zeros(self.n) for _ in range(self.levels)]
        self.mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        b = torch.tensor([1., 4., 6., 4., 1.]) / 16
        self.binomial = (b[:, None] * b[None, :]).expand(3, 1, 5, 5).contiguous()

    def responses(self, x):
        x = ((x - self.mean) / 0.25).contiguous(memory_format=self.fmt)
        for l in range(self.levels):
            if l > 0:
                x = F.conv2d(F.pad(x, (2, 2, 2, 2), mode="replicate"), self.binomial, stride=2, groups=3)
            yield F.conv2d(F.pad(x, (3, 3, 3, 3), mode="replicate"), self.filters[l], self.bias[l])

    def features(self, x):
        return [F.relu_(r) for r in self.responses(x)]

    def prepare(self, content, style, gram):
        self.gram = gram
        with torch.no_grad():
            for l, (a, b) in enumerate(zip(list(self.responses(content)), list(self.responses(style)))):
                both = torch.cat([a, b])
                mean, std = both.mean((0, 2, 3)), both.std((0, 2, 3))
                self.filters[l] = (self.filters[l] / std.view(-1, 1, 1, 1)).contiguous(memory_format=self.fmt)
                self.bias[l] = -mean / std
            f = self.features(content)
            self.p = {l: f[l - 1].clone() for l in self.content}
            self.p2 = {l: p.pow(2).sum() for l, p in self.p.items()}
            self.a = [gram(f) / f[0, 0].numel() for f in self.features(style)]
            self.a2 = [a.pow(2).sum() for a in self.a]

    def start(self, content):
        return content.clone()

    def loss(self, x):
        f = self.features(x)
        loss = 2 * ((x[..., 1:] - x[..., :-1]).pow(2).mean() + (x[..., 1:, :] - x[..., :-1, :]).pow(2).mean())
        for l in self.content:
            loss = loss + 0.4 / 2 * (f[l - 1] - self.p[l]).pow(2).sum() / self.p2[l]
        for l in range(self.levels):
            g = self.gram(f[l]) / f[l][0, 0].numel()
            loss = loss + 100 / 5 * (g - self.a[l]).pow(2).sum() / self.a2[l]
        return loss

    def work(self, size):
        flops = 0
        for l in range(self.levels):
            m = (-(-size // (1 << l))) ** 2
            flops += 4 * 49 * 3 * self.n * m + 4 * self.n * self.n * m
        return flops


def peak_bytes():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def isa():
    held = os.environ.get("DNNL_MAX_CPU_ISA", "").lower()
    if held:
        return held
    with open("/proc/cpuinfo") as info:
        flags = info.read()
    return "avx512" if "avx512bw" in flags else "avx2" if "avx2" in flags else "other"


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--size", type=int, default=512)
    a.add_argument("--network", choices=["vgg19", "pyramid"], default="vgg19")
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--iterations", type=int, default=10)
    a.add_argument("--optimizer", choices=["lbfgs", "adam"], default="lbfgs")
    a.add_argument("--layout", choices=["nchw", "channels_last", "compiled"], default="nchw")
    a.add_argument("--precision", choices=["float32", "bf16"], default="float32")
    a.add_argument("--gram", choices=["convolution", "product"], help="default: the faster, product for bf16")
    o = a.parse_args()

    o.gram = o.gram or ("product" if o.precision == "bf16" else "convolution")
    torch.set_num_threads(o.threads)
    torch.manual_seed(1)
    fmt = torch.contiguous_format if o.layout == "nchw" else torch.channels_last
    dtype = torch.bfloat16 if o.precision == "bf16" else torch.float32
    net = VGG19(fmt, dtype) if o.network == "vgg19" else Pyramid(fmt, dtype)
    images = [(0.5 + 0.25 * torch.randn(1, 3, o.size, o.size)).clamp_(0, 1) * net.white for _ in range(2)]
    net.prepare(*images, GramByConvolution.apply if o.gram == "convolution" else gram_by_product)
    x = net.start(images[0]).requires_grad_()  # NCHW: L-BFGS views it as a vector
    if o.optimizer == "lbfgs":  # one evaluation a step
        optimizer = torch.optim.LBFGS([x], lr=1, max_iter=1, history_size=net.history, tolerance_grad=0, tolerance_change=0)
    else:
        optimizer = torch.optim.Adam([x], lr=0.02)

    value, lossof = [], net.loss
    if o.layout == "compiled":
        lossof = torch.compile(lossof, dynamic=False)

    def closure():
        optimizer.zero_grad(set_to_none=True)
        loss = lossof(x)
        loss.backward()
        value.append(loss.item())
        return loss

    seconds = []
    for i in range(WARMUP + o.iterations):
        began = time.perf_counter()
        optimizer.step(closure)
        if i >= WARMUP:
            seconds.append(time.perf_counter() - began)
    if len(value) != WARMUP + o.iterations or not all(v - v == 0 for v in value):
        raise SystemExit(f"peer: not one finite evaluation an iteration: {value}")
    median = statistics.median(seconds)
    print(json.dumps({
        "seconds_per_iteration": median, "gflops": net.work(o.size) / 1e9 / median, "peak_bytes": peak_bytes(),
        "alloc_bytes_per_iteration": None, "isa": isa(), "precision": o.precision, "threads": o.threads,
        "size": o.size, "network": o.network, "layout": o.layout, "version": "torch " + torch.__version__,
    }))


main()
