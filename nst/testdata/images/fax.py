#!/usr/bin/env python3
"""Makes faxblack.tif and faxwhite.tif and, with an independent reader, their pixels.

Needs Debian's python3-pil (9.4.0), which encodes with libtiff, and python3-opencv (4.6.0), which reads with it:

    cd nst/testdata/images && /usr/bin/python3 fax.py

Both are coded as a fax machine codes black and white (TIFF 6.0, section 11). They have the same runs, and differ in
PhotometricInterpretation only: in faxblack.tif a bit of 0 is black, in faxwhite.tif white. So one is the negative of the other.
"""
import struct

import cv2
from PIL import Image

WIDTH, HEIGHT = 19, 5


def write(name, data):
    with open(name, "wb") as f:
        f.write(data)
    grey = cv2.imread(name, cv2.IMREAD_GRAYSCALE)
    assert grey.shape == (HEIGHT, WIDTH)
    with open(name.replace(".tif", ".ppm"), "wb") as f:
        f.write(b"P6\n%d %d\n65535\n" % (WIDTH, HEIGHT) + b"".join(struct.pack(">HHH", *[257 * int(v)] * 3) for v in grey.flat))


def main():
    Image.frombytes("1", (WIDTH, HEIGHT), bytes((37 * i * i + 11) % 256 for i in range(3 * HEIGHT))).save("faxblack.tif", compression="group4")
    data = bytearray(open("faxblack.tif", "rb").read())
    write("faxblack.tif", bytes(data))
    directory = struct.unpack("<I", data[4:8])[0]
    for at in range(directory + 2, directory + 2 + 12 * struct.unpack("<H", data[directory:directory + 2])[0], 12):
        if struct.unpack("<H", data[at:at + 2])[0] == 262:  # PhotometricInterpretation
            assert data[at + 8] == 1
            data[at + 8] = 0
    write("faxwhite.tif", bytes(data))


if __name__ == "__main__":
    main()
