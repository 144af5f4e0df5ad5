"""Weight files of other libraries, and published systems under the libraries they use."""

import os
import pathlib

from tools import Left, metrics, require, runs


def weights():
    """VGG-19's published weights as safetensors, in Caffe's order of colours."""
    path = os.environ.get("NST_VGG19", "")
    if not os.path.isfile(path):
        raise Left("needs the weights of VGG-19 as a safetensors file: set NST_VGG19")
    return pathlib.Path(path)


NAMES = [f"conv{block}_{i}" for block, n in enumerate([2, 2, 4, 4, 4], 1) for i in range(1, n + 1)]


def random_layers():
    """Small random convolutions in the shapes of VGG-19, as OIHW."""
    import numpy as np

    rng, layers, channels = np.random.default_rng(1), [], 3
    for block, (width, n) in enumerate([(64, 2), (128, 2), (256, 4), (512, 4), (512, 4)], 1):
        for i in range(1, n + 1):
            layers.append((f"conv{block}_{i}", rng.normal(0, 0.05, (width, channels, 3, 3)).astype("float32"), rng.normal(0, 0.1, width).astype("float32")))
            channels = width
    return layers


def torch_names(layers):
    positions = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
    return {f"features.{p}.{kind}": v for p, (_, w, b) in zip(positions, layers) for kind, v in (("weight", w), ("bias", b))}


def read_back(bench, files, layers):
    """Converts each file with nst, and compares all values."""
    import numpy as np
    from safetensors.numpy import load_file

    for path in files:
        to = bench.work / "converted.safetensors"
        to.unlink(missing_ok=True)
        bench.nst("weights", "convert", path, to)
        got = load_file(to)
        require(len(got) == 32, f"{path.name}: {len(got)} tensors")
        want = {f"{name}.{kind}": v for name, w, b in layers for kind, v in (("weight", w), ("bias", b))}
        for name, v in want.items():
            require(name in got and np.array_equal(got[name].astype("float32"), v), f"{path.name}: {name} differs")
    return f"read exactly: {', '.join(f.name for f in files)}"


def safetensors(bench):
    import numpy as np
    from safetensors.numpy import save_file

    layers, to = random_layers(), bench.fresh("safetensors-files")
    to.mkdir()
    save_file(torch_names(layers), to / "torchvision-names.safetensors")
    save_file({f"{n}.{k}": v for n, w, b in layers for k, v in (("weight", w), ("bias", b))}, to / "paper-names.safetensors", metadata={"made by": "a check"})
    return read_back(bench, sorted(to.iterdir()), layers)


def torch(bench):
    try:
        import torch as library
    except ImportError:
        raise Left("torch is not in requirements.txt, because its wheel brings 3 GB; bin/interop/env/bin/pip install torch adds it")
    layers, to = random_layers(), bench.fresh("torch-files")
    to.mkdir()
    state = {k: library.from_numpy(v) for k, v in torch_names(layers).items()}
    library.save(state, to / "state-dict.pth")
    library.save(state, to / "old-format.pth", _use_new_zipfile_serialization=False)
    library.save({"epoch": 3, "state_dict": state}, to / "checkpoint.pth")
    library.save({k: library.nn.Parameter(v) for k, v in state.items()}, to / "parameters.pth")
    library.save({"module." + k: v for k, v in state.items()}, to / "data-parallel.pth")
    return read_back(bench, sorted(to.iterdir()), layers)


def keras_model(layers, size=None):
    import keras

    model = keras.applications.VGG19(weights=None, include_top=False)
    convolutions = [l for l in model.layers if "conv" in l.name]
    for layer, (_, w, b) in zip(convolutions, layers, strict=True):
        layer.set_weights([w.transpose(2, 3, 1, 0), b])
    return model


def keras_files(bench):
    layers, to = random_layers(), bench.fresh("keras-files")
    to.mkdir()
    model = keras_model(layers)
    model.save_weights(to / "vgg19.weights.h5")
    model.save(to / "vgg19.keras")
    model.save(to / "vgg19-legacy.h5")
    return read_back(bench, sorted(to.iterdir()), layers)


def genuine():
    from safetensors.numpy import load_file

    file = load_file(weights())
    return [(n, file[n + ".weight"].astype("float32"), file[n + ".bias"].astype("float32")) for n in NAMES]


STEPS = [1, 2, 5, 10, 100]


# The published size of the systems takes minutes on a quiet machine; INTEROP_SIZE=96 takes less.
SIZE = int(os.environ.get("INTEROP_SIZE", 0))


def ours(bench, preset, size, *settings):
    """The losses of the workbench at the steps, under the same preset."""
    where = bench.fresh("system-" + preset)
    bench.nst("sweep", "preset:" + preset, "--set", f"images.content={bench.root}/configs/pictures/town.png",
              "--set", f"images.style={bench.root}/configs/pictures/swirls.png", "--set", f"images.size={size}",
              "--set", f"network.weights={weights()}", "--set", f"run.steps={STEPS[-1]}",
              *(a for s in settings for a in ("--set", s)), "--results", where)
    (experiment,) = [d for d in where.iterdir() if d.is_dir()]
    rows = metrics(runs(experiment)[0])
    return {s: float(next(r["total"] for r in rows if int(r["step"]) == s - 1)) for s in STEPS}


def compare(bench, preset, size, losses, tolerance, *settings):
    mine = ours(bench, preset, size, *settings)
    text = "; ".join(f"step {s}: {losses[s]:.6g} and {mine[s]:.6g} ({100 * (mine[s] / losses[s] - 1):+.2g} %)" for s in STEPS)
    for s in STEPS:
        require(abs(mine[s] / losses[s] - 1) <= tolerance[s], f"step {s}: {losses[s]:.8g} there, {mine[s]:.8g} here ({text})")
    return f"losses there and here at {size} pixels{''.join(', ' + s for s in settings)}: {text}"


STYLE = ["block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1"]
# The first loss shows whether the objectives are the same. The paths then drift apart, with
# the tutorial by 0.08 % at step 5 and 0.7 % at step 100; the cause was not traced.
TOLERANCE = {1: 1e-4, 2: 1e-3, 5: 1e-2, 10: 1e-2, 100: 1e-2}


def keras_example(bench, rows=SIZE or 400):
    """keras.io/examples/generative/neural_style_transfer, by its formulas, in Keras and TensorFlow."""
    import keras
    import tensorflow as tf

    pictures = bench.root / "configs" / "pictures"
    layers = genuine()
    width, height = keras.utils.load_img(pictures / "town.png").size
    columns = int(width * rows / height)

    def load(name):
        image = keras.utils.img_to_array(keras.utils.load_img(pictures / name, target_size=(rows, columns)))
        return tf.convert_to_tensor(keras.applications.vgg19.preprocess_input(image[None]))

    base, style = load("town.png"), load("swirls.png")
    x = tf.Variable(base)
    model = keras_model(layers)
    features = keras.Model(model.inputs, [model.get_layer(n).output for n in STYLE + ["block5_conv2"]])

    def gram(f):
        f = tf.reshape(tf.transpose(f, (2, 0, 1)), (f.shape[-1], -1))
        return f @ tf.transpose(f)

    def loss():
        *of_style, of_content = features(tf.concat([base, style, x], axis=0))
        total = 2.5e-8 * tf.reduce_sum(tf.square(of_content[2] - of_content[0]))
        for f in of_style:
            total += 1e-6 / len(STYLE) * tf.reduce_sum(tf.square(gram(f[1]) - gram(f[2]))) / (4.0 * 3**2 * (rows * columns) ** 2)
        a = tf.square(x[:, : rows - 1, : columns - 1] - x[:, 1:, : columns - 1])
        b = tf.square(x[:, : rows - 1, : columns - 1] - x[:, : rows - 1, 1:])
        return total + 1e-6 * tf.reduce_sum(tf.pow(a + b, 1.25))

    # On smaller pictures the gradient is larger, and the published rate diverges.
    rate = 100.0 if rows == 400 else 1.0
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(rate, decay_steps=100, decay_rate=0.96))
    losses = minimise(loss, x, optimizer, lambda: None)
    return compare(bench, "keras", rows, losses, TOLERANCE, *([] if rows == 400 else [f"schedule.rate={rate}"]))


def minimise(loss, x, optimizer, after):
    import tensorflow as tf

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            value = loss()
        return value, tape.gradient(value, x)

    losses = {}
    for step in range(1, STEPS[-1] + 1):
        value, g = gradient()
        losses[step] = float(value)
        optimizer.apply_gradients([(g, x)])
        after()
    return losses


def tensorflow_tutorial(bench, longest=SIZE or 512):
    """tensorflow.org/tutorials/generative/style_transfer, its second run, by its formulas."""
    import keras
    import tensorflow as tf

    pictures = bench.root / "configs" / "pictures"

    def load(name):
        image = tf.image.convert_image_dtype(tf.image.decode_image(tf.io.read_file(str(pictures / name)), channels=3), tf.float32)
        shape = tf.cast(tf.shape(image)[:-1], tf.float32)
        return tf.image.resize(image, tf.cast(shape * (longest / max(shape)), tf.int32))[None]

    content, style = load("town.png"), load("swirls.png")
    model = keras_model(genuine())
    features = keras.Model(model.inputs, [model.get_layer(n).output for n in STYLE + ["block5_conv2"]])
    describe = lambda image: features(keras.applications.vgg19.preprocess_input(image * 255.0))

    def gram(f):
        places = tf.cast(tf.shape(f)[1] * tf.shape(f)[2], tf.float32)
        return tf.einsum("bijc,bijd->bcd", f, f) / places

    style_targets = [gram(f) for f in describe(style)[:-1]]
    content_target = describe(content)[-1]
    x = tf.Variable(content)

    def loss():
        *of_style, of_content = describe(x)
        total = 1e4 * tf.reduce_mean((of_content - content_target) ** 2)
        total += 1e-2 / len(STYLE) * tf.add_n([tf.reduce_mean((gram(f) - t) ** 2) for f, t in zip(of_style, style_targets)])
        return total + 30.0 * tf.reduce_sum(tf.image.total_variation(x))

    optimizer = keras.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=1e-1)
    losses = minimise(loss, x, optimizer, lambda: x.assign(tf.clip_by_value(x, 0.0, 1.0)))
    return compare(bench, "tensorflow", longest, losses, TOLERANCE)
