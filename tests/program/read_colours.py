"""Opens what `formats.rs` had exported of a run of colour images with Pillow, NumPy and Python's own
parsers, and compares the colours.

python read_colours.py FOLDER
"""

import json
import pathlib
import sys
import xml.etree.ElementTree

import numpy
from PIL import Image

folder = pathlib.Path(sys.argv[1])


def rgb(image):
    return numpy.asarray(image.convert("RGB")).astype(int)


def enlarged(picture, factor):
    return picture.repeat(factor, 0).repeat(factor, 1)


paths = sorted((folder / "run" / "frames").glob("*.png"))
assert all(Image.open(path).mode == "RGB" for path in paths)
frames = [rgb(Image.open(path)) for path in paths]
last = frames[-1]

# An APNG has the colours themselves, a GIF up to 256 of each change.
for name, most, mean in [("all.apng", 8, 1.0), ("all.gif", 40, 3.0)]:
    animation = Image.open(folder / name)
    assert animation.size == (512, 512) and animation.n_frames == len(frames), name
    for index, frame in enumerate(frames):
        animation.seek(index)
        off = abs(rgb(animation) - enlarged(frame, 2))
        assert off.max() <= most and off.mean() <= mean, (name, index, off.max(), off.mean())

assert (rgb(Image.open(folder / "last.png")) == last).all()
early = rgb(Image.open(folder / "early.png"))
assert (early == enlarged(frames[2][0:32, 96:128], 4)).all()
array = numpy.load(folder / "last.npy")
assert array.shape == (64, 32, 32, 3) and array.dtype == numpy.uint8
assert (array[9] == last[32:64, 32:64]).all()

# The drawing: its squares, drawn again here, are the frame.
SVG = "{http://www.w3.org/2000/svg}"
root = xml.etree.ElementTree.parse(folder / "last.svg").getroot()
drawn = numpy.zeros_like(last)
for path in root.iter(SVG + "path"):
    colour = [int(path.get("fill")[at : at + 2], 16) for at in (1, 3, 5)]
    for run in path.get("d").rstrip("z").split("z"):
        x, y = run[1 : run.index("h")].split()
        length = int(run[run.index("h") + 1 : run.index("v")])
        drawn[int(y), int(x) : int(x) + length] = colour
assert (drawn == last).all()

sheet = rgb(Image.open(folder / "sheet.png"))
for frame in frames:
    found = [
        (top, left)
        for top in range(sheet.shape[0] - 255)
        for left in range(sheet.shape[1] - 255)
        if (sheet[top + 100, left + 100] == frame[100, 100]).all()
        and (sheet[top : top + 256, left : left + 256] == frame).all()
    ]
    assert found, "a frame is not on the sheet"

header, *events = [
    json.loads(line) for line in (folder / "all.cast").read_text(encoding="utf-8").splitlines()
]
assert (header["width"], header["height"]) == (128, 64)
assert "\x1b[38;2;" in events[0][2], "24-bit colours"
assert len((folder / "last.txt").read_text(encoding="utf-8").splitlines()) == 128
