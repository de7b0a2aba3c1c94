#!/usr/bin/env python3
"""Whether examples/browser.html draws in Chromium, by onnxruntime-web, what `sample` draws.

    apt-get install chromium; pip install numpy; npm install onnxruntime-web
    python scripts/check_browser.py PROGRAM node_modules/onnxruntime-web/dist [SCREENSHOT.png]

The page draws with models of digits and of colour; its canvas must be equal to `sample`'s images
within one grey level.
"""

import functools
import http.server
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading

import numpy

COUNT = 20
MODELS = {"Mlp": ["--preset", "mlp"], "DcganSmallDigits": ["--preset", "fast"],
          "Colour32": ["--preset", "faces"]}
# What the check adds to the page: draws given latents, and sends what the canvas has.
TEST = """<script>
ready.then(async (session) => {
  const drawn = [];
  for (const [latent, label] of GIVEN) {
    await draw(session, Float32Array.from(latent), label);
    const context = canvas.getContext("2d");
    drawn.push(Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data));
  }
  return drawn;
}).catch(String).then((found) => fetch("/found", {method: "POST", body: JSON.stringify(found)}));
</script></html>"""


class Handler(http.server.SimpleHTTPRequestHandler):
    found = queue.Queue()

    def do_POST(self):
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def chromium(profile, *words):
    return subprocess.Popen(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
                             f"--user-data-dir={profile}", *words], stderr=subprocess.DEVNULL)


def main():
    program, runtime, *screenshot = sys.argv[1:]
    program, runtime = os.path.abspath(program), pathlib.Path(runtime)
    page = (pathlib.Path(__file__).parent.parent / "examples" / "browser.html").read_text()
    folder = pathlib.Path(tempfile.mkdtemp())
    for name in ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"):
        shutil.copy(runtime / name, folder)
    (folder / "browser.html").write_text(page)
    handler = functools.partial(Handler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    for name, words in MODELS.items():
        def gan_tui(*words):
            subprocess.run([program, *words, "--quiet"], cwd=folder, check=True)

        run = folder / name
        gan_tui("train", *words, "--iterations", "4", "--batch", "8", "--out", name,
                "--set", "score_every=0")
        gan_tui("sample", name, "--count", str(COUNT), "--save-latents", "z.npy", "--out", "s.npy")
        gan_tui("export", name, "--out", "generator.onnx")
        config = json.loads((run / "run.json").read_text())
        classes = max(len(config.get("classes") or []), 1)
        latents, ours = numpy.load(folder / "z.npy"), numpy.load(folder / "s.npy").astype(int)
        given = [(latent.tolist(), index % classes) for index, latent in enumerate(latents)]
        test = page.replace("</html>", TEST.replace("GIVEN", json.dumps(given)))
        (folder / "test.html").write_text(test)
        browser = chromium(folder / "profile", f"{address}/test.html")
        try:
            found = Handler.found.get(timeout=600)
        finally:
            browser.terminate()
            browser.wait()
        assert isinstance(found, list), f"{name}: the page's script failed: {found}"
        height, width = ours.shape[1:3]
        theirs = numpy.array(found).reshape(COUNT, height, width, 4)
        ours = ours.reshape(COUNT, height, width, -1)
        apart = numpy.abs(theirs[..., :ours.shape[-1]] - ours)
        print(f"{name}: {COUNT} images, {apart.max()} grey levels apart at most, "
              f"{(apart > 0).mean():.2%} of the numbers by one; values over "
              f"{ours.max() - ours.min()} levels", flush=True)
        assert apart.max() <= 1
    if screenshot:
        chromium(folder / "profile", "--window-size=500,500", "--virtual-time-budget=10000",
                 f"--screenshot={os.path.abspath(screenshot[0])}",
                 f"{address}/browser.html").wait(timeout=120)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
