"""What the measures of three small pictures are, computed apart from the Go code.

scikit-image for SSIM and CIELAB, SciPy for derivatives and the root of a matrix,
NumPy for the rest, PyTorch (by nst/testdata/oracle/reference.py) for the
yardstick. Writes the pictures and goldens.json beside itself. From the
repository's root, on Debian:

    apt-get install python3-skimage python3-torch
    python3 measure/testdata/generate.py
"""
import json
import pathlib
import sys

import numpy as np
import scipy.linalg
import scipy.ndimage
import skimage.color
import skimage.io
import skimage.metrics
import torch

here = pathlib.Path(__file__).parent
root = here.parent.parent
sys.path.insert(0, str(root / "nst/testdata/oracle"))
import reference  # noqa: E402


def crop(name, x, y, w, h, step):
    m = skimage.io.imread(root / "configs/pictures" / name)[..., :3]
    return m[y : y + h * step : step, x : x + w * step : step].astype(np.float64) / 255


def save(name, m):
    levels = np.floor(np.clip(m, 0, 1) * 255 + 0.5).astype(np.uint8)
    skimage.io.imsave(here / name, levels, check_contrast=False)
    return levels.astype(np.float64) / 255


content = save("content.png", crop("town.png", 60, 80, 63, 47, 6))
style = save("style.png", crop("waves.png", 10, 30, 52, 58, 5))
style2 = save("style2.png", crop("dusk.png", 40, 30, 44, 36, 5))
random = np.random.default_rng(1)
picture = save(
    "picture.png",
    0.6 * content + 0.7 * crop("swirls.png", 40, 40, 63, 47, 4) - 0.1 + 0.05 * random.standard_normal((47, 63, 3)),
)


def luma(m):
    return m @ [0.299, 0.587, 0.114]


def ssim(a, b):
    return skimage.metrics.structural_similarity(
        luma(a), luma(b), gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1
    )


def gradient_correlation(a, b):
    r = []
    for axis in (1, 0):
        x, y = (scipy.ndimage.sobel(luma(m), axis)[1:-1, 1:-1].ravel() for m in (a, b))
        r.append(np.corrcoef(x, y)[0, 1])
    return np.mean(r)


def histogram(m):
    edges = np.arange(9) * 32 - 0.5
    h, _ = np.histogramdd(np.rint(m.reshape(-1, 3) * 255), bins=(edges,) * 3)
    return h.ravel() / h.sum()


def moments(images, weights):
    """Mean and covariance of all pixels together, each image having its weight."""
    labs = [skimage.color.rgb2lab(m).reshape(-1, 3) for m in images]
    pixels = np.concatenate(labs)
    each = np.concatenate([np.full(len(p), w / len(p)) for p, w in zip(labs, weights)])
    return each @ pixels, np.cov(pixels.T, aweights=each, ddof=0)


def colour(m, images, weights):
    mu, a = moments([m], [1])
    nu, b = moments(images, weights)
    h = sum(w * histogram(i) for i, w in zip(images, weights))
    root_ab = scipy.linalg.sqrtm(a @ b).real
    return [
        1 - np.minimum(histogram(m), h).sum(),
        np.linalg.norm(mu - nu),
        np.sqrt(np.trace(a) + np.trace(b) - 2 * np.trace(root_ab)),
    ]


def variation(m):
    dx, dy = np.abs(np.diff(m, axis=1)), np.abs(np.diff(m, axis=0))
    return (dx.sum() + dy.sum()) / (dx.size + dy.size)


def high_frequency(m):
    y = luma(m)
    h, w = y.shape
    window = np.outer(*(np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in (h, w)))
    power = np.abs(np.fft.fft2((y - y.mean()) * window)) ** 2
    radius = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.fftfreq(w)[None])
    return power[radius > 0.25].sum() / power.sum()


def border_ratio(m):
    v = (np.abs(np.diff(m, axis=1))[:-1] + np.abs(np.diff(m, axis=0))[:, :-1]).sum(2)
    h, w = m.shape[:2]
    frame = min(h, w) // 16
    inside = np.zeros((h, w), bool)
    inside[frame : h - frame, frame : w - frame] = True
    inside = inside[:-1, :-1]
    return v[~inside].mean() / v[inside].mean()


def noise(m):
    return [variation(m), high_frequency(m), border_ratio(m), ((m == 0) | (m == 1)).mean()]


def maps(m, layer):
    x = torch.from_numpy(m.transpose(2, 0, 1).copy())
    f = reference.features({"name": "vgg19", "width": 1 / 16}, x)[layer][0]
    return f.reshape(f.shape[0], -1).numpy()


def gram(m, layer):
    f = maps(m, layer)
    return f @ f.T / f.shape[1]


def cosine(a, b):
    return (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())


def yardstick(m, images, weights):
    out = {}
    for layer in ("relu2_2", "relu4_2"):
        f, p = maps(m, layer), maps(content, layer)
        out["content_distance." + layer] = ((f - p) ** 2).sum() / 2 / f.size
        out["content_cosine." + layer] = cosine(f, p)
    for layer in ("relu1_1", "relu3_1"):
        g = gram(m, layer)
        a = sum(w * gram(i, layer) for i, w in zip(images, weights))
        out["style_distance." + layer] = ((g - a) ** 2).sum() / (4 * len(g) ** 2)
        out["gram_cosine." + layer] = cosine(g, a)
    return out


def values(images, weights):
    out = yardstick(picture, images, weights)
    kinds = ("colour_histogram_", "colour_mean_", "colour_covariance_")
    out |= dict(zip((k + "style" for k in kinds), colour(picture, images, weights)))
    out |= dict(zip((k + "content" for k in kinds), colour(picture, [content], [1])))
    out["ssim"] = ssim(picture, content)
    out["gradient_correlation"] = gradient_correlation(picture, content)
    names = ("total_variation", "high_frequency", "border_ratio", "clipped")
    out |= dict(zip(names, noise(picture)))
    out |= {"content:" + k: v for k, v in zip(names, noise(content))}
    untouched = yardstick(content, images, weights)
    out |= {"content:" + k: v for k, v in untouched.items() if k.startswith(("style", "gram"))}
    out |= dict(zip(("content:" + k + "style" for k in kinds), colour(content, images, weights)))
    out |= {"style:" + k: v for k, v in zip(names, noise(images[0]))}
    return {k: float(v) for k, v in out.items()}


colours = [[r, g, b] for r in (0, 10, 128, 255) for g in (0, 77, 255) for b in (0, 9, 200)]
goldens = {
    "one": values([style], [1]),
    "two": values([style, style2], [0.75, 0.25]),
    "colours": colours,
    "lab": skimage.color.rgb2lab(np.array(colours)[None] / 255)[0].tolist(),
}
(here / "goldens.json").write_text(json.dumps(goldens, indent=1) + "\n")
