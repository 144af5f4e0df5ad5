#!/usr/bin/env python3
"""Makes pictures with stated colours and, with Little CMS, what they are in sRGB; and srgb.icc.

Needs Python 3, numpy and Pillow with Little CMS and WebP (Debian: python3-numpy python3-pil):

    cd nst/testdata/images/colour && python3 generate.py

The profiles are written here, tag by tag. x.ppm is what Little CMS makes of x: 8 bits,
relative colorimetric, black point compensation, alpha on white.
"""
import io
import itertools
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

D50 = np.array([0.9642, 1.0, 0.8249])
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
D65 = (0.3127, 0.3290)
PRIMARIES = {
    "srgb": (D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "p3": (D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "adobe": (D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    "2020": (D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "ntsc": ((0.310, 0.316), (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
}


def xyz(x, y):
    return np.array([x / y, 1, (1 - x - y) / y])


def matrix(primaries):
    """Linear RGB to XYZ, adapted to D50."""
    white, *rgb = primaries
    m = np.stack([xyz(*p) for p in rgb], axis=1)
    m = m * np.linalg.solve(m, xyz(*white))
    seen, wanted = BRADFORD @ xyz(*white), BRADFORD @ D50
    return np.linalg.inv(BRADFORD) @ np.diag(wanted / seen) @ BRADFORD @ m


def fixed(*values):
    return b"".join(struct.pack(">i", round(float(v) * 65536)) for v in values)


def para_srgb():
    return b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def curv_gamma(g):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(g * 256)) + b"\0\0"


def para_gamma(g):
    return b"para\0\0\0\0" + struct.pack(">HH", 0, 0) + fixed(g)


def curv_table(f, n=256):
    body = b"".join(struct.pack(">H", round(65535 * f(i / (n - 1)))) for i in range(n))
    return b"curv\0\0\0\0" + struct.pack(">I", n) + body


def profile(space, tags, version=4, kind=b"mntr", pcs=b"XYZ "):
    tags = {b"desc": text("made for a test"), b"cprt": text("CC0"), b"wtpt": b"XYZ \0\0\0\0" + fixed(*D50), **tags}
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    size = start + len(body)
    head = struct.pack(">I4sB3x4s4s4s", size, b"\0\0\0\0", version, kind, space, pcs)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 24 + struct.pack(">I", 0) + fixed(*D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def text(s):
    u = s.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(u), 28) + u


def rgb_profile(primaries, curve, version=4, name="made for a test"):
    m = matrix(primaries)
    column = lambda i: b"XYZ \0\0\0\0" + fixed(*m[:, i])
    return profile(b"RGB ", {b"rXYZ": column(0), b"gXYZ": column(1), b"bXYZ": column(2),
                             b"rTRC": curve, b"gTRC": curve, b"bTRC": curve, b"desc": text(name)}, version)


def lab(x):
    x = np.asarray(x) / D50
    f = np.where(x > (6 / 29) ** 3, np.cbrt(x), x * (29 / 6) ** 2 / 3 + 4 / 29)
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def mft(kind, channels, grid, to_xyz):
    """A table of Lab values, in the encoding of lut8Type or lut16Type."""
    one = (lambda v, top: bytes([max(0, min(255, round(v * 255)))])) if kind == b"mft1" else \
        (lambda v, top: struct.pack(">H", max(0, min(65535, round(v * top)))))
    table = b""
    for c in itertools.product(range(grid), repeat=channels):
        l, a, b = lab(to_xyz(*(v / (grid - 1) for v in c)))
        table += one(l / 100, 0xff00) + one((a + 128) / (255 + 255 / 256 if kind == b"mft2" else 255), 65535) \
            + one((b + 128) / (255 + 255 / 256 if kind == b"mft2" else 255), 65535)
    head = kind + b"\0\0\0\0" + bytes([channels, 3, grid, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    if kind == b"mft1":
        curve = bytes(range(256))
        return head + curve * channels + table + curve * 3
    curve = struct.pack(">HH", 0, 65535)
    return head + struct.pack(">HH", 2, 2) + curve * channels + table + curve * 3


def ink_xyz(c, m, y, k):
    """Inks that let pass some of each band of light; paper is white, and full ink is not black."""
    r = (1 - 0.95 * c) * (1 - 0.10 * m) * (1 - 0.02 * y)
    g = (1 - 0.35 * c) * (1 - 0.85 * m) * (1 - 0.08 * y)
    b = (1 - 0.10 * c) * (1 - 0.45 * m) * (1 - 0.90 * y)
    return matrix(PRIMARIES["srgb"]) @ (np.array([r, g, b]) * (1 - 0.93 * k))


def scanner_xyz(r, g, b):
    return matrix(PRIMARIES["adobe"]) @ np.power([r, g, b], (2.0, 1.8, 2.3))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, image, *chunks):
    """Writes a PNG as Pillow does, with these chunks after its header."""
    b = io.BytesIO()
    image.save(b, "PNG")
    b = b.getvalue()
    with open(name, "wb") as f:
        f.write(b[:33] + b"".join(chunk(*c) for c in chunks) + b[33:])


def iccp(p):
    return b"iCCP", b"made\0\0" + zlib.compress(p, 9)


def chrm(primaries):
    return b"cHRM", b"".join(struct.pack(">I", round(v * 100000)) for pair in primaries for v in pair)


def gama(v):
    return b"gAMA", struct.pack(">I", round(v * 100000))


def truth(name, image, p):
    """What Little CMS makes of the pixels."""
    alpha = None
    if image.mode in ("RGBA", "LA"):
        alpha = image.getchannel("A")
        image = image.convert(image.mode[:-1])
    out = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(p)), ImageCms.createProfile("sRGB"),
                                    renderingIntent=1, outputMode="RGB", flags=0x2100)  # no table between the two: it is coarser than 8 bits
    if alpha is not None:
        a = np.asarray(alpha, float)[..., None] / 255
        out = Image.fromarray(np.uint8(np.asarray(out) * a + 255 * (1 - a) + 0.5))
    out.save(name + ".ppm")


def main():
    w, h = 16, 12
    colours = [(17 * x, (x * y * 37) % 256, 255 - 23 * y) for y in range(h) for x in range(w)]
    colours[:6] = [(200, 60, 40), (255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)]
    rgb = Image.new("RGB", (w, h))
    rgb.putdata(colours)
    rgba = rgb.copy()
    rgba.putalpha(Image.frombytes("L", (w, h), bytes((x * 17 + 40) % 256 for y in range(h) for x in range(w))))
    grey = Image.frombytes("L", (16, 16), bytes(range(256)))
    flat = Image.new("RGB", (32, 16))  # squares of 8 pixels: the cosine transform keeps them
    squares = [(200, 60, 40), (40, 180, 90), (60, 70, 200), (128, 128, 128), (230, 220, 60), (20, 20, 20), (250, 250, 250), (120, 30, 160)]
    flat.putdata([squares[x // 8 + 4 * (y // 8)] for y in range(16) for x in range(32)])

    p3 = rgb_profile(PRIMARIES["p3"], para_srgb())
    for name, image, p in (
        ("p3", rgb, p3),
        ("adobe", rgb, rgb_profile(PRIMARIES["adobe"], curv_gamma(563 / 256), version=2)),
        ("table", rgb, rgb_profile(PRIMARIES["ntsc"], curv_table(lambda v: v ** 1.7 * 0.9 + 0.1 * v), version=2)),
        ("p3alpha", rgba, p3),
        ("grey18", grey, profile(b"GRAY", {b"kTRC": curv_gamma(1.8)}, version=2)),
        ("greyonrgb", grey, profile(b"GRAY", {b"kTRC": para_gamma(1.5)})),
        ("scanner", rgb, profile(b"RGB ", {b"A2B0": mft(b"mft2", 3, 7, scanner_xyz)}, 2, b"scnr", b"Lab ")),
    ):
        truth(name, image, p)
        if name == "greyonrgb":  # grey pixels with an RGB profile are RGB with equal values
            p = rgb_profile(PRIMARIES["srgb"], para_gamma(1.5))
        png(name + ".png", image, iccp(p))

    # Stated by numbers, not by a profile.
    linear = rgb_profile(PRIMARIES["srgb"], para_gamma(1))
    truth("linear", rgb, linear)
    png("linear.png", rgb, gama(1))
    truth("gamma18", grey, profile(b"GRAY", {b"kTRC": para_gamma(1 / 0.55556)}))
    png("gamma18.png", grey, gama(0.55556))
    truth("chrm", rgb, rgb_profile(PRIMARIES["ntsc"], para_gamma(1 / 0.45455)))
    png("chrm.png", rgb, gama(0.45455), chrm(PRIMARIES["ntsc"]))
    truth("cicp", rgb, rgb_profile(PRIMARIES["2020"], para_srgb()))
    png("cicp.png", rgb, (b"cICP", bytes([9, 13, 0, 1])), gama(0.3))  # cICP comes before gAMA

    with open("../../../srgb.icc", "wb") as f:  # for the library's TIFF files
        f.write(rgb_profile(PRIMARIES["srgb"], para_srgb(), name="sRGB"))

    # The other formats.
    b = io.BytesIO()
    flat.save(b, "JPEG", quality=100, subsampling=0)
    b, half = b.getvalue(), len(p3) // 2
    app2 = lambda i, part: b"\xff\xe2" + struct.pack(">H", 16 + len(part)) + b"ICC_PROFILE\0" + bytes([i, 2]) + part
    with open("parts.jpg", "wb") as f:  # in two segments, the second first
        f.write(b[:2] + app2(2, p3[half:]) + app2(1, p3[:half]) + b[2:])
    truth("parts", Image.open("parts.jpg"), p3)
    inks = Image.new("CMYK", (32, 16))
    ink = [(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 255), (180, 140, 130, 230), (20, 120, 200, 40), (90, 60, 60, 10)]
    inks.putdata([ink[x // 8 + 4 * (y // 8)] for y in range(16) for x in range(32)])
    for name, kind in (("cmyk16", b"mft2"), ("cmyk8", b"mft1")):
        p = profile(b"CMYK", {b"A2B0": mft(kind, 4, 5, ink_xyz)}, 2, b"prtr", b"Lab ")
        inks.save(name + ".jpg", quality=100, subsampling=0, icc_profile=p)
        truth(name, Image.open(name + ".jpg"), p)
    rgb.save("p3.webp", lossless=True, icc_profile=p3)
    rgb.save("p3.tif", compression="tiff_adobe_deflate", icc_profile=p3)
    flat.save("lossy.webp", quality=100, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\0\0\x03\0\0\0\0")
    Image.open("lossy.webp").convert("RGB").rotate(180).save("lossy.ppm")


main()
