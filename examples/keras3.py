"""The generator of a run as a Keras 3 model, with any backend.

    gan-tui export runs/first --out generator.safetensors
    pip install keras safetensors numpy        # and torch, jax or tensorflow
    KERAS_BACKEND=torch python examples/keras3.py generator.safetensors latents.npy images.npy

Inputs and output are those of examples/pytorch.py.
"""

import json
import sys

import keras
import numpy
from keras import layers
from safetensors import safe_open


def load(path):
    """Returns the model, and what the file says of it."""
    with safe_open(path, "numpy") as file:
        config = json.loads(file.metadata()["gan-tui-generator"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    inputs = keras.Input((config["latent"] + config["class_inputs"],))
    x, weights = inputs, []
    for layer in config["layers"]:
        units = layer["output"]
        if layer["operation"] == "dense":
            made = layers.Dense(int(numpy.prod(units)), name=layer["name"])
        else:
            if layer["operation"] == "upsampled_convolution":
                x = layers.UpSampling2D()(x)
            made = layers.Conv2D(units[2], 3, padding="same", name=layer["name"])
        x = made(x)
        weights.append((made, [f"{layer['name']}.{of}" for of in ("kernel", "bias")]))
        if layer["norm"]:
            norm = layers.BatchNormalization(epsilon=layer["epsilon"], name=layer["norm"])
            x = norm(x)
            names = ("gamma", "beta", "moving_mean", "moving_variance")
            weights.append((norm, [f"{layer['norm']}.{of}" for of in names]))
        if layer["activation"] == "tanh":
            x = layers.Activation("tanh")(x)
        else:
            x = layers.LeakyReLU(negative_slope=layer["slope"])(x)
        if layer["operation"] == "dense" and len(units) == 3:
            x = layers.Reshape(units)(x)
    for layer, names in weights:
        layer.set_weights([tensors[name] for name in names])
    return keras.Model(inputs, x), config


def rows(latents, config, labels=None):
    """Returns latents with one-hot classes behind them, the classes in turn without labels."""
    if config["class_inputs"] == 0:
        return latents
    if labels is None:
        labels = numpy.arange(len(latents)) % len(config["classes"])
    return numpy.concatenate([latents, numpy.eye(config["class_inputs"])[labels]], 1, dtype="float32")


if __name__ == "__main__":
    path, latents, out = sys.argv[1:]
    model, config = load(path)
    numpy.save(out, model.predict(rows(numpy.load(latents), config), verbose=0))
