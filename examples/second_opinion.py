#!/usr/bin/env python3
"""A second opinion on digits: a classifier that shares nothing with gan-tui's, trained in a minute.

    gan-tui sample RUN --count 10000 --out samples.npy
    python3 second_opinion.py MNIST_FOLDER samples.npy

It prints how far the samples are from MNIST's test images (the Fréchet distance in this
classifier's features), and as a floor how far as many training images are; how surely they are
read; and, of a class-conditional run, whose samples are each digit in turn, how many are read as
asked. Figures of another classifier are on another scale: compare them with the floor, and with
those of other samples. MNIST_FOLDER has the four files of MNIST, plain or gzipped.

Needs NumPy, SciPy and PyTorch.
"""

import gzip
import pathlib
import sys

import numpy
import scipy.linalg
import torch
from torch import nn


def idx(folder, name, header):
    """The bytes of one of MNIST's files after its header."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            data = path.read_bytes()
            data = gzip.decompress(data) if path.suffix == ".gz" else data
            return numpy.frombuffer(data, numpy.uint8, offset=header)
    sys.exit(f"{folder}: expected {name} or {name}.gz")


def tensor(images):
    return torch.tensor(images.reshape(-1, 1, 28, 28), dtype=torch.float32) / 127.5 - 1


def train(images, labels, epochs=2):
    """A plain convolutional network; its last hidden layer has the features, 64 of them."""
    torch.manual_seed(7)
    features = nn.Sequential(
        nn.Conv2d(1, 24, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(24, 48, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(48 * 49, 64), nn.ReLU(),
    )  # fmt: skip
    network = nn.Sequential(features, nn.Dropout(0.3), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    steps = epochs * (len(images) // 128)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for _ in range(epochs):
        for batch in torch.randperm(len(images))[: len(images) // 128 * 128].split(128):
            loss = nn.functional.cross_entropy(network(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return features, network.eval()


def read(features, network, images):
    """Features (n, 64) and probabilities (n, 10)."""
    found = []
    with torch.no_grad():
        for part in images.split(1000):
            hidden = features(part)
            found.append((hidden, network[1:](hidden).softmax(1)))
    return [torch.cat(parts).double().numpy() for parts in zip(*found)]


def distance(one, other):
    """The Fréchet distance of two sets of features (Heusel et al. 2017)."""
    means = one.mean(0) - other.mean(0)
    # A feature that is always 0 would leave the product without a square root.
    ridge = 1e-6 * numpy.eye(one.shape[1])
    covariances = numpy.cov(one.T) + ridge, numpy.cov(other.T) + ridge
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    return means @ means + numpy.trace(covariances[0] + covariances[1] - 2 * root)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, samples = pathlib.Path(sys.argv[1]), numpy.load(sys.argv[2])
    if samples.ndim != 3 or samples.shape[1:] != (28, 28):
        sys.exit(f"{sys.argv[2]}: expected (n, 28, 28), found {samples.shape}")
    images = tensor(idx(folder, "train-images-idx3-ubyte", 16))
    labels = torch.tensor(idx(folder, "train-labels-idx1-ubyte", 8).astype(int))
    test = tensor(idx(folder, "t10k-images-idx3-ubyte", 16))
    answers = idx(folder, "t10k-labels-idx1-ubyte", 8)
    network = train(images, labels)
    of_test, read_test = read(*network, test)
    print(f"test images read right: {(read_test.argmax(1) == answers).mean():.2%}")
    of_samples, read_samples = read(*network, tensor(samples))
    chosen = torch.randperm(len(images))[: len(samples)]
    floor = distance(read(*network, images[chosen])[0], of_test)
    print(f"distance: {distance(of_samples, of_test):.2f} (as many training images: {floor:.2f})")
    print(f"confidence: {read_samples.max(1).mean():.3f} (test images: {read_test.max(1).mean():.3f})")
    found = read_samples.argmax(1)
    counts = numpy.bincount(found, minlength=10) / len(found)
    print("digits:", ", ".join(f"{digit}: {share:.1%}" for digit, share in enumerate(counts)))
    asked = numpy.arange(len(found)) % 10
    print(f"read as asked, if each digit was asked for in turn: {(found == asked).mean():.2%}")


if __name__ == "__main__":
    main()
