"""Loads a checkpoint's generator into PyTorch and draws images from latents.

    pip install torch numpy safetensors
    gan-tui sample runs/first --count 16 --save-latents latents.npy --out ours.npy
    python tests/program/read_checkpoint.py CHECKPOINT.safetensors latents.npy images.npy

latents.npy is float32 (n, latent); images.npy becomes float32 (n, 28, 28) in [-1, 1]. Kernels are
stored as Keras has them, (height, width, in, out), and maps are flattened row by row with channels
fastest; PyTorch wants (out, in, height, width) and channels first.
"""

import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file


def generator(tensors, latents):
    """The `dcgan` generator, any width and latent length, in inference mode."""

    def conv(x, name):
        return F.conv2d(
            x,
            tensors[f"generator.{name}.kernel"].permute(3, 2, 0, 1),
            tensors[f"generator.{name}.bias"],
            padding=1,
        )

    def norm(x, name):
        of = lambda key: tensors[f"generator.{name}.{key}"]
        return F.batch_norm(
            x, of("moving_mean"), of("moving_variance"), of("gamma"), of("beta"), eps=1e-3
        )

    x = F.relu(latents @ tensors["generator.dense.kernel"] + tensors["generator.dense.bias"])
    x = x.view(len(x), 7, 7, -1).permute(0, 3, 1, 2)
    x = F.relu(norm(conv(F.interpolate(x, scale_factor=2), "conv1"), "norm1"))
    x = F.relu(norm(conv(F.interpolate(x, scale_factor=2), "conv2"), "norm2"))
    return torch.tanh(conv(x, "conv3"))[:, 0]


if __name__ == "__main__":
    checkpoint, latents, out = sys.argv[1:]
    with torch.no_grad():
        images = generator(load_file(checkpoint), torch.from_numpy(np.load(latents)))
    np.save(out, images.numpy())
