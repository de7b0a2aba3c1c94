#!/usr/bin/env python3
"""Whether TensorBoard reads the event file of a run, also of one that was killed and resumed.

    python -m venv V && V/bin/pip install tensorboard pillow
    V/bin/python scripts/check_tensorboard.py PROGRAM [SCREENSHOT.png]

Three runs of the same preset are compared by TensorBoard's EventAccumulator: one left alone, one
killed twice, one stopped and resumed. With a screenshot, TensorBoard itself serves them to a
headless Chromium.
"""

import io
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import (
    COMPRESSED_HISTOGRAMS, HISTOGRAMS, IMAGES, SCALARS, TENSORS, EventAccumulator,
)

WORDS = ["--preset", "mlp", "--data", "synthetic", "--batch", "8", "--iterations", "300",
         "--tensorboard", "--quiet", "--threads", "1", "--resume-auto",
         "--set", "checkpoint_every=70", "--set", "frame_every=10", "--set", "score_every=100",
         "--set", "schedule=Cosine(from: 10, until: 300)"]


def content(run):
    """Every tag with its steps and values, wall times left out."""
    sizes = {SCALARS: 0, IMAGES: 0, TENSORS: 0, COMPRESSED_HISTOGRAMS: 1, HISTOGRAMS: 1}
    events = EventAccumulator(str(run), size_guidance=sizes, purge_orphaned_data=False)
    events.Reload()
    tags = events.Tags()
    found = {}
    for tag in tags["scalars"]:
        found[tag] = [(event.step, event.value) for event in events.Scalars(tag)]
    for tag in tags["images"]:
        found[tag] = [(event.step, event.encoded_image_string) for event in events.Images(tag)]
    for tag in tags["tensors"]:
        found[tag] = [(event.step, event.tensor_proto.string_val[0]) for event in events.Tensors(tag)]
    return found


def main():
    program, *screenshot = sys.argv[1:]
    program = os.path.abspath(program)
    folder = pathlib.Path(tempfile.mkdtemp())
    start = lambda out: subprocess.Popen([program, "train", *WORDS, "--out", out], cwd=folder)
    frames = lambda out: len(list((folder / out / "frames").glob("*.png")))

    assert start("alone").wait() == 0
    for out, how in [("killed", signal.SIGKILL), ("stopped", signal.SIGTERM)]:
        for count in (7, 12):
            child = start(out)
            while child.poll() is None and frames(out) < count:
                time.sleep(0.002)
            child.send_signal(how)
            assert child.wait() in (-9, 143), "it was to be interrupted"
        assert start(out).wait() == 0
    alone = content(folder / "alone")
    for name, values in alone.items():
        steps = [step for step, _ in values]
        assert steps == sorted(set(steps)), f"{name}: a step is there twice"
        print(f"{name:40} {len(values):5} values, steps {steps[0]} to {steps[-1]}")
    image = Image.open(io.BytesIO(alone["fixed_latents"][-1][1]))
    assert image.size == (224, 224), image.size
    for out in ("killed", "stopped"):
        assert content(folder / out) == alone, f"{out} differs"
    print("killed and stopped runs have the tags, steps and values of the one left alone")
    if screenshot:
        page(folder, screenshot[0])
    shutil.rmtree(folder)


def page(folder, out):
    port = "16006"
    words = [sys.executable, "-m", "tensorboard.main", "--logdir", folder, "--port", port]
    server = subprocess.Popen([*words, "--load_fast", "false"], stderr=subprocess.DEVNULL)
    try:
        for _ in range(120):
            time.sleep(0.5)
            try:
                url = f"http://localhost:{port}/data/plugin/scalars/tags"
                text = urllib.request.urlopen(url).read().decode()
                if "losses/d_loss" in text and "killed" in text:
                    break
            except OSError:
                pass
        else:
            sys.exit("TensorBoard does not answer")
        subprocess.run(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900",
             "--virtual-time-budget=20000", f"--screenshot={os.path.abspath(out)}",
             f"http://localhost:{port}/#scalars"],
            check=True, stderr=subprocess.DEVNULL, timeout=180,
        )
        print(f"TensorBoard's page: {out}")
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
