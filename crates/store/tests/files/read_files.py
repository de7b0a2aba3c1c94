"""Opens what `files.rs` wrote with the libraries that people use, and writes arrays for it to read.

python read_files.py FOLDER
"""

import json
import pathlib
import sys

import numpy
from PIL import Image
from safetensors import safe_open

folder = pathlib.Path(sys.argv[1])
run = folder / "run"

frames = sorted((run / "frames").glob("*.png"))
last = numpy.asarray(Image.open(frames[-1]))
assert last.shape == (224, 224) and last.dtype == numpy.uint8, last.shape
assert Image.open(frames[-1]).mode == "L"

animation = Image.open(folder / "a.gif")
assert animation.size == (448, 448), animation.size
assert animation.n_frames == len(frames), animation.n_frames
assert animation.info["loop"] == 0
for index, path in enumerate(frames):
    animation.seek(index)
    shown = numpy.asarray(animation.convert("L")).astype(int)
    meant = numpy.asarray(Image.open(path)).astype(int).repeat(2, 0).repeat(2, 1)
    assert abs(shown - meant).max() <= 8, (index, abs(shown - meant).max())

images = numpy.load(folder / "a.npy")
assert images.shape == (64, 28, 28) and images.dtype == numpy.uint8
assert (images[9] == last[28:56, 28:56]).all()
one = numpy.asarray(Image.open(folder / "a.png"))
assert (one == images[5].repeat(3, 0).repeat(3, 1)).all()
assert len((folder / "a.txt").read_text(encoding="utf-8").splitlines()) == 112
latents = numpy.load(folder / "z.npy")
assert latents.shape == (3, 100) and latents.dtype == numpy.float32 and (latents == 0.5).all()

with safe_open(run / "checkpoints" / "00000040.safetensors", "numpy") as file:
    about = json.loads(file.metadata()["gan-tui"])
    assert about["iteration"] == 40 and about["model"] == "dcgan" and list(about) == sorted(about)
    kernel = file.get_tensor("generator.conv1.kernel")
    assert kernel.shape == (3, 3, 4, 2) and (kernel == 40).all()

rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
assert [row["iteration"] for row in rows] == list(range(1, 41))

numpy.save(folder / "made.npy", numpy.full((7, 100), 0.25, numpy.float32))
numpy.save(
    folder / "images.npy",
    numpy.stack([numpy.zeros((28, 28)), numpy.full((28, 28), 9)]).astype(numpy.uint8),
)
