"""The generator of a run in PyTorch.

    gan-tui export runs/first --out generator.safetensors
    pip install torch safetensors numpy
    python examples/pytorch.py generator.safetensors latents.npy images.npy [LABEL ...]

latents.npy is float32 (n, latent), as `gan-tui sample --save-latents` writes it; without labels a
class-conditional generator draws its classes in turn, as `gan-tui sample` does. images.npy becomes
float32 (n, height, width, channels) in [-1, 1].
"""

import json
import sys

import numpy
import torch
import torch.nn.functional as F
from safetensors import safe_open


class Generator(torch.nn.Module):
    """Layers as the file's metadata lists them. Kernels are stored as Keras has them, (height,
    width, in, out); PyTorch wants (out, in, height, width)."""

    def __init__(self, path):
        super().__init__()
        with safe_open(path, "pt") as file:
            self.config = json.loads(file.metadata()["gan-tui-generator"])
            self.tensors = torch.nn.ParameterDict(
                {name.replace(".", "_"): file.get_tensor(name) for name in file.keys()}
            )

    def tensor(self, layer, name):
        return self.tensors[f"{layer}_{name}"]

    def forward(self, latents, labels=None):
        x = latents
        if self.config["class_inputs"] > 0:
            if labels is None:
                labels = torch.arange(len(x)) % len(self.config["classes"])
            x = torch.cat([x, F.one_hot(labels, self.config["class_inputs"]).to(x.dtype)], 1)
        for layer in self.config["layers"]:
            kernel, bias = (self.tensor(layer["name"], of) for of in ("kernel", "bias"))
            if layer["operation"] == "dense":
                x = x @ kernel + bias
            else:
                if layer["operation"] == "upsampled_convolution":
                    x = F.interpolate(x, scale_factor=2)
                x = F.conv2d(x, kernel.permute(3, 2, 0, 1), bias, padding=1)
            if layer["norm"]:
                mean, variance, gamma, beta = (
                    self.tensor(layer["norm"], of)
                    for of in ("moving_mean", "moving_variance", "gamma", "beta")
                )
                x = F.batch_norm(x, mean, variance, gamma, beta, eps=layer["epsilon"])
            x = torch.tanh(x) if layer["activation"] == "tanh" else F.leaky_relu(x, layer["slope"])
            if layer["operation"] == "dense" and len(layer["output"]) == 3:
                x = x.view(len(x), *layer["output"]).permute(0, 3, 1, 2)
        return x.permute(0, 2, 3, 1)


if __name__ == "__main__":
    path, latents, out, *labels = sys.argv[1:]
    generator = Generator(path)
    labels = torch.tensor([int(label) for label in labels]) if labels else None
    with torch.no_grad():
        images = generator(torch.from_numpy(numpy.load(latents)), labels)
    numpy.save(out, images.numpy())
