#!/usr/bin/env python3
"""Features of torchvision's own vgg16 and vgg19_bn, a thirty-second as wide, with random
weights. Writes NAME.pth by torch.save, and NAME.json: the features of every convolution
(after its batch normalisation) and ReLU, computed in float64 in evaluation mode. Run it in this
directory: /usr/bin/python3 generate.py (torchvision 0.14.1, torch 1.13.1).
"""
import json
import torch
from torchvision.models.vgg import VGG, cfgs, make_layers

HEIGHT, WIDTH = 34, 50
image = torch.rand(3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
image = (image * 255).round() / 255
mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).double()[:, :, None, None]

for name, letter, norm in [("vgg16", "D", False), ("vgg19_bn", "E", True)]:
    torch.manual_seed(7)
    narrow = [c if c == "M" else c // 32 for c in cfgs[letter]]
    net = torch.nn.Module()
    net.features = make_layers(narrow, batch_norm=norm)
    with torch.no_grad():
        for m in net.modules():
            if isinstance(m, torch.nn.Conv2d):
                m.bias.normal_(0, 0.3)
            if isinstance(m, torch.nn.BatchNorm2d):
                m.weight.uniform_(0.5, 1.5)
                m.bias.normal_(0, 0.3)
                m.running_mean.normal_(0, 0.5)
                m.running_var.uniform_(0.1, 2)
    torch.save(net.state_dict(), name + ".pth")
    net = net.double().eval()
    x, features, block, i = ((image - mean) / std)[None], {}, 1, 1
    with torch.no_grad():
        for k, m in enumerate(net.features):
            x = m(x)
            after = type(net.features[k + 1]) if k + 1 < len(net.features) else None
            if isinstance(m, torch.nn.MaxPool2d):
                block, i = block + 1, 1
            elif isinstance(m, torch.nn.ReLU):
                features[f"relu{block}_{i}"] = x
                i += 1
            elif after is torch.nn.ReLU:
                features[f"conv{block}_{i}"] = x.clone()
            if isinstance(m, torch.nn.ReLU):
                x = x.clone()  # make_layers' ReLUs work in place
    golden = {n: {"shape": list(f.shape[1:]), "norm": float(f.norm()), "first": f.flatten()[:8].tolist(), "last": f.flatten()[-8:].tolist()}
              for n, f in features.items()}
    with open(name + ".json", "w") as f:
        json.dump({"height": HEIGHT, "width": WIDTH, "image": (image * 255).round().int().flatten().tolist(), "features": golden}, f)
        f.write("\n")
