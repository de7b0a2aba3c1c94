"""Images of an exported generator with onnxruntime.

    gan-tui export runs/first --out generator.onnx
    pip install onnxruntime numpy
    python examples/onnx_runtime.py generator.onnx latents.npy images.npy

Inputs and output are those of examples/pytorch.py.
"""

import json
import sys

import numpy
import onnxruntime


def draw(path, latents, labels=None):
    """Returns images (n, height, width, channels) in [-1, 1]."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = {"latent": latents.astype("float32")}
    if any(of.name == "label" for of in session.get_inputs()):
        if labels is None:
            classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
            labels = numpy.arange(len(latents)) % len(classes)
        inputs["label"] = numpy.asarray(labels, "int64")
    return session.run(["image"], inputs)[0]


if __name__ == "__main__":
    path, latents, out = sys.argv[1:]
    numpy.save(out, draw(path, numpy.load(latents)))
