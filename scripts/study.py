#!/usr/bin/env python3
"""What brings better digits sooner: every addition to the reference alone, and several together, at
equal computing time.

    cargo build --release
    scripts/study.py --data DIR             a minute on all cores each, three seeds
    scripts/study.py --data DIR --seconds 600 --only best fast     ten minutes each, of two rows
    scripts/study.py --data synthetic --seconds 2 --seeds 1        a look at whether it works

First every preset's iteration is timed with all cores, one preset after the other, in several
rounds. A preset's share of a round's time (the median over the rounds) of the quickest round's time
(what else the machine does only slows) is what counts. From that follows how many iterations the
time allows, and so many are trained. An iteration's result does not depend on the number of
threads, so the training may run several presets beside each other (--jobs) and take longer on a
busy machine without a change to the table. Then 10,000 samples of each are scored by `gan-tui
score`, and the table is written in Markdown. Times and scores stay in the folder given with --keep:
what is known is not done again. Needs Python 3.9 alone.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

REUSED = "reuse_fakes: true"
NO_DROPOUT = "dropout: 0.0"
AVERAGE = "average: 0.995"
DIGITS = "model: DcganDigits"
SMALL = "model: DcganSmall, latent: 64"
SMALL_DIGITS = "model: DcganSmallDigits, latent: 64"
# Five times the reference's, with a second moment that follows the gradients faster.
RATES = (
    "generator: (learning_rate: 1e-3, beta2: 0.99), "
    "discriminator: (learning_rate: 1e-3, beta2: 0.99)"
)
TOGETHER = f"{REUSED}, {NO_DROPOUT}, {AVERAGE}, {RATES}"

# The fields in which a row differs from the reference; None for a preset that is built in.
STUDY = {
    "the reference": "",
    # Each alone.
    "fakes reused, one discriminator update": REUSED,
    "rates of 1e-3, beta2 0.99": RATES,
    "discriminator's rate twice the generator's": "discriminator: (learning_rate: 4e-4)",
    "no dropout": NO_DROPOUT,
    "averaged weights": AVERAGE,
    "least squares": "objective: LeastSquares",
    "hinge": "objective: Hinge",
    "Wasserstein, clipped, five discriminator steps": (
        "objective: Wasserstein(clip: 0.01), discriminator_steps: 5, norm: Off"
    ),
    "relativistic (with fakes reused)": f"objective: Relativistic, {REUSED}",
    "no batch norm in the discriminator": "norm: Off",
    "spectral norm for batch norm": "spectral_norm: true, norm: Off",
    "label smoothing 0.1": "label_smoothing: 0.1",
    "instance noise 0.1": "instance_noise: (deviation: 0.1, until: 1000)",
    "shifts of up to 2 pixels": "shift: 2",
    "two discriminator steps": "discriminator_steps: 2",
    "cosine schedule": "schedule: Cosine(from: 200, until: 800)",
    "half the channels": SMALL,
    "told the digit": DIGITS,
    "told the digit, fakes reused": f"{DIGITS}, {REUSED}",
    "told the digit, fakes reused, wrong labels too": f"{DIGITS}, {REUSED}, wrong_labels: true",
    # Several together.
    "reused, no dropout, averaged, 1e-3": TOGETHER,
    "the same, half the channels": f"{TOGETHER}, {SMALL}",
    "the same, told the digit": f"{TOGETHER}, {DIGITS}",
    "the same, half the channels, told the digit": f"{TOGETHER}, {SMALL_DIGITS}",
    "best without wrong labels": (
        f"{REUSED}, {NO_DROPOUT}, {RATES}, {SMALL_DIGITS}, batch: 64, average: 0.999, "
        "schedule: Cosine(from: 2000, until: 12000)"
    ),
    # Presets that came of it.
    "fast": None,
    "best": None,
}
# Nothing but the training.
PLAIN = 'name: "study", frame_every: 10000, checkpoint_every: 1000000, score_every: 0'


class Study:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.cores = (
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        )

    def run(self, *arguments):
        return subprocess.run(
            [self.options.program, *arguments], check=True, stdout=subprocess.PIPE
        ).stdout.decode()

    def preset(self, name):
        """A row's preset as text, and what `train --preset` takes."""
        if STUDY[name] is None:
            return self.run("presets", "show", name), name
        text = "(" + ", ".join(filter(None, [PLAIN, STUDY[name]])) + ")\n"
        file = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.ron"
        file.write_text(text)
        return text, str(file)

    def kept(self, name, *more):
        """The folder of a row's results.

        It is named after the preset's text, so that a row that was changed is done again.
        """
        told = "\n".join(map(str, [self.preset(name)[0], self.options.data, *more]))
        slug = "".join(letter if letter.isalnum() else "-" for letter in name)
        return self.options.keep / f"{slug}-{hashlib.sha256(told.encode()).hexdigest()[:12]}.json"

    def train(self, name, seed, iterations, threads):
        out = self.folder / f"{self.kept(name).stem}-{seed}-{iterations}"
        self.run(
            "train",
            "--quiet",
            "--preset",
            self.preset(name)[1],
            "--data",
            self.options.data,
            "--seed",
            str(seed),
            "--iterations",
            str(iterations),
            "--threads",
            str(threads),
            "--out",
            str(out),
        )
        return out

    def time(self, names):
        """Milliseconds of an iteration of each row on all cores.

        That is its share of a round, times the quickest round.
        """
        known = {
            name: json.loads(self.kept(name, "time").read_text())
            for name in names
            if self.kept(name, "time").exists()
        }
        found = {name: [] for name in names if name not in known}
        for turn in range(self.options.rounds if found else 0):
            for name in found:
                out = self.train(name, 1000 + turn, self.options.timed, self.cores)
                rows = [
                    json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()
                ]
                shutil.rmtree(out)
                found[name].append(
                    statistics.median(row["step_ms"] for row in rows[len(rows) // 4 :])
                )
            print(f"timed, round {turn + 1} of {self.options.rounds}", file=sys.stderr, flush=True)
        rounds = [sum(times) for times in zip(*found.values())]
        for name, times in found.items():
            known[name] = statistics.median(own / whole for own, whole in zip(times, rounds)) * min(
                rounds
            )
            self.kept(name, "time").write_text(json.dumps(known[name]))
        return known

    def score(self, name, seed, iterations):
        kept = self.kept(name, "score", seed, iterations)
        if not kept.exists():
            threads = max(1, self.cores // self.options.jobs)
            out = self.train(name, seed, iterations, threads)
            kept.write_text(self.run("score", str(out), "--json", "--threads", str(threads)))
            shutil.rmtree(out)
        return json.loads(kept.read_text())

    def table(self, names):
        seeds = range(1, self.options.seeds + 1)
        step = self.time(names)
        iterations = {
            name: max(1, round(self.options.seconds * 1000 / step[name])) for name in names
        }
        lines = [
            "| what | distance: mean | smallest to largest | ms an iteration | iterations "
            "| confidence | diversity | smallest class |",
            "|---|---|---|---|---|---|---|---|",
        ]
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            scores = {
                name: [pool.submit(self.score, name, seed, iterations[name]) for seed in seeds]
                for name in names
            }
            for name in names:
                lines.append(
                    row(
                        name,
                        step[name],
                        iterations[name],
                        [score.result() for score in scores[name]],
                    )
                )
                print(lines[-1], file=sys.stderr, flush=True)
        return "\n".join(lines) + "\n"


def row(name, step, iterations, scores):
    distances = [score["frechet_distance"] for score in scores]
    mean = lambda key: statistics.mean(score[key] for score in scores)
    cells = [
        name,
        f"{statistics.mean(distances):.1f}",
        f"{min(distances):.1f} to {max(distances):.1f}",
        f"{step:.0f}",
        f"{iterations:,}",
        f"{mean('confidence'):.3f}",
        f"{mean('diversity'):.2f}",
        f"{100 * min(score['smallest_class'] for score in scores):.1f} %",
    ]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--program", default="target/release/gan-tui", help="[default: %(default)s]"
    )
    parser.add_argument(
        "--data", default="mnist", help="as gan-tui's --data takes it [default: %(default)s]"
    )
    parser.add_argument(
        "--seconds", type=float, default=60, help="computing time of each run [default: 60]"
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many [default: 3]")
    parser.add_argument(
        "--only", nargs="+", choices=list(STUDY), metavar="ROW", help="these rows only"
    )
    parser.add_argument("--jobs", type=int, default=2, help="runs beside each other [default: 2]")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of timing [default: 3]")
    parser.add_argument(
        "--timed", type=int, default=40, help="iterations that are timed in each [default: 40]"
    )
    parser.add_argument(
        "--keep",
        type=pathlib.Path,
        default=pathlib.Path("target/study"),
        help="where scores are kept [default: %(default)s]",
    )
    parser.add_argument("--out", type=pathlib.Path, help="the table [default: standard output]")
    options = parser.parse_args()
    options.program = str(pathlib.Path(options.program).resolve())
    if not os.access(options.program, os.X_OK):
        sys.exit(f"no program {options.program}: build it first, or name it with --program")
    if min(options.seeds, options.jobs, options.rounds, options.timed) < 1 or options.seconds <= 0:
        parser.error("--seconds, --seeds, --jobs, --rounds and --timed are above 0")
    options.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="study-") as folder:
        text = Study(options, pathlib.Path(folder)).table(options.only or list(STUDY))
    options.out.write_text(text) if options.out else print(text, end="")


if __name__ == "__main__":
    main()
