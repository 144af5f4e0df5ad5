"""Style transfer written once more, as plainly as PyTorch allows and in float64.

Networks, losses and their definitions are those of the papers and programs that
package nst follows; nothing here is translated from the Go code. All numbers
(weights, images) come from a counter-based generator that the Go test repeats,
so no weights need to be stored.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

# ---------------------------------------------------------------- numbers

MASK = (1 << 64) - 1


def seed_of(name):
    """FNV-1a, 64 bits, of the name: every tensor has a stream of its own."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    return h


def integers(name, count):
    """count numbers in 0 .. 2^24-1: splitmix64 of (seed + counter), its highest 24 bits."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed_of(name)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64)


def symmetric(name, count, a):
    """Uniform in [-a, a), rounded once to float32."""
    return ((integers(name, count) - 2.0**23) / 2.0**23 * a).astype(np.float32).astype(np.float64)


def image(spec):
    """An image, 3 x H x W in [0, 1): cells of 4 x 4 pixels, fine noise, a tint.

    Every step before the rounding to float32 is exact in float64. A name that
    starts with "flat" gives one colour.
    """
    name, h, w = spec["name"], spec["height"], spec["width"]
    tint = 1 + np.floor(integers(name + "/tint", 3) / 2.0**21) * 2 + 1  # 2, 4 .. 16
    if name.startswith("flat"):
        fine = np.full((3, h, w), 2.0**22 + 12345)
        coarse = fine
    else:
        gh, gw = (h + 3) // 4, (w + 3) // 4
        fine = integers(name + "/fine", 3 * h * w).reshape(3, h, w)
        coarse = integers(name + "/coarse", 3 * gh * gw).reshape(3, gh, gw)
        coarse = coarse.repeat(4, 1).repeat(4, 2)[:, :h, :w]
    pixels = (3 * coarse + fine) * tint[:, None, None] / 2.0**30
    return torch.from_numpy(pixels.astype(np.float32).astype(np.float64))


def filters(net, layer, out, cin, size):
    """A convolution's weight [out, in, size, size] and bias [out]: He's variance, uniform."""
    name = net["name"] + "/" + layer
    a = math.sqrt(6.0 / (cin * size * size))
    weight = symmetric(name + "/weight", out * cin * size * size, a).reshape(out, cin, size, size)
    bias = symmetric(name + "/bias", out, 0.5)
    special = np.arange(out) % 3 == 1
    if net.get("filters") == "dead":  # every third map is zero after its ReLU
        bias[special] = -1e5
    if net.get("filters") == "constant":  # every third map is one number everywhere
        weight[special] = 0
        bias[special] = np.float64(np.float32(0.3))
    return torch.from_numpy(weight), torch.from_numpy(bias)


# ---------------------------------------------------------------- networks

PREPROCESS = {  # order of channels, range, mean, std
    "caffe": ([2, 1, 0], 255.0, [103.939, 116.779, 123.68], [1.0, 1.0, 1.0]),
    "torchvision": ([0, 1, 2], 1.0, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    "pyramid": ([0, 1, 2], 1.0, [0.485, 0.456, 0.406], [0.25, 0.25, 0.25]),
}
PAD = {"replicate-first": "constant", "zero": "constant", "replicate": "replicate", "reflect": "reflect", "circular": "circular"}
CONVS = {"vgg19": (2, 2, 4, 4, 4), "vgg16": (2, 2, 3, 3, 3)}
CHANNELS = (64, 128, 256, 512, 512)


def preprocess(kind, x):
    order, scale, mean, std = PREPROCESS[kind]
    y = x[order] * scale
    return ((y - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None])[None]


def convolve(x, weight, bias, padding):
    p = weight.shape[-1] // 2
    return F.conv2d(F.pad(x, (p, p, p, p), mode=PAD[padding]), weight, bias)


def pool(net, x):
    kind = net.get("pooling", "max")
    if kind == "max":
        y = F.max_pool2d(x, 2)
    elif kind == "average":
        y = F.avg_pool2d(x, 2)
    else:  # l2: the root of the sum of squares; its gradient is 0 where that is 0
        s = 4 * F.avg_pool2d(x * x, 2)
        y = torch.where(s > 0, torch.where(s > 0, s, torch.ones_like(s)).sqrt(), torch.zeros_like(s))
    return y * net.get("pool_scale", 1.0)


def downsample(x):
    k = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    c = x.shape[1]
    x = F.pad(x, (2, 2, 2, 2), mode="replicate")
    x = F.conv2d(x, k.view(1, 1, 5, 1).repeat(c, 1, 1, 1), groups=c)
    x = F.conv2d(x, k.view(1, 1, 1, 5).repeat(c, 1, 1, 1), groups=c)
    return x[:, :, ::2, ::2]


def features(net, x):
    """Every layer of the network by name: name -> 1 x C x H x W."""
    if net["name"] == "pyramid":
        return pyramid(net, x)
    padding = net.get("padding", "zero")
    y = preprocess(net.get("preprocess", "caffe"), x)
    out = {}
    for block, count in enumerate(CONVS[net["name"]]):
        channels = round(CHANNELS[block] * net["width"])
        for i in range(count):
            layer = f"{block + 1}_{i + 1}"
            weight, bias = filters(net, "conv" + layer, channels, y.shape[1], 3)
            edge = padding == "replicate-first" and layer == "1_1"
            out["conv" + layer] = y = convolve(y, weight, bias, "replicate" if edge else padding)
            out["relu" + layer] = y = F.relu(y)
        if y.shape[2] < 2 or y.shape[3] < 2:
            break
        out[f"pool{block + 1}"] = y = pool(net, y)
        if padding == "reflect" and min(y.shape[2:]) < 2:
            break  # there is nothing to mirror
    return out


def pyramid(net, x):
    y = preprocess("pyramid", x)
    out = {}
    for level in range(1, net["levels"] + 1):
        if level > 1:
            y = downsample(y)
        weight, bias = filters(net, f"scale{level}", net["filter_count"], 3, net["filter_size"])
        out[f"scale{level}_conv"] = convolve(y, weight, bias, "replicate")
        out[f"scale{level}"] = F.relu(out[f"scale{level}_conv"])
    return out


# ---------------------------------------------------------------- losses

def matrix(f):
    """Gatys' F: N maps of M positions."""
    return f[0].reshape(f.shape[1], -1)


def gram(f):
    m = matrix(f)
    return m @ m.T


def covariance(f):
    m = matrix(f)
    c = m - m.mean(1, keepdim=True)
    return c @ c.T / m.shape[1]


def correlation(f):
    """Pearson's, with a little of the maps' mean square (1e-3) added to each
    variance. Maps that do not vary then correlate with nothing, instead of
    dividing zero or rounding errors by each other, and scaling all maps still
    changes nothing. A part of the mean *variance* would not do: where all maps
    are constant it is itself a rounding error, even in float64."""
    c = covariance(f)
    s = (c.diagonal() + 1e-3 * (matrix(f) ** 2).mean() + 1e-30).sqrt()
    return c / torch.outer(s, s)


class Root(torch.autograd.Function):
    """The square root by the coupled iteration of Newton and Schulz, as crowsonkb has it. The
    gradient solves the Lyapunov equation z q + q z = g by another such iteration (Lin and Maji 2017)."""

    @staticmethod
    def forward(ctx, a, iterations):
        norm, eye = a.norm(), torch.eye(len(a))
        y, z = a / norm, eye
        for _ in range(iterations):
            t = (3 * eye - z @ y) / 2
            y, z = y @ t, t @ z
        root = y * norm.sqrt()
        ctx.iterations = iterations
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx, g):
        (root,) = ctx.saved_tensors
        norm, eye = root.norm(), torch.eye(len(root))
        a, q = root / norm, g / norm
        for _ in range(ctx.iterations):
            e = 3 * eye - a @ a
            q = (q @ e - a.T @ (a.T @ q - q @ a)) / 2
            a = a @ e / 2
        return q / 2, None


def wasserstein(term, f, targets, weights):
    """Squared 2-Wasserstein distance of normal distributions, as crowsonkb has it: means and
    second moments of several targets are averaged."""
    iterations, epsilon = term.get("iterations", 12), term.get("epsilon", 1e-4)
    n = f.shape[1]
    mean = lambda t: matrix(t).mean(1)
    second = lambda t: gram(t) / matrix(t).shape[1]
    cov = lambda mu, m2: m2 - torch.outer(mu, mu) + epsilon * torch.eye(n)
    nu = sum(w * mean(t) for w, t in zip(weights, targets))
    a = cov(nu, sum(w * second(t) for w, t in zip(weights, targets)))
    mu = mean(f)
    s = cov(mu, second(f))
    r = Root.apply(a, iterations)
    d = ((mu - nu) ** 2).sum() + torch.trace(a + s - 2 * Root.apply(r @ s @ r, iterations))
    zero = (nu ** 2).sum() + torch.trace(a) - epsilon * n
    return {"sum": d, "mean": d / n, "relative": d / zero}[term["reduce"]]


def mean_variance(term, f, targets, weights):
    """AdaIN's statistics, squared; the deviation's epsilon is 1e-5."""
    mean = lambda t: matrix(t).mean(1)
    deviation = lambda t: (matrix(t).var(1, unbiased=False) + 1e-5).sqrt()
    aims = [sum(w * of(t) for w, t in zip(weights, targets)) for of in (mean, deviation)]
    d = sum(((of(f) - a) ** 2).sum() for of, a in zip((mean, deviation), aims))
    return {"sum": d, "mean": d / f.shape[1], "relative": d / sum((a ** 2).sum() for a in aims)}[term["reduce"]]


def pcg(hi, lo):
    """PCG with 128 bits of state and the output DXSM: numbers of 64 bits."""
    while True:
        state = ((hi << 64 | lo) * (2549297995355413924 << 64 | 4865540595714422341)
                 + (6364136223846793005 << 64 | 1442695040888963407)) & ((1 << 128) - 1)
        hi, lo = state >> 64, state & MASK
        out = hi ^ hi >> 32
        out = out * 0xDA942042E4DD58B5 & MASK
        out ^= out >> 48
        yield out * (lo | 1) & MASK


def directions(seed, k, n):
    """k directions of length 1, of normal numbers by Box and Muller."""
    numbers = pcg(seed, int.from_bytes(b"sliced", "big"))
    uniform = lambda: (next(numbers) >> 11) / 2.0**53
    d = torch.tensor([[math.sqrt(-2 * math.log(1 - uniform())) * math.cos(2 * math.pi * uniform()) for _ in range(n)] for _ in range(k)])
    return d / d.norm(dim=1, keepdim=True)


def transport(term, f, targets, weights):
    """The squared distance of sorted values: of projections, or of maps. Targets of another size
    are read at equal distances."""
    n, m = matrix(f).shape
    if term["kind"] == "sliced":
        d = directions(term.get("seed", 0), term.get("directions", n), n)
        rows = lambda t: d @ matrix(t)
    else:
        rows = matrix

    def quantiles(t):
        values = rows(t).sort(1).values
        k = values.shape[1]
        at = ((torch.arange(m) + 0.5) * k / m - 0.5).clamp(0, k - 1)
        low = at.floor().long()
        high = (low + 1).clamp(max=k - 1)
        return values[:, low] + (at - low) * (values[:, high] - values[:, low])

    aim = sum(w * quantiles(t) for w, t in zip(weights, targets))
    d = ((rows(f).sort(1).values - aim) ** 2).sum()
    return {"sum": d, "mean": d / aim.numel(), "relative": d / (aim ** 2).sum()}[term["reduce"]]


def nearest_patches(term, f, targets):
    """Li and Wand 2016, equations 2 and 3: patches within the maps, the nearest by normalised
    cross-correlation, among those of all targets."""
    k = term.get("size", 3)
    cut = lambda t: F.unfold(t, k)[0].T
    mine, theirs = cut(f), torch.cat([cut(t) for t in targets])
    with torch.no_grad():
        norm = theirs.norm(dim=1)
        like = mine @ (theirs / torch.where(norm > 0, norm, torch.ones_like(norm))[:, None]).T
        best = like.argmax(1)
        two = (like / mine.norm(dim=1, keepdim=True)).topk(2).values
        assert (two[:, 0] - two[:, 1]).min() > 1e-6, "two patches as near as float32 resolves"
    d = ((mine - theirs[best]) ** 2).sum()
    return {"sum": d, "mean": d / mine.numel(),
            "relative": d / len(mine) / (theirs ** 2).sum(1).mean()}[term["reduce"]]


def nearest_features(f, targets):
    """The loss of the last pass of Kolkin et al. 2022: cosine distances of centred features."""
    centre = lambda t: (matrix(t) - matrix(t).mean(1, keepdim=True)).T
    return (1 - F.cosine_similarity(centre(f)[:, None], torch.cat([centre(t) for t in targets])[None], dim=2, eps=1e-12)).min(1).values.mean()


def content(term, f, p):
    d = ((f - p) ** 2).sum()
    n, m = matrix(f).shape
    return {"sum": d, "half": d / 2, "mean": d / (n * m), "root": d / (2 * math.sqrt(n * m)),
            "relative": d / (p ** 2).sum()}[term["reduce"]]


def style(term, x, f, targets, weights):
    """targets: the style images' features at one layer, weights sum to one."""
    def average(representation):
        return sum(w * representation(t) for w, t in zip(weights, targets))

    if term["kind"] == "wasserstein":
        return wasserstein(term, f, targets, weights)
    if term["kind"] in ("sliced", "histogram"):
        return transport(term, f, targets, weights)
    if term["kind"] == "nearest-patches":
        return nearest_patches(term, f, targets)
    if term["kind"] == "nearest-features":
        return nearest_features(f, targets)
    if term["kind"] == "mean-variance":
        return mean_variance(term, f, targets, weights)
    n, reduce = matrix(f).shape[0], term["reduce"]
    if term["kind"] == "gram":
        f, targets = f + term.get("shift", 0), [t + term.get("shift", 0) for t in targets]
        if reduce == "gatys":
            per_m = lambda t: gram(t) / matrix(t).shape[1]
            return ((per_m(f) - average(per_m)) ** 2).sum() / (4 * n ** 2)
        if reduce == "keras":
            return ((gram(f) - average(gram)) ** 2).sum() / (4 * 3 ** 2 * (x.shape[1] * x.shape[2]) ** 2)
        divide = {"raw": lambda t: 1, "m": lambda t: matrix(t).shape[1], "nm": lambda t: matrix(t).numel()}[term["normalize"]]
        representation = lambda t: gram(t) / divide(t)
    else:
        representation = {"covariance": covariance, "correlation": correlation}[term["kind"]]
    a = average(representation)
    d = ((representation(f) - a) ** 2).sum()
    return {"sum": d, "mean": d / n ** 2, "relative": d / (a ** 2).sum()}[reduce]


def nine_point(x):
    """crowsonkb's: all eight neighbours, of the picture with its edge repeated."""
    p = F.pad(x[None], (1, 1, 1, 1), mode="replicate")[0]
    mean = lambda d: (d ** 2).mean()
    dx, dy = p[:, 1:-1, 2:] - p[:, 1:-1, 1:-1], p[:, 2:, 1:-1] - p[:, 1:-1, 1:-1]
    d1, d2 = p[:, 1:, 1:] - p[:, :-1, :-1], p[:, 1:, :-1] - p[:, :-1, 1:]
    return 2 * (mean(dx) / 3 + mean(dy) / 3 + mean(d1) / 12 + mean(d2) / 12)


def variation(term, x):
    if term["variation"] == "nine-point":
        return nine_point(x)
    if term["variation"] == "power":  # Keras: over the image without its last row and column
        dx = x[:, :-1, :-1] - x[:, :-1, 1:]
        dy = x[:, :-1, :-1] - x[:, 1:, :-1]
        return ((dx ** 2 + dy ** 2) ** 1.25).sum()
    dx, dy = x[:, :, 1:] - x[:, :, :-1], x[:, 1:, :] - x[:, :-1, :]
    f = {"squared": lambda d: d ** 2, "absolute": torch.abs}[term["variation"]]
    if term["reduce"] == "mean":
        return f(dx).mean() + f(dy).mean()
    return f(dx).sum() + f(dy).sum()


class Objective:
    """The weighted sum of terms. Targets are computed once."""

    def __init__(self, net, terms):
        self.net, self.terms = net, terms
        self.targets = []
        with torch.no_grad():
            for t in terms:
                self.targets.append([features(net, image(s["image"])) for s in t.get("targets", [])])

    def parts(self, x, f=None):
        """Each term's parts, unweighted, one for each of its layers; f: the features of x."""
        if f is None and any(t["kind"] != "variation" for t in self.terms):
            f = features(self.net, x)
        all_parts = []
        for t, targets in zip(self.terms, self.targets):
            if t["kind"] == "variation":
                all_parts.append([variation(t, x)])
                continue
            total = sum(s["weight"] for s in t["targets"])
            shares = [s["weight"] / total for s in t["targets"]]
            parts = []
            for l in t["layers"]:
                there = [target[l["layer"]] for target in targets]
                if t["kind"] == "content":
                    parts.append(content(t, f[l["layer"]], there[0]))
                else:
                    parts.append(style(t, x, f[l["layer"]], there, shares))
            if t.get("chain"):
                parts = [a - b for a, b in zip(parts, parts[1:])]
            all_parts.append(parts)
        return all_parts

    def total(self, parts):
        total = 0
        for t, term_parts in zip(self.terms, parts):
            weights = [l["weight"] for l in t["layers"]] if "layers" in t else [1]
            value = sum(w * p for w, p in zip(weights, term_parts))
            total = total + (-1 if t.get("maximize") else 1) * t["weight"] * value
        return total

    def gradient(self, x):
        """With respect to x; terms may have a normalised gradient."""
        found = torch.zeros_like(x)
        grad = lambda of, by, to=None: torch.autograd.grad(of, by, to, retain_graph=True)[0]
        f = features(self.net, x)
        leaves = {name: maps.detach().requires_grad_() for name, maps in f.items()}
        whole, cut = self.parts(x, f), self.parts(x, leaves)
        for t, mine, of_maps in zip(self.terms, whole, cut):
            sign = -1 if t.get("maximize") else 1
            weights = [l["weight"] for l in t["layers"]] if "layers" in t else [1]
            if t.get("gradient") == "layer":  # jcjohnson's normalize_gradients
                for l, part in zip(t["layers"], of_maps):
                    g = grad(part, leaves[l["layer"]])
                    found += grad(f[l["layer"]], x, sign * t["weight"] * l["weight"] * g / (g.abs().sum() + 1e-8))
            else:
                g = grad(sum(w * p for w, p in zip(weights, mine)), x)
                found += sign * t["weight"] * g / (g.abs().sum() if t.get("gradient") == "term" else 1)
        return found
