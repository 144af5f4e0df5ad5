"""Writes planes.json: three planes of 7 x 5 resampled by PyTorch's interpolate, as
crowson's program resamples the image and Adam's moments between two scales."""

import json

import torch
import torch.nn.functional as F

w, h = 7, 5
x = torch.tensor([((i * 37) % 101 - 30) / 64 for i in range(3 * w * h)]).reshape(1, 3, h, w)
cases = []
for mode in ["bicubic", "bilinear"]:
    for width, height in [(10, 7), (14, 10), (8, 5), (7, 6)]:
        y = F.interpolate(x, (height, width), mode=mode, align_corners=False)
        cases.append({"mode": mode, "width": width, "height": height, "values": [round(v, 7) for v in y.flatten().tolist()]})
json.dump({"torch": torch.__version__, "cases": cases}, open("planes.json", "w"))
