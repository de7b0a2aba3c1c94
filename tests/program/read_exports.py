"""Opens every file that `formats.rs` had exported with Pillow, NumPy and Python's own parsers, and
looks at what is in them.

python read_exports.py FOLDER
"""

import csv
import json
import math
import pathlib
import sys
import xml.etree.ElementTree

import numpy
from PIL import Image

folder = pathlib.Path(sys.argv[1])
frames = [
    numpy.asarray(Image.open(path)).astype(int)
    for path in sorted((folder / "run" / "frames").glob("*.png"))
]
last = frames[-1]


def grey(image):
    return numpy.asarray(image.convert("L")).astype(int)


def enlarged(picture, factor):
    return picture.repeat(factor, 0).repeat(factor, 1)


# Animations: every frame as it was, within the width of a shade; the last one stays.
for name in ["all.gif", "all.apng"]:
    animation = Image.open(folder / name)
    assert animation.size == (448, 448), (name, animation.size)
    assert animation.n_frames == len(frames), (name, animation.n_frames)
    assert animation.info["loop"] == 0, name
    for index, frame in enumerate(frames):
        animation.seek(index)
        assert abs(grey(animation) - enlarged(frame, 2)).max() <= 8, (name, index)
        expected = 1550 if index == len(frames) - 1 else 50
        assert animation.info["duration"] == expected, (name, index, animation.info["duration"])

one = Image.open(folder / "one.gif")
assert one.size == (28, 28) and one.n_frames == 2, (one.size, one.n_frames)
assert abs(grey(one) - frames[2][0:28, 140:168]).max() <= 8
assert one.info["duration"] == 200

# Stills.
assert (grey(Image.open(folder / "last.png")) == last).all()
early = grey(Image.open(folder / "early.png"))
assert (early == enlarged(frames[2][0:28, 84:112], 4)).all()
array = numpy.load(folder / "last.npy")
assert array.shape == (64, 28, 28) and array.dtype == numpy.uint8
assert (array[9] == last[28:56, 28:56]).all()
assert len((folder / "last.txt").read_text(encoding="utf-8").splitlines()) == 112

# The drawing: its squares, drawn again here, are the frame.
SVG = "{http://www.w3.org/2000/svg}"
root = xml.etree.ElementTree.parse(folder / "last.svg").getroot()
assert (
    root.tag == SVG + "svg" and root.get("width") == "672" and root.get("viewBox") == "0 0 224 224"
)
drawn = numpy.zeros_like(last)
for path in root.iter(SVG + "path"):
    for run in path.get("d").rstrip("z").split("z"):
        x, y = run[1 : run.index("h")].split()
        length = int(run[run.index("h") + 1 : run.index("v")])
        drawn[int(y), int(x) : int(x) + length] = int(path.get("fill")[1:3], 16)
assert (drawn == last).all()

# The contact sheet: every frame is on it, in order, with letters above it.
sheet = grey(Image.open(folder / "sheet.png"))
places = []
for frame in frames:
    found = [
        (top, left)
        for top in range(sheet.shape[0] - 223)
        for left in range(sheet.shape[1] - 223)
        if sheet[top + 100, left + 100] == frame[100, 100]
        and (sheet[top : top + 224, left : left + 224] == frame).all()
    ]
    assert found, "a frame is not on the sheet"
    places.append(min(place for place in found if place not in places))
    top, left = places[-1]
    assert (sheet[top - 11 : top - 3, left : left + 88] == 221).sum() > 30, "a frame has no label"
assert places == sorted(places)
labels = [
    text.text
    for text in xml.etree.ElementTree.parse(folder / "sheet.svg").getroot().iter(SVG + "text")
]
assert labels == ["iteration 0", "iteration 20", "iteration 40", "iteration 60"], labels

# Metrics.
with open(folder / "metrics.csv", newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
recorded = [
    json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()
]
assert len(rows) == len(recorded) == 60
for row, record in zip(rows, recorded):
    # The last column is of what is scored; these digits are not.
    assert list(row) == [*record, "frechet_distance"] and row["frechet_distance"] == ""
    for key, value in record.items():
        assert (
            math.isnan(float(row[key]))
            if value is None
            else math.isclose(float(row[key]), value, rel_tol=1e-6)
        ), (key, row)
chart = Image.open(folder / "chart.png")
assert chart.mode == "RGB" and chart.size == (1920, 1200)
assert len(set(chart.getdata())) > 10
curves = list(xml.etree.ElementTree.parse(folder / "chart.svg").getroot().iter(SVG + "polyline"))
assert [len(curve.get("points").split()) for curve in curves] == [60, 59, 60, 60, 60], (
    "one generator loss is not a number"
)

# The recording: a header, then times that rise.
header, *events, end = [
    json.loads(line) for line in (folder / "all.cast").read_text(encoding="utf-8").splitlines()
]
assert header["version"] == 2 and (header["width"], header["height"]) == (112, 56)
assert len(events) == len(frames) and all(kind == "o" for _, kind, _ in events)
times = [time for time, _, _ in events]
assert times == [index / 10 for index in range(len(frames))], times
assert end[0] > times[-1] + 1 and end[1:] == ["o", "\x1b[m"], "the last frame stays"
