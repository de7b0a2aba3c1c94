"""The Fréchet distance between the features in two files of shape (n, width), as SciPy finds it:
`|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`.

python frechet.py A.npy B.npy
"""

import sys

import numpy
import scipy.linalg

a, b = (numpy.load(path).astype(numpy.float64) for path in sys.argv[1:])
between = scipy.linalg.sqrtm(numpy.cov(a.T) @ numpy.cov(b.T))
means = a.mean(0) - b.mean(0)
print(
    means @ means
    + numpy.trace(numpy.cov(a.T))
    + numpy.trace(numpy.cov(b.T))
    - 2 * numpy.trace(between).real
)
