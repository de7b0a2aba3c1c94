"""Precision, recall, density, coverage (k = 5) and the kernel distance of the features in two files of
shape (n, width), real ones first, as a line of JSON: by the definitions in NumPy, and where the
package `prdc` is installed by that.

python measures.py REAL.npy SAMPLES.npy
"""

import contextlib
import json
import sys

import numpy

NEAREST = 5

real, samples = (numpy.load(path).astype(numpy.float64) for path in sys.argv[1:])


def distances(a, b):
    return numpy.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(-1))


def radii(x):
    # The nearest of all is the point itself.
    return numpy.sort(distances(x, x), axis=1)[:, NEAREST]


def neighbours():
    between, of_real, of_samples = distances(real, samples), radii(real), radii(samples)
    inside = between < of_real[:, None]
    return {
        "precision": inside.any(0).mean(),
        "recall": (between < of_samples[None, :]).any(1).mean(),
        "density": inside.sum(0).mean() / NEAREST,
        "coverage": (between.min(1) < of_real).mean(),
    }


def kernel_distance():
    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(x):
        k, n = kernel(x, x), len(x)
        return (k.sum() - numpy.trace(k)) / (n * (n - 1))

    return within(real) + within(samples) - 2 * kernel(real, samples).mean()


found = {"numpy": neighbours(), "kernel_distance": kernel_distance()}
try:
    import prdc
except ImportError:
    pass
else:
    # It reports on standard output.
    with contextlib.redirect_stdout(sys.stderr):
        found["prdc"] = prdc.compute_prdc(real, samples, NEAREST)
print(json.dumps(found, default=float))
