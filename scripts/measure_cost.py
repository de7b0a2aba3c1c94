#!/usr/bin/env python3
"""What the monitor costs the training: time an iteration with and without it, in turns.

    cargo build --release
    scripts/measure_cost.py                            five rounds of 60 iterations each way
    scripts/measure_cost.py --rounds 3 -- --preset quick

Each round trains the same iterations twice: with `gan-tui train`, and with the monitor in a
pseudo-terminal of 120x40 cells that is read and answered as a terminal would. Times are the
program's own (`elapsed_s` in metrics.jsonl), the first ten iterations left out. Needs only Python;
exits with 1 where the monitor costs more than 3 percent.
"""

import argparse
import fcntl
import json
import os
import pathlib
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

COLUMNS, ROWS = 120, 40
MOST = 0.03
QUESTION = b"\x1b[6n"
WARM_UP = 10


def milliseconds(run):
    """Mean time of an iteration, the first few left out."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    first, last = json.loads(lines[WARM_UP - 1]), json.loads(lines[-1])
    return (
        (last["elapsed_s"] - first["elapsed_s"]) / (last["iteration"] - first["iteration"]) * 1000
    )


def without(command, run):
    subprocess.run([*command[:1], "train", "--quiet", *command[1:], "--out", str(run)], check=True)
    return milliseconds(run)


def watched(command, run):
    process, fd = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
        os.execv(command[0], [*command, "--out", str(run)])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    # The size was another one when it began.
    os.kill(process, signal.SIGWINCH)
    count, seen = 0, b""
    while True:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            count += len(data)
            seen = (seen + data)[-4096:]
            for _ in range(data.count(QUESTION)):
                os.write(fd, b"\x1b[1;1R")
        manifest = run / "run.json"
        if manifest.exists() and json.loads(manifest.read_text()).get("state") in (
            "finished",
            "failed",
        ):
            time.sleep(0.3)
            os.write(fd, b"q")
    os.waitpid(process, 0)
    return milliseconds(run), count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--program", default="target/release/gan-tui", help="what to measure [default: %(default)s]"
    )
    parser.add_argument(
        "--iterations", type=int, default=60, help="in each half of a round [default: 60]"
    )
    parser.add_argument("--rounds", type=int, default=5, help="[default: 5]")
    parser.add_argument("arguments", nargs="*", help="of both commands, after --")
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    if not os.access(program, os.X_OK):
        sys.exit(f"no program {program}: build it first, or name it with --program")
    command = [
        program,
        *(
            options.arguments
            or ["--preset", "dcgan", "--data", os.environ.get("GAN_TUI_MNIST", "auto")]
        ),
        "--iterations",
        str(options.iterations),
    ]
    pairs = []
    with tempfile.TemporaryDirectory(prefix="cost-") as name:
        folder = pathlib.Path(name)
        for round in range(options.rounds):
            # Whichever comes first may find a warmer machine: they take turns at that too.
            first = round % 2 == 0
            alone = without(command, folder / f"{round}-first") if first else None
            shown, count = watched(command, folder / f"{round}-watched")
            alone = alone if first else without(command, folder / f"{round}-second")
            pairs.append((alone, shown))
            print(
                f"round {round + 1}: {alone:.2f} ms an iteration without the monitor, "
                f"{shown:.2f} ms with it ({shown / alone - 1:+.1%}), {count:,} bytes",
                flush=True,
            )
    alone, shown = (statistics.median(values) for values in zip(*pairs))
    ratio = statistics.median(shown / alone for alone, shown in pairs)
    print(
        f"median: {alone:.2f} ms without, {shown:.2f} ms with, {ratio - 1:+.1%} in a round; "
        f"at most {MOST:+.0%} are allowed"
    )
    sys.exit(1 if ratio - 1 > MOST else 0)


if __name__ == "__main__":
    main()
