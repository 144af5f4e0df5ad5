"""Peers of `nst bench` in TensorFlow and JAX: the networks, layers and losses of peer.py.

    python3 bench/peer/compiled.py --library jax --size 512 --network vgg19

prints the same JSON object as peer.py. The loss and its gradient are one compiled function:
tf.function, with --layout xla also compiled by XLA; jax.jit. TensorFlow uses oneDNN by itself on some
processors only; --layout onednn makes it. Maps are NHWC, which both prefer on
processors. The optimiser is Adam with a cheap step, where nst and PyTorch take the step of
L-BFGS, which costs more: this favours these libraries.
"""
import argparse
import json
import os
import statistics
import time

WARMUP = 2  # iterations not timed, as in nst bench
STYLE = {(b, 1) for b in range(1, 6)}
BLOCKS = [(2, 64), (2, 128), (4, 256), (4, 512), (1, 512)]


def tensorflow(o):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if o.layout == "onednn":
        os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(o.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    def compiled(loss):
        def both(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = loss(x)
            return value, tape.gradient(value, x)

        return tf.function(both, jit_compile=o.layout == "xla", autograph=False)

    return tf.__version__, dict(
        array=tf.constant, compiled=compiled, relu=tf.nn.relu, sum=tf.reduce_sum, mean=tf.reduce_mean,
        pool=lambda x: tf.nn.avg_pool2d(x, 2, 2, "VALID"),
        conv=lambda x, w, padding: tf.nn.conv2d(x, w, 1, padding),
        blur=lambda x, w: tf.nn.depthwise_conv2d(x, w, [1, 2, 2, 1], "VALID"),
        pad=lambda x, n: tf.pad(x, [[0, 0], [n, n], [n, n], [0, 0]], "SYMMETRIC"),
        gram=lambda f: tf.matmul(f, f, transpose_a=True), flat=lambda f: tf.reshape(f, [-1, f.shape[-1]]))


def jax(o):
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=true")
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import jax.numpy as jnp
    from jax import lax

    numbers = ("NHWC", "HWIO", "NHWC")
    return jax.__version__, dict(
        array=jnp.asarray, compiled=lambda loss: jax.jit(jax.value_and_grad(loss)), relu=jax.nn.relu, sum=jnp.sum, mean=jnp.mean,
        pool=lambda x: lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4,
        conv=lambda x, w, padding: lax.conv_general_dilated(x, w, (1, 1), padding, dimension_numbers=numbers),
        blur=lambda x, w: lax.conv_general_dilated(x, w.reshape(5, 5, 1, 3), (2, 2), "VALID", dimension_numbers=numbers, feature_group_count=3),
        pad=lambda x, n: jnp.pad(x, [(0, 0), (n, n), (n, n), (0, 0)], "symmetric"),
        gram=lambda f: f.T @ f, flat=lambda f: f.reshape(-1, f.shape[-1]))


def vgg19(k, np, rng, content, style):
    filters, channels = [], 3
    for count, width in BLOCKS:
        filters.append([])
        for _ in range(count):
            w = rng.normal(0, (2 / (9 * channels)) ** 0.5, (3, 3, channels, width))
            if channels > 3:
                w -= w.mean(2, keepdims=True)
            filters[-1].append(k["array"](w.astype("float32")))
            channels = width
    mean = k["array"](np.array([103.939, 116.779, 123.68], "float32"))

    def features(x):
        x, grams = x - mean, []
        for b, block in enumerate(filters, 1):
            if b > 1:
                x = k["pool"](x)
            for i, w in enumerate(block, 1):
                x = k["relu"](k["conv"](x, w, "SAME"))
                if (b, i) in STYLE:
                    f = k["flat"](x)
                    grams.append((k["gram"](f) / f.shape[0], f.shape[1]))
                if (b, i) == (4, 2):
                    of_content = x
        return grams, of_content

    targets, of_content = features(style)[0], features(content)[1]

    def loss(x):
        grams, c = features(x)
        total = 0.5 * k["sum"]((c - of_content) ** 2)
        for (g, n), (t, _) in zip(grams, targets):
            total = total + 200 / (4 * n * n) * k["sum"]((g - t) ** 2)
        return total

    return loss


def pyramid(k, np, rng, content, style):
    filters = [k["array"]((w / np.sqrt((w**2).sum((0, 1, 2)))).astype("float32")) for w in (rng.normal(size=(7, 7, 3, 96)) for _ in range(5))]
    line = np.array([1, 4, 6, 4, 1]) / 16
    blur = k["array"](np.repeat(np.outer(line, line)[:, :, None, None], 3, 2).astype("float32"))

    def features(x):
        x, maps = (x - 0.45) / 0.25, []
        for level, w in enumerate(filters):
            if level:
                x = k["blur"](k["pad"](x, 2), blur)
            maps.append(k["relu"](k["conv"](k["pad"](x, 3), w, "VALID")))
        return maps

    def gram(f):
        f = k["flat"](f)
        return k["gram"](f) / f.shape[0]

    of_content, targets = features(content), [gram(f) for f in features(style)]
    norms = [k["sum"](f**2) for f in of_content]
    sizes = [k["sum"](g**2) for g in targets]

    def loss(x):
        maps = features(x)
        total = 2 * (k["mean"]((x[:, :, 1:] - x[:, :, :-1]) ** 2) + k["mean"]((x[:, 1:] - x[:, :-1]) ** 2))
        for level in (2, 3):
            total = total + 0.2 * k["sum"]((maps[level] - of_content[level]) ** 2) / norms[level]
        for f, t, s in zip(maps, targets, sizes):
            total = total + 20 * k["sum"]((gram(f) - t) ** 2) / s
        return total

    return loss


def work(network, size):
    """Floating-point operations of an iteration, as peer.py counts them."""
    if network == "pyramid":
        return sum((4 * 49 * 3 * 96 + 4 * 96 * 96) * (-(-size // (1 << level))) ** 2 for level in range(5))
    total, channels = 0, 3
    for b, (count, n) in enumerate(BLOCKS):
        for i in range(count):
            m = (size >> b) ** 2
            total += 4 * 9 * channels * n * m + (4 * n * n * m if i == 0 else 0)
            channels = n
    return total


def peak_bytes():
    with open("/proc/self/status") as status:
        return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), 0)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--library", choices=["tensorflow", "jax"], required=True)
    a.add_argument("--size", type=int, default=512)
    a.add_argument("--network", choices=["vgg19", "pyramid"], default="vgg19")
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--iterations", type=int, default=10)
    a.add_argument("--layout", choices=["plain", "onednn", "xla"], default="plain")
    a.add_argument("--precision", choices=["float32"], default="float32")
    o = a.parse_args()

    import numpy as np

    version, k = {"tensorflow": tensorflow, "jax": jax}[o.library](o)
    rng = np.random.default_rng(1)
    white = 255.0 if o.network == "vgg19" else 1.0
    content, style = (k["array"]((np.clip(rng.normal(0.5, 0.25, (1, o.size, o.size, 3)), 0, 1) * white).astype("float32")) for _ in range(2))
    gradient = k["compiled"](globals()[o.network](k, np, rng, content, style))

    x = np.array(content)
    mean, square, seconds = np.zeros_like(x), np.zeros_like(x), []
    for i in range(1, WARMUP + o.iterations + 1):
        began = time.perf_counter()
        value, g = gradient(k["array"](x))
        value, g = float(value), np.asarray(g)
        mean += 0.1 * (g - mean)
        square += 0.001 * (g * g - square)
        x -= (0.02 * white / (1 - 0.9**i)) * mean / (np.sqrt(square / (1 - 0.999**i)) + 1e-8)
        if i > WARMUP:
            seconds.append(time.perf_counter() - began)
        if value != value:
            raise SystemExit("peer: the loss is not finite")
    median = statistics.median(seconds)
    print(json.dumps({
        "seconds_per_iteration": median, "gflops": work(o.network, o.size) / 1e9 / median, "peak_bytes": peak_bytes(),
        "isa": os.environ.get("DNNL_MAX_CPU_ISA", "").lower() or "best", "precision": o.precision, "threads": o.threads,
        "size": o.size, "network": o.network, "layout": o.layout, "version": f"{o.library} {version}",
    }))


main()
