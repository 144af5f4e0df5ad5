#!/usr/bin/env python3
"""Makes the images of this folder and, with an independent reader, their pixels.

Needs Python 3 (standard library only) and ImageMagick 6 or 7 (`convert`):

    cd nst/testdata/images && python3 generate.py

The PNG files are written here, bit by bit, so that their kind is certain; the
JPEG files are encoded by ImageMagick. For each x.png or x.jpg, x.ppm holds what
ImageMagick reads from it: turned upright, on white, 16 bits a channel.
"""
import os
import struct
import subprocess
import zlib

MAGICK = ["convert"]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, width, height, depth, colour, rows, extra=b"", interlace=0, raw=None):
    """rows: a list of the bytes of each row; raw: filtered scan lines of all passes."""
    scan = raw if raw is not None else b"".join(b"\0" + r for r in rows)
    with open(name, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n")
        f.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)))
        f.write(extra)
        f.write(chunk(b"IDAT", zlib.compress(scan, 9)))
        f.write(chunk(b"IEND", b""))


def exif(orientation, order):
    """A TIFF with IFD0 (the orientation) and IFD1 (the thumbnail's, which is to be ignored)."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    first = struct.pack(order + "HHHIHH", 1, 0x0112, 3, 1, orientation, 0)
    second = struct.pack(order + "HHHIHH", 1, 0x0112, 3, 1, 3 if orientation != 3 else 8, 0)
    head = mark + struct.pack(order + "I", 8)
    return head + first + struct.pack(order + "I", 8 + len(first) + 4) + second + struct.pack(order + "I", 0)


def write_ppm(name, width, height, pixels):
    with open(name, "wb") as f:
        f.write(b"P6 %d %d 255\n" % (width, height) + bytes(v for p in pixels for v in p))


def truth(name):
    out = os.path.splitext(name)[0] + ".ppm"
    subprocess.run(MAGICK + [name, "-auto-orient", "-background", "white", "-alpha", "remove", "-alpha", "off",
                             "-colorspace", "sRGB", "-strip", "-depth", "16", out], check=True)


def main():
    names = []

    # 16 bits: neighbours differ in the low byte, so that 8 bits would flatten them.
    rows = []
    for y in range(4):
        row = b""
        for x in range(33):
            v = 30000 + 3 * (x + 33 * y)
            row += struct.pack(">HHH", v, 65535 - v, (x * 1987 + y * 77) % 65536)
        rows.append(row)
    png("rgb16.png", 33, 4, 16, 2, rows)
    names.append("rgb16.png")

    # 16 bits with alpha.
    rows = [b"".join(struct.pack(">HHHH", 4000 * x, 65535 - 4000 * x, 777, 65535 * (x + 12 * y) // 35) for x in range(12))
            for y in range(3)]
    png("rgba16.png", 12, 3, 16, 6, rows)
    names.append("rgba16.png")

    # Grey of 1, 8 and 16 bits, and 8 bits with alpha.
    png("grey1.png", 11, 3, 1, 0, [bytes([0b10110011, 0b01000000]), bytes([0b00001111, 0b10100000]), bytes([0xff, 0])])
    png("grey8.png", 16, 2, 8, 0, [bytes(range(0, 256, 16)), bytes(range(255, -1, -16))])
    png("grey16.png", 9, 2, 16, 0, [struct.pack(">9H", *range(100, 1000, 100)), struct.pack(">9H", *range(65000, 65009))])
    png("greyalpha.png", 16, 3, 8, 4, [bytes(v for x in range(16) for v in (17 * x, 255 - 15 * x * (y + 1) // 3)) for y in range(3)])
    names += ["grey1.png", "grey8.png", "grey16.png", "greyalpha.png"]

    # A palette of four colours, two of them translucent.
    palette = bytes([255, 0, 0, 0, 200, 0, 10, 20, 250, 90, 90, 0])
    png("palette.png", 6, 4, 8, 3, [bytes((x + y) % 4 for x in range(6)) for y in range(4)],
        extra=chunk(b"PLTE", palette) + chunk(b"tRNS", bytes([255, 128, 0])))
    names.append("palette.png")

    # 8 bits RGBA, interlaced (Adam7).
    width, height = 9, 7
    pixel = lambda x, y: bytes([28 * x, 36 * y, (x * y * 5) % 256, 255 - 20 * x])
    raw = b""
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        for y in range(y0, height, dy):
            line = b"".join(pixel(x, y) for x in range(x0, width, dx))
            if line:
                raw += b"\0" + line
    png("interlaced.png", width, height, 8, 6, None, interlace=1, raw=raw)
    names.append("interlaced.png")

    # PNG with an orientation, the picture 5 x 3 as stored.
    png("eXIf6.png", 5, 3, 8, 2, [bytes(v for x in range(5) for v in (50 * x, 80 * y, 255 - 50 * x)) for y in range(3)],
        extra=chunk(b"eXIf", exif(6, ">")))

    # JPEG: one picture of 3 x 2 flat squares of 8 pixels (flat, so that the
    # cosine transform is the same however the picture lies), stored in the eight ways.
    squares = [[(250, 30, 20), (20, 200, 40), (30, 40, 220)], [(240, 230, 10), (128, 128, 128), (10, 10, 10)]]
    upright = lambda x, y: squares[y // 8][x // 8]
    w, h = 24, 16
    # For each orientation: the stored size, and where stored (x, y) stands in the upright picture.
    stored = {
        1: (w, h, lambda x, y: (x, y)),
        2: (w, h, lambda x, y: (w - 1 - x, y)),
        3: (w, h, lambda x, y: (w - 1 - x, h - 1 - y)),
        4: (w, h, lambda x, y: (x, h - 1 - y)),
        5: (h, w, lambda x, y: (y, x)),
        6: (h, w, lambda x, y: (w - 1 - y, x)),
        7: (h, w, lambda x, y: (w - 1 - y, h - 1 - x)),
        8: (h, w, lambda x, y: (y, h - 1 - x)),
    }
    for o, (sw, sh, place) in stored.items():
        write_ppm("stored.tmp", sw, sh, [upright(*place(x, y)) for y in range(sh) for x in range(sw)])
        name = "orientation%d.jpg" % o
        subprocess.run(MAGICK + ["ppm:stored.tmp", "-sampling-factor", "1x1", "-quality", "100", "-strip", name], check=True)
        data = open(name, "rb").read()
        body = b"Exif\0\0" + exif(o, "<" if o % 2 else ">")
        with open(name, "wb") as f:
            f.write(data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:])
        names.append(name)
    os.remove("stored.tmp")

    # JPEG: a smooth picture in grey, RGB (progressive) and CMYK.
    w, h = 40, 24
    write_ppm("smooth.tmp", w, h, [(6 * x, 10 * y, 255 - 3 * x - 5 * y) for y in range(h) for x in range(w)])
    for name, options in (("grey.jpg", ["-colorspace", "Gray"]),
                          ("progressive.jpg", ["-interlace", "JPEG", "-sampling-factor", "1x1"]),
                          ("cmyk.jpg", ["-colorspace", "CMYK", "-sampling-factor", "1x1"])):
        subprocess.run(MAGICK + ["ppm:smooth.tmp"] + options + ["-quality", "95", "-strip", name], check=True)
        names.append(name)
    os.remove("smooth.tmp")

    for name in names:
        truth(name)

    # The other reader must agree that the eight are one picture; then one file of pixels is enough.
    first = open("orientation1.ppm", "rb").read()
    for o in range(2, 9):
        name = "orientation%d.ppm" % o
        assert open(name, "rb").read() == first, name
        os.remove(name)


if __name__ == "__main__":
    main()
