"""Published systems, each as that system computes: its own pixels, its own
reductions and weights, its own optimiser. Nothing is shared but the network's
convolutions. Written from the systems' sources; nothing is translated from Go.

A system is made of a network, a content and a style image (3 x H x W, whole numbers
0..255, RGB) and has

    x         the image being optimised, in the system's own units and order
    terms()   its loss as named lists of numbers, weighted as the system adds them
    losses(k) the loss at the starts of the first k+1 steps, as the system reports it
    pixels    what its units and order are: the gradient is compared in them
"""
import torch
import torch.nn.functional as F

from reference import Root, nine_point

BGR = [2, 1, 0]
CAFFE_MEAN = torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)  # B, G, R


class System:
    network = "vgg19"
    order = "rgb"
    white = 255.0  # what white is, in the units of x
    offset = torch.zeros(3, 1, 1)  # what was subtracted: x + offset is the picture

    def total(self):
        return sum(sum(v) for v in self.terms().values())

    def gradient(self):
        """With respect to x, once, in the order RGB."""
        self.x.grad = None
        self.total().backward()
        return self.rgb(self.x.grad.clone())

    def pulls(self):
        """The gradient of every term by itself, as gradient() has it."""
        return {name: self.rgb(torch.autograd.grad(sum(v), self.x, retain_graph=True)[0]) for name, v in self.terms().items()}

    def rgb(self, g):
        return g[BGR] if self.order == "bgr" else g

    def rate(self, i):
        """The learning rate of step i."""
        return 1.0

    def start(self):
        """The first image as a picture: RGB, white is 1."""
        return self.rgb((self.x.detach() + self.offset) / self.white)

    unit = False  # optimise the picture with white = 1 instead
    resolved = (0, 1, 2, 5, 10)  # steps whose loss float32 can be expected to get right

    def lbfgs(self, k, per_call=1, before=lambda: None, **options):
        """k+1 losses at the starts of torch's iterations, in calls of per_call of them."""
        u = leaf((self.x.detach() + self.offset) / self.white) if self.unit else self.x
        self.optimizer = {"kind": "lbfgs", "history": options.get("history_size", 100), "search": "line_search_fn" in options}
        optimizer = torch.optim.LBFGS([u], max_iter=per_call, **options)
        seen = []

        def closure():
            before()
            optimizer.zero_grad()
            if self.unit:
                self.x = u * self.white - self.offset
            loss = self.total()
            loss.backward()
            seen.append(loss.item())
            return loss

        found = []
        while len(found) <= k:
            seen.clear()
            optimizer.step(closure)
            # Without a search every evaluation begins an iteration. With one, calls
            # are of one iteration, which begins with the first evaluation.
            found += seen[:1] if "line_search_fn" in options else seen
        return found[:k + 1]


def leaf(x):
    return x.clone().requires_grad_()


def caffe(img):
    """BGR, 0..255, minus the mean."""
    return img[BGR] - CAFFE_MEAN


class Gatys2015(System):
    """Gatys, Ecker, Bethge 2015, equations 1 to 7."""
    resolved = (0, 1)
    order, offset = "bgr", CAFFE_MEAN

    def __init__(self, net, content, style, noise):
        self.net = net
        self.x = leaf(noise(0.25 * 255, content.shape))
        self.P = net(caffe(content), pool="average")["relu4_2"].detach()
        self.A = [self.gram(net(caffe(style), pool="average")[l]).detach() for l in self.layers]

    layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]

    @staticmethod
    def gram(f):
        f = f.flatten(1)
        return f @ f.T

    def terms(self, alpha=1.0, beta=1e3):
        out = self.net(self.x, pool="average")
        content = 0.5 * ((out["relu4_2"] - self.P) ** 2).sum()
        style = []
        for layer, A in zip(self.layers, self.A):
            n, m = out[layer].shape[0], out[layer][0].numel()
            E = ((self.gram(out[layer]) - A) ** 2).sum() / (4 * n ** 2 * m ** 2)
            style.append(beta * 1 / 5 * E)
        return {"content": [alpha * content], "style": style}

    def losses(self, k):
        return self.lbfgs(k, lr=1, history_size=100, tolerance_grad=0, tolerance_change=0)


class GatysNotebook(System):
    """leongatys/PytorchNeuralStyleTransfer."""
    resolved = (0, 1)
    order, offset = "bgr", CAFFE_MEAN

    def __init__(self, net, content, style, noise):
        self.net = net
        prepare = lambda img: (img[BGR] / 255 - torch.tensor([0.40760392, 0.45795686, 0.48501961]).view(3, 1, 1)) * 255
        self.x = leaf(prepare(content))
        self.style_layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
        out = net(prepare(style))
        self.targets = [self.gram(out[l]).detach() for l in self.style_layers]
        self.content_target = net(prepare(content))["relu4_2"].detach()

    @staticmethod
    def gram(f):
        c, h, w = f.shape
        f = f.view(c, h * w)
        return f.mm(f.t()).div(h * w)

    def terms(self):
        out = self.net(self.x)
        weights = [1e3 / n ** 2 for n in [64, 128, 256, 512, 512]]
        style = [w * F.mse_loss(self.gram(out[l]), t) for w, l, t in zip(weights, self.style_layers, self.targets)]
        return {"content": [1e0 * F.mse_loss(out["relu4_2"], self.content_target)], "style": style}

    def losses(self, k):
        return self.lbfgs(k, per_call=20)


class JcJohnson(System):
    """jcjohnson/neural-style; its TVLoss has a backward pass only."""
    resolved = (0, 1)
    order, white, offset = "bgr", 256.0, CAFFE_MEAN

    def __init__(self, net, content, style, noise):
        self.net = net
        preprocess = lambda img: (img / 255)[BGR] * 256.0 - CAFFE_MEAN
        self.x = leaf(noise(0.001, content.shape))
        self.target = net(preprocess(content))["relu4_2"].detach()
        out = net(preprocess(style))
        self.style_targets = {l: self.gram(out[l]).detach() for l in ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]}

    @staticmethod
    def gram(f):
        flat = f.reshape(f.shape[0], -1)
        return flat.mm(flat.t()) / f.numel()

    def terms(self):
        out = self.net(self.x)
        crit = torch.nn.MSELoss()
        return {"content": [5e0 * crit(out["relu4_2"], self.target)],
                "style": [1e2 * crit(self.gram(out[l]), t) for l, t in self.style_targets.items()]}

    def tv_gradient(self, strength=1e-3):
        x, g = self.x.detach(), torch.zeros_like(self.x)
        x_diff = x[:, :-1, :-1] - x[:, :-1, 1:]
        y_diff = x[:, :-1, :-1] - x[:, 1:, :-1]
        g[:, :-1, :-1] += x_diff + y_diff
        g[:, :-1, 1:] -= x_diff
        g[:, 1:, :-1] -= y_diff
        return strength * g

    def pulls(self):
        return {**super().pulls(), "tv": self.rgb(self.tv_gradient())}

    def total(self):
        """Has the program's gradient; its value is the loss that the program reports."""
        pull = (self.tv_gradient() * self.x).sum()
        return super().total() + pull - pull.detach()

    def losses(self, k):  # torch7's optim.lbfgs: tolX = tolFun = -1
        return self.lbfgs(k, per_call=k + 1, lr=1, history_size=100, tolerance_grad=-1, tolerance_change=-1)


class NeuralStylePt(System):
    """ProGamerGov/neural-style-pt."""
    resolved = (0, 1)
    order, offset = "bgr", CAFFE_MEAN

    def __init__(self, net, content, style, noise):
        self.net = net
        self.x = leaf(noise(0.001, content.shape))
        self.target = net(caffe(content))["relu4_2"].detach()
        self.styles = {l: self.gram(f).detach() for l, f in net(caffe(style)).items() if l in ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")}

    @staticmethod
    def gram(f):
        flat = f.view(f.size(0), -1)
        return torch.mm(flat, flat.t()).div(f.nelement())

    def terms(self):
        out, crit, x = self.net(self.x), torch.nn.MSELoss(), self.x
        tv = 1e-3 * ((x[:, 1:, :] - x[:, :-1, :]).abs().sum() + (x[:, :, 1:] - x[:, :, :-1]).abs().sum())
        return {"content": [crit(out["relu4_2"], self.target) * 5e0],
                "style": [1e2 * crit(self.gram(out[l]), t) for l, t in self.styles.items()],
                "tv": [tv]}

    def losses(self, k):
        return self.lbfgs(k, per_call=k + 1, history_size=100, tolerance_change=-1, tolerance_grad=-1)


class TensorFlowAdam:
    """tf.train.AdamOptimizer and Keras' Adam: epsilon is the paper's epsilon hat."""

    def __init__(self, rate, beta1, beta2, epsilon):
        self.rate, self.beta1, self.beta2, self.epsilon, self.t, self.m, self.v = rate, beta1, beta2, epsilon, 0, 0, 0

    def step(self, x):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * x.grad
        self.v = self.beta2 * self.v + (1 - self.beta2) * x.grad ** 2
        rate = self.rate * (1 - self.beta2 ** self.t) ** 0.5 / (1 - self.beta1 ** self.t)
        with torch.no_grad():
            x -= rate * self.m / (self.v.sqrt() + self.epsilon)


def first_order(system, step, k):
    """The losses at the starts of k+1 steps of a method that needs the gradient alone."""
    found = []
    for i in range(k + 1):
        system.x.grad = None
        loss = system.total()
        loss.backward()
        found.append(loss.item())
        step(i)
    return found


class Anishathalye(System):
    """anishathalye/neural-style: RGB, and weights whose first layer takes RGB."""
    order, offset = "rgb", CAFFE_MEAN[BGR]

    def __init__(self, net, content, style, noise):
        self.net = lambda x: net(x, rgb=True)
        mean_pixel = torch.tensor([123.68, 116.779, 103.939]).view(3, 1, 1)
        self.x = leaf(noise(0.256, content.shape))
        self.content = self.net(content - mean_pixel)["relu4_2"].detach()
        out = self.net(style - mean_pixel)
        self.style = {l: self.gram(out[l]).detach() for l in ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]}

    @staticmethod
    def gram(f):
        rows = f.permute(1, 2, 0).reshape(-1, f.shape[0])
        return rows.T @ rows / rows.numel()

    def terms(self):
        l2 = lambda t: (t ** 2).sum() / 2  # tf.nn.l2_loss
        out, x = self.net(self.x), self.x
        content = 5e0 * 1.0 * (2 * l2(out["relu4_2"] - self.content) / self.content.numel())
        style = [5e2 * 0.2 * 2 * l2(self.gram(out[l]) - g) / g.numel() for l, g in self.style.items()]
        dy, dx = x[:, 1:, :] - x[:, :-1, :], x[:, :, 1:] - x[:, :, :-1]
        tv = 1e2 * 2 * (l2(dy) / dy.numel() + l2(dx) / dx.numel())
        return {"content": [content], "style": style, "tv": [tv]}

    def losses(self, k):
        self.optimizer = {"kind": "adam"}
        adam = TensorFlowAdam(self.rate(0), 0.9, 0.999, 1e-8)
        return first_order(self, lambda i: adam.step(self.x), k)

    def rate(self, i):
        return 1e1


class Cysmith(System):
    """cysmith/neural-style-tf. Its optimiser is SciPy's; here torch's nearest to it."""
    resolved = (0,)
    order, offset = "bgr", CAFFE_MEAN

    def __init__(self, net, content, style, noise):
        assert content.shape == style.shape
        self.net = lambda x: net(x, pool="average")
        self.x = leaf(caffe(content))
        self.p = self.net(caffe(content))["conv4_2"].detach()
        self.a = {l: f.detach() for l, f in self.net(caffe(style)).items() if l in ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")}

    def terms(self):
        out, x = self.net(self.x), self.x
        d, h, w = self.p.shape
        K = 1.0 / (2.0 * d ** 0.5 * (h * w) ** 0.5)
        content = 5e0 * K * (out["conv4_2"] - self.p).pow(2).sum() * 1.0 / 1
        style = []
        for layer, a in self.a.items():
            N, M = a.shape[0], a.shape[1] * a.shape[2]
            gram = lambda f: f.reshape(N, M) @ f.reshape(N, M).T
            loss = (1.0 / (4 * N ** 2 * M ** 2)) * (gram(out[layer]) - gram(a)).pow(2).sum()
            style.append(1e4 * loss * 0.2 / 5.0)
        tv = 1e-3 * ((x[:, 1:] - x[:, :-1]).abs().sum() + (x[:, :, 1:] - x[:, :, :-1]).abs().sum())
        return {"content": [content], "style": style, "tv": [tv]}

    def losses(self, k):
        return self.lbfgs(k, lr=1, history_size=10, max_eval=100, tolerance_grad=0, tolerance_change=0, line_search_fn="strong_wolfe")


class Keras(System):
    """keras.io/examples/generative/neural_style_transfer."""
    order, offset = "bgr", CAFFE_MEAN

    def __init__(self, net, content, style, noise):
        assert content.shape == style.shape
        self.net = net
        self.base, self.reference = caffe(content), caffe(style)
        self.x = leaf(self.base)
        self.rows, self.columns = content.shape[1:]

    def terms(self):
        combination, base, reference = (self.net(x) for x in (self.x, self.base, self.reference))
        content = 2.5e-8 * (combination["relu5_2"] - base["relu5_2"]).square().sum()
        gram = lambda f: f.reshape(f.shape[0], -1) @ f.reshape(f.shape[0], -1).T
        style = []
        layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
        for layer in layers:
            S, C = gram(reference[layer]), gram(combination[layer])
            channels, size = 3, self.rows * self.columns
            sl = (S - C).square().sum() / (4.0 * channels ** 2 * size ** 2)
            style.append((1e-6 / len(layers)) * sl)
        x = self.x
        a = (x[:, :-1, :-1] - x[:, 1:, :-1]).square()
        b = (x[:, :-1, :-1] - x[:, :-1, 1:]).square()
        return {"content": [content], "style": style, "tv": [1e-6 * (a + b).pow(1.25).sum()]}

    def losses(self, k):
        self.optimizer = {"kind": "sgd"}

        def sgd(i):
            with torch.no_grad():
                self.x -= self.rate(i) * self.x.grad
        return first_order(self, sgd, k)

    def rate(self, i):
        return 100.0 * 0.96 ** (i / 100)


class TensorFlow(System):
    """tensorflow.org/tutorials/generative/style_transfer."""
    order, white = "rgb", 1.0

    def __init__(self, net, content, style, noise):
        self.net = lambda inputs: net((inputs * 255.0)[BGR] - CAFFE_MEAN)
        self.x = leaf(content / 255)
        self.style_layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
        out = self.net(style / 255)
        self.style_targets = [self.gram(out[l]).detach() for l in self.style_layers]
        self.content_target = self.net(content / 255)["relu5_2"].detach()

    @staticmethod
    def gram(f):
        return torch.einsum("cij,dij->cd", f, f) / (f.shape[1] * f.shape[2])

    def terms(self):
        out, x = self.net(self.x), self.x
        style = [((self.gram(out[l]) - t) ** 2).mean() * 1e-2 / 5 for l, t in zip(self.style_layers, self.style_targets)]
        content = ((out["relu5_2"] - self.content_target) ** 2).mean() * 1e4 / 1
        tv = 30 * ((x[:, 1:] - x[:, :-1]).abs().sum() + (x[:, :, 1:] - x[:, :, :-1]).abs().sum())
        return {"content": [content], "style": style, "tv": [tv]}

    def losses(self, k):
        self.optimizer = {"kind": "adam"}
        adam = TensorFlowAdam(self.rate(0), 0.99, 0.999, 1e-1)

        def step(i):
            adam.step(self.x)
            with torch.no_grad():
                self.x.clamp_(0, 1)
        return first_order(self, step, k)

    def rate(self, i):
        return 0.02


class PyTorch(System):
    """pytorch.org/tutorials/advanced/neural_style_tutorial."""
    order, white = "rgb", 1.0
    layers = ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"]

    def __init__(self, net, content, style, noise):
        assert content.shape == style.shape
        mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
        std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
        self.net = lambda img: net((img - mean) / std)
        self.x = leaf(content / 255)
        self.target = self.net(content / 255)["conv2_2"].detach()
        out = self.net(style / 255)
        self.grams = {l: self.gram(out[l]).detach() for l in self.layers}

    @staticmethod
    def gram(f):
        b, c, d = f.shape
        features = f.view(b, c * d)
        return torch.mm(features, features.t()).div(b * c * d)

    def terms(self):
        out = self.net(self.x)
        return {"content": [F.mse_loss(out["conv2_2"], self.target) * 1],
                "style": [F.mse_loss(self.gram(out[l]), g) * 1000000 for l, g in self.grams.items()]}

    def losses(self, k):
        def clamp():
            with torch.no_grad():
                self.x.clamp_(0, 1)
        return self.lbfgs(k, per_call=20, before=clamp)


class Gordicaleksa(System):
    """gordicaleksa/pytorch-neural-style-transfer: torchvision's network with its
    in-place ReLUs, one of which works on what was returned as conv4_2."""
    resolved = (0,)
    order = "rgb"
    offset = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)

    def __init__(self, net, content, style, noise):
        self.net = lambda x: net(x, inplace=True)
        self.x = leaf(content - self.offset)
        self.style_layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
        self.content = self.net(content - self.offset)["conv4_2"].detach()
        out = self.net(style - self.offset)
        self.grams = [self.gram(out[l]).detach() for l in self.style_layers]

    @staticmethod
    def gram(f):
        ch, h, w = f.shape
        features = f.view(ch, w * h)
        return features.mm(features.t()) / (ch * h * w)

    def terms(self):
        out, y = self.net(self.x), self.x
        content = torch.nn.MSELoss(reduction="mean")(self.content, out["conv4_2"])
        style = [3e4 * torch.nn.MSELoss(reduction="sum")(g, self.gram(out[l])) / 5 for g, l in zip(self.grams, self.style_layers)]
        tv = (y[:, :, :-1] - y[:, :, 1:]).abs().sum() + (y[:, :-1, :] - y[:, 1:, :]).abs().sum()
        return {"content": [1e5 * content], "style": style, "tv": [1e0 * tv]}

    def losses(self, k):
        return self.lbfgs(k, max_eval=100, tolerance_grad=0, tolerance_change=0, history_size=100, line_search_fn="strong_wolfe")


class Crowson(System):
    """crowsonkb/style-transfer-pytorch."""
    order, white = "rgb", 1.0
    style_layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]

    def __init__(self, net, content, style, noise=None):
        mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
        std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
        self.net = lambda img: net((img - mean) / std, edge=True)
        self.x = leaf(content / 255)
        self.content = self.net(content / 255)["relu4_2"].detach()
        out = self.net(style / 255)
        self.targets = []
        for layer in self.style_layers:
            nu, cov = self.moments(out[layer])
            self.targets.append((nu.detach(), cov.detach(), Root.apply(cov.detach(), 12)))

    @staticmethod
    def moments(f, eps=1e-4):
        mean = f.mean([1, 2])
        srm = torch.einsum("chw,dhw->cd", f, f) / (f.shape[1] * f.shape[2])
        return mean, srm - torch.outer(mean, mean) + torch.eye(len(mean)) * eps

    def terms(self):
        out, weights, style = self.net(self.x), [256, 64, 16, 4, 1], []
        for layer, w, (nu, a, root) in zip(self.style_layers, weights, self.targets):
            mean, cov = self.moments(out[layer])
            sqrt_term = Root.apply(root @ cov @ root, 12)
            style.append(w / 341 * (((mean - nu) ** 2).mean() + torch.diagonal(a + cov - 2 * sqrt_term).mean()))
        content = 0.015 * ((out["relu4_2"] - self.content) ** 2).mean()
        return {"content": [content], "style": style, "tv": [2.0 * nine_point(self.x)]}

    def adam(self):
        return torch.optim.Adam([self.x], lr=self.rate(0), betas=(0.9, 0.99))

    def step(self, adam):
        adam.step()
        with torch.no_grad():
            self.x.clamp_(0, 1)

    def losses(self, k):
        self.optimizer, adam = {"kind": "adam"}, self.adam()
        return first_order(self, lambda i: self.step(adam), k)

    def rate(self, i):
        return 0.02

    @classmethod
    def run(cls, net, pictures, steps):
        """The losses at the starts of the steps of all stages, and the average at the end."""
        losses, system = [], None
        resize = lambda x, like, mode: F.interpolate(x[None], like.shape[1:], mode=mode, align_corners=False)[0]
        for content, style in pictures:
            last, system = system, cls(net, content, style)
            adam = system.adam()
            if last is not None:
                with torch.no_grad():
                    system.x.copy_(resize(average, content, "bicubic").clamp(0, 1))
                state = moments.state_dict()
                for group in state["state"].values():
                    group["exp_avg"] = resize(group["exp_avg"], content, "bicubic")
                    group["exp_avg_sq"] = resize(group["exp_avg_sq"], content, "bilinear").relu()
                adam.load_state_dict(state)
            sums, accum = 0.01 * system.x.detach(), 0.99  # the first image counts, too
            found = []
            for _ in range(steps):
                system.x.grad = None
                loss = system.total()
                loss.backward()
                found.append(loss.item())
                system.step(adam)
                accum *= 0.99
                sums = sums * 0.99 + 0.01 * system.x.detach()
            average, moments = sums / (1 - accum), adam
            losses.append(found)
        return losses, average


class Titu1994(Keras):
    """titu1994/Neural-Style-Transfer, INetwork.py: the older Keras example with the improvements of
    Novak and Nikulin 2016. Its optimiser is SciPy's; here torch's nearest to it."""
    network = "vgg16"
    layers = ["relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2", "relu3_3",
              "relu4_1", "relu4_2", "relu4_3", "relu5_1", "relu5_2", "relu5_3"]
    resolved = (0,)

    def terms(self):
        combination, base, reference = (self.net(x) for x in (self.x, self.base, self.reference))
        content = 0.025 * 1.0 * (combination["relu5_2"] - base["relu5_2"]).square().sum()

        def gram(f):
            features = f.reshape(f.shape[0], -1)
            return (features - 1) @ (features - 1).T

        def style_loss(layer):
            return (gram(reference[layer]) - gram(combination[layer])).square().sum() / (4.0 * 3 ** 2 * (self.rows * self.columns) ** 2)

        nb_layers, style = len(self.layers) - 1, []
        for i in range(nb_layers):
            sl = style_loss(self.layers[i]) - style_loss(self.layers[i + 1])
            style.append(1.0 / 2 ** (nb_layers - (i + 1)) * sl)
        x = self.x
        a = (x[:, :-1, :-1] - x[:, 1:, :-1]).square()
        b = (x[:, :-1, :-1] - x[:, :-1, 1:]).square()
        return {"content": [content], "style": style, "tv": [8.5e-5 * (a + b).pow(1.25).sum()]}

    def losses(self, k):
        return self.lbfgs(k, lr=1, history_size=10, max_eval=100, tolerance_grad=0, tolerance_change=0, line_search_fn="strong_wolfe")

    def rate(self, i):
        return 1.0


SYSTEMS = {  # by preset; and how the program sizes its style image
    "gatys2015": (Gatys2015, "same"),
    "gatys-notebook": (GatysNotebook, "short"),
    "jcjohnson": (JcJohnson, "long"),
    "neural-style-pt": (NeuralStylePt, "long"),
    "anishathalye": (Anishathalye, "columns"),
    "cysmith": (Cysmith, "same"),
    "keras": (Keras, "same"),
    "tensorflow": (TensorFlow, "long"),
    "pytorch": (PyTorch, "same"),
    "gordicaleksa": (Gordicaleksa, "rows"),
    "crowson": (Crowson, "long"),
    "titu1994": (Titu1994, "same"),
}
