#!/usr/bin/env python3
"""Writes vgg16.keras as Keras 3 saves a model that was trained: layers with names of their
own, which Keras 3 does not use in the file, and an optimiser with a moment for every
filter. Element i of the kernel of convolution k (row-major, [3][3][in][out]) is k + i/1000,
and element i of its bias -k - i/1000.

    python3 -m venv v && v/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0
    v/bin/python generate_keras.py
"""
import keras
import numpy as np
from keras import layers

x = inputs = keras.Input((32, 32, 3))
for block, count in enumerate([2, 2, 3, 3, 3], 1):
    for k in range(1, count + 1):
        x = layers.Conv2D(min(block, 3), 3, padding="same", activation="relu", name=f"block{block}_conv{k}")(x)
    x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
model.compile(keras.optimizers.SGD(0.0, momentum=0.9), "mse")
model.fit(np.zeros((1, 32, 32, 3)), np.zeros((1, 2)), verbose=0)
convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
for number, layer in enumerate(convolutions):
    kernel, bias = layer.get_weights()
    count = lambda a: np.arange(a.size).reshape(a.shape) / 1000
    layer.set_weights([number + count(kernel), -number - count(bias)])
model.save("vgg16.keras")
