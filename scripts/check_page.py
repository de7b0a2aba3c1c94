#!/usr/bin/env python3
"""Whether the page that `gan-tui report` writes draws in Chromium what `gan-tui sample` draws.

    apt-get install chromium; pip install numpy
    python scripts/check_page.py PROGRAM RUN [SCREENSHOT.png]

The page's own script is given sample's latents, in a copy of the page. Images must be equal to
sample's within one grey level. A screenshot is of the page as a person sees it, light and dark, at
the width of a desk's screen and of a phone's.
"""

import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy

COUNT = 20


def chromium(page, *words):
    command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
               "--virtual-time-budget=60000", "--run-all-compositor-stages-before-draw"]
    done = subprocess.run([*command, *words, page.as_uri()], capture_output=True, timeout=300)
    return done.stdout.decode()


def main():
    program, run, *screenshot = sys.argv[1:]
    program, run = os.path.abspath(program), os.path.abspath(run)
    folder = pathlib.Path(tempfile.mkdtemp())
    gan_tui = lambda *words: subprocess.run([program, *words], cwd=folder, check=True)
    gan_tui("report", run, "--out", "page.html")
    gan_tui("sample", run, "--count", str(COUNT), "--save-latents", "z.npy", "--out", "s.npy", "-q")
    page = folder / "page.html"
    text = page.read_text()
    print(f"{len(text.encode()):,} bytes")
    outside = re.findall(r"""(?:src|href)=["'](?!data:)|https?://(?!www\.w3\.org)""", text)
    assert not outside, f"the page loads something: {outside}"
    latents, ours = numpy.load(folder / "z.npy"), numpy.load(folder / "s.npy").astype(int)
    test = folder / "test.html"
    test.write_text(text.replace("</body>", f"""<script>
const drawn = {json.dumps(latents.tolist())}.map((latent, index) => Array.from(
  bytes(latent, generator.classes.length ? index % generator.classes.length : undefined)));
document.body.innerHTML = "<pre id=drawn>" + JSON.stringify(drawn) + "</pre>";
</script></body>"""))
    dom = chromium(test, "--dump-dom")
    found = re.search(r'<pre id="drawn">(.*?)</pre>', dom, re.S)
    assert found, f"the page's script failed: {dom[-2000:]}"
    theirs = numpy.array(json.loads(html.unescape(found[1]))).reshape(ours.shape)
    apart = numpy.abs(theirs - ours)
    print(f"{COUNT} images: {apart.max()} grey levels apart at most, {(apart > 0).mean():.2%} of "
          "the numbers by one")
    assert apart.max() <= 1
    if screenshot:
        out = pathlib.Path(os.path.abspath(screenshot[0]))
        for name, words in [
            (out.name, ["--window-size=1000,1900"]),
            (f"{out.stem}-dark{out.suffix}",
             ["--window-size=1000,1900", "--blink-settings=preferredColorScheme=0"]),
            (f"{out.stem}-phone{out.suffix}", ["--window-size=500,2400"]),
        ]:
            chromium(page, *words, f"--screenshot={out.parent / name}")
            print(out.parent / name)


if __name__ == "__main__":
    main()
