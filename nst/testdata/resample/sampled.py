"""Resized pictures of tf.image.resize, bilinear without antialiasing: sampled.json.

    python3 sampled.py > sampled.json      (TensorFlow 2.21)

Pixels are (37 x + 91 y + 53 c + 7 x y) mod 256 / 255. Results are the bits of float32, by colour,
row and column.
"""
import json

import numpy as np
import tensorflow as tf

cases = []
for width, height, to_width, to_height in ((7, 5, 4, 3), (9, 6, 11, 13), (6, 5, 6, 2), (40, 3, 7, 3)):
    y, x, c = np.mgrid[:height, :width, :3]
    image = ((37 * x + 91 * y + 53 * c + 7 * x * y) % 256).astype("float32") / np.float32(255)
    out = tf.image.resize(tf.constant(image), [to_height, to_width]).numpy()
    cases.append({"from": [width, height], "to": [to_width, to_height], "bits": out.transpose(2, 0, 1).ravel().view("uint32").tolist()})
print("[" + ",\n".join(json.dumps(c) for c in cases) + "]")
