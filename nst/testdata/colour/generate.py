"""Writes colour.json: colours in three spaces and matched colours, by scikit-image, OpenCV and SciPy."""
import json

import cv2
import numpy
import scipy.linalg
import skimage.color
import skimage.exposure

rng = numpy.random.default_rng(5)


def picture(height, width, low, high, tint):
    base = rng.random((height, width, 1)) * (high - low) + low
    image = base * numpy.array(tint) + 0.25 * rng.random((height, width, 3))
    return numpy.round(numpy.clip(image, 0, 1) * 255) / 255


def planar(image):
    return [round(float(v), 7) for v in numpy.asarray(image).transpose(2, 0, 1).ravel()]


def grey(luminance):
    return numpy.repeat(luminance[..., None], 3, axis=2)


style, content = picture(10, 12, 0.0, 1.0, (1.0, 0.7, 0.3)), picture(8, 14, 0.1, 0.7, (0.4, 0.8, 1.0))
other = picture(10, 12, 0.2, 0.9, (0.5, 1.0, 0.6))
cases = {}

# OpenCV's YCrCb of floats has an offset of one half.
ycc = lambda m: cv2.cvtColor(m.astype(numpy.float32), cv2.COLOR_RGB2YCrCb)
rgb = lambda m: cv2.cvtColor(m.astype(numpy.float32), cv2.COLOR_YCrCb2RGB)
a, b = ycc(style), ycc(other)
cases["bt601 luminance"] = grey(a[..., 0])
cases["bt601 colours"] = rgb(numpy.dstack([a[..., 0], b[..., 1], b[..., 2]]))

a, b = skimage.color.rgb2lab(style), skimage.color.rgb2lab(other)
zero = numpy.zeros_like(a[..., 0])
cases["lab luminance"] = skimage.color.lab2rgb(numpy.dstack([a[..., 0], zero, zero]))
cases["lab colours"] = skimage.color.lab2rgb(numpy.dstack([a[..., 0], b[..., 1], b[..., 2]]))

# Linear light by way of XYZ, whose Y is the luminance: adding the difference of luminances to
# each of linear red, green and blue keeps their differences.
decode = lambda v: numpy.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
encode = lambda v: numpy.where(v <= 0.0031308, 12.92 * v, 1.055 * numpy.maximum(v, 0) ** (1 / 2.4) - 0.055)
a, b = skimage.color.rgb2xyz(style)[..., 1:2], skimage.color.rgb2xyz(other)[..., 1:2]
cases["linear luminance"] = grey(encode(a[..., 0]))
cases["linear colours"] = encode(numpy.clip(decode(other) + a - b, 0, 1))

cases["rgb histogram"] = skimage.exposure.match_histograms(style, content, channel_axis=2)
matched = skimage.exposure.match_histograms(skimage.color.rgb2lab(style), skimage.color.rgb2lab(content), channel_axis=2)
cases["lab histogram"] = skimage.color.lab2rgb(matched)


def moments(source, reference):
    s, r = source.reshape(-1, 3), reference.reshape(-1, 3)
    root = lambda m: scipy.linalg.sqrtm(numpy.cov(m.T, bias=True)).real
    out = (s - s.mean(0)) @ (root(r) @ numpy.linalg.inv(root(s))).T + r.mean(0)
    return out.reshape(source.shape)


cases["rgb mean-covariance"] = moments(style, content)
cases["bt601 mean-covariance"] = rgb(moments(ycc(style).astype(float), ycc(content).astype(float)))

clip = lambda m: numpy.clip(m, 0, 1)
json.dump({
    "style": planar(style), "content": planar(content), "other": planar(other),
    "cases": {name: planar(clip(m)) for name, m in cases.items()},
}, open("colour.json", "w"))
