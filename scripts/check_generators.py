#!/usr/bin/env python3
"""Whether exported generators draw elsewhere what `gan-tui sample` draws, for every model.

    python -m venv V && V/bin/pip install numpy onnxruntime torch keras safetensors
    V/bin/python scripts/check_generators.py PROGRAM [--without keras]

Each model is trained for some iterations (so that no running statistic and no bias is what it began
as), exported, and drawn from the same latents by onnxruntime, PyTorch and Keras 3 with the loaders
in examples/, and by tract with the package in draw_with_tract/, which cargo builds. All must be
within 1e-4 of each other, and each number within 1e-4 of those that `sample` rounds to its byte.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "torch")
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "examples"))

import numpy

MODELS = {
    "Dcgan": ["--preset", "dcgan"],
    "DcganSmall": ["--preset", "dcgan-small"],
    "Mlp": ["--preset", "mlp"],
    "DcganDigits": ["--set", "model=DcganDigits", "--data", "synthetic"],
    "DcganSmallDigits with averages": ["--preset", "fast", "--data", "synthetic"],
    "Colour32": ["--preset", "faces"],
    "Colour32 without classes": ["--preset", "faces", "--set", "labels=Ignored",
                                 "--set", "wrong_labels=false"],
    "Colour64": ["--preset", "faces64"],
}
MOST = 1e-4


def drawn_by(name, folder, latents):
    if name == "onnxruntime":
        import onnx_runtime

        return onnx_runtime.draw(str(folder / "x.onnx"), latents)
    if name == "PyTorch":
        import pytorch
        import torch

        with torch.no_grad():
            return pytorch.Generator(folder / "x.safetensors")(torch.from_numpy(latents)).numpy()
    if name == "tract":
        return drawn_by_tract(folder / "x.onnx", latents)
    import keras3

    model, config = keras3.load(folder / "x.safetensors")
    return model.predict(keras3.rows(latents, config), verbose=0)


def drawn_by_tract(path, latents):
    import json

    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    labels = []
    if any(of.name == "label" for of in session.get_inputs()):
        classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
        labels = [str(at % len(classes)) for at in range(len(latents))]
    package = pathlib.Path(__file__).parent / "draw_with_tract/Cargo.toml"
    words = ["cargo", "run", "--release", "--quiet", "--manifest-path", package, "--"]
    # Built beside the program's own files.
    target = str(pathlib.Path(__file__).parent.parent / "target/draw_with_tract")
    drawn = subprocess.run([*words, path, str(len(latents)), *labels], check=True,
                           input=latents.astype("float32").tobytes(), stdout=subprocess.PIPE,
                           env={**os.environ, "CARGO_TARGET_DIR": target})
    return numpy.frombuffer(drawn.stdout, "float32")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("--without", action="append", default=[])
    arguments = parser.parse_args()
    others = [name for name in ("onnxruntime", "PyTorch", "keras", "tract")
              if name not in arguments.without]
    worst = 0.0
    for model, words in MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)

            def run(*words):
                subprocess.run([arguments.program, *words], cwd=folder, check=True)

            run("train", *words, "--iterations", "4", "--batch", "8", "--out", "run", "--quiet",
                "--set", "score_every=0")
            run("sample", "run", "--count", "20", "--save-latents", "z.npy", "--out", "s.npy",
                "--quiet")
            run("export", "run", "--out", "x.onnx", "--quiet")
            run("export", "run", "--out", "x.safetensors", "--quiet")
            latents, ours = numpy.load(folder / "z.npy"), numpy.load(folder / "s.npy")
            found = {name: drawn_by(name, folder, latents) for name in others}
            for name, images in found.items():
                images = images.reshape(ours.shape)
                # The numbers that are rounded to a byte lie half a step around it.
                beyond = numpy.abs(images - (ours / 127.5 - 1)).max() - 0.5 / 127.5
                apart = numpy.abs(images - found[others[0]].reshape(ours.shape)).max()
                worst = max(worst, beyond, apart)
                told = f"{max(beyond, 0):.1e} beyond sample's bytes, {apart:.1e} from {others[0]}"
                spread = images.max() - images.min()
                print(f"{model:32} {name:12} {told}, values over {spread:.3f}", flush=True)
                assert beyond < MOST and apart < MOST, (model, name)
                assert spread > 1e-3, "an image of one shade shows nothing"
    print(f"all within {worst:.1e}")


if __name__ == "__main__":
    main()
