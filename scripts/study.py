#!/usr/bin/env python3
"""What brings better digits sooner: every addition to the reference alone, several together, and
every change of `fast`, at equal computing time.

    cargo build --release
    scripts/study.py --data DIR --part alone --seconds 30    half a minute each, three seeds
    scripts/study.py --data DIR --part fast                  a minute each
    scripts/study.py --data DIR --part best --seconds 600    ten minutes of one row
    scripts/study.py --data synthetic --seconds 2 --seeds 1  a look at whether it works

First every row's iteration is timed with all cores, one row after the other, in several rounds; the
quickest counts, since what else the machine does only slows. From that follows how many iterations
the time allows, and so many are trained. An iteration's result does not depend on the number of
threads, so the training may run several rows beside each other (--jobs) and take longer on a busy
machine without a change to the table. Then `gan-tui score --full` measures 10,000 samples of each,
5,000 for precision, recall, density and coverage, and the table is written in Markdown. Times and
scores stay in the folder given with --keep: what is known is not done again. Needs Python 3.9
alone.
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

# The end of the run, of which a schedule must know.
END = "END"

REUSED = {"reuse_fakes": "true"}
NO_DROPOUT = {"dropout": "0.0"}
AVERAGE = {"average": "0.995"}
DIGITS = {"model": "DcganDigits"}
SMALL = {"model": "DcganSmall", "latent": "64"}
SMALL_DIGITS = {"model": "DcganSmallDigits", "latent": "64"}


def rates(rate, beta1=0.5):
    """Learning rates of both networks, with a second moment that follows the gradients faster."""
    fields = f"(learning_rate: {rate}, beta1: {beta1}, beta2: 0.99)"
    return {"generator": fields, "discriminator": fields}


def penalties(real, generated, fraction=0.25):
    return {"gradient_penalty": f"(real: {real}, generated: {generated}, fraction: {fraction})"}


# Five times the reference's rates.
TOGETHER = {**REUSED, **NO_DROPOUT, **AVERAGE, **rates(1e-3)}
# As the preset has it, but for the end of its schedule.
FAST = {
    **TOGETHER,
    **SMALL_DIGITS,
    **rates(2e-3),
    **penalties(0.03, 0.03),
    "batch": "64",
    "schedule": f"CosineToEnd(from: 0.1, until: {END})",
    "wrong_labels": "true",
}
RELATIVISTIC = {"objective": "Relativistic"}
ALL_LABELS_RIGHT = {"wrong_labels": "false"}

# The fields in which each row differs from the reference.
STUDY = {
    "alone": {
        "the reference": {},
        "fakes reused, one discriminator update": REUSED,
        "rates of 1e-3, beta2 0.99": rates(1e-3),
        "no dropout": NO_DROPOUT,
        "averaged weights": AVERAGE,
        "least squares": {"objective": "LeastSquares"},
        "hinge": {"objective": "Hinge"},
        "Wasserstein, clipped, five discriminator steps": {
            "objective": "Wasserstein(clip: 0.01)",
            "discriminator_steps": "5",
            "norm": "Off",
        },
        "relativistic (with fakes reused)": {**RELATIVISTIC, **REUSED},
        "no batch norm in the discriminator": {"norm": "Off"},
        "spectral norm for batch norm": {"spectral_norm": "true", "norm": "Off"},
        "label smoothing 0.1": {"label_smoothing": "0.1"},
        "instance noise 0.1": {"instance_noise": "(deviation: 0.1, until: 1000)"},
        "penalties of 0.1 (with fakes reused, no dropout)": {
            **penalties(0.1, 0.1),
            **REUSED,
            **NO_DROPOUT,
        },
        "shifts of up to 2 pixels": {"shift": "2"},
        "two discriminator steps": {"discriminator_steps": "2"},
        "rates that go down": {"schedule": f"CosineToEnd(from: 0.1, until: {END})"},
        "half the channels": SMALL,
        "told the digit": DIGITS,
        "told the digit, fakes reused, wrong labels": {**DIGITS, **REUSED, "wrong_labels": "true"},
    },
    "together": {
        "reused, no dropout, averaged, 1e-3": TOGETHER,
        "the same, half the channels": {**TOGETHER, **SMALL},
        "the same, told the digit": {**TOGETHER, **DIGITS},
        "the same, half the channels, told the digit": {**TOGETHER, **SMALL_DIGITS},
    },
    "fast": {
        "fast": FAST,
        "without wrong labels": {**FAST, **ALL_LABELS_RIGHT},
        "without penalties": {**FAST, **penalties(0.0, 0.0)},
        "beta1 0": {**FAST, **rates(2e-3, beta1=0.0)},
        "relativistic, without wrong labels": {**FAST, **RELATIVISTIC, **ALL_LABELS_RIGHT},
        "the same, no batch norm, penalties of 0.3": {
            **FAST,
            **RELATIVISTIC,
            **ALL_LABELS_RIGHT,
            **penalties(0.3, 0.3),
            "norm": "Off",
        },
        "turned, zoomed, shifted as the target 0.6 makes it": {
            **FAST,
            "shift": "2",
            "zoom": "0.1",
            "rotate": "8.0",
            "augment_target": "0.6",
        },
        "batches of 32": {**FAST, "batch": "32"},
        "batches of 128": {**FAST, "batch": "128"},
        "average of 0.999": {**FAST, "average": "0.999"},
    },
    # For ten minutes, as the preset has it, but for the end of its schedule.
    "best": {
        "best": {**FAST, **penalties(0.1, 0.1), "batch": "128", "average": "0.999"},
    },
}
ROWS = {name: fields for part in STUDY.values() for name, fields in part.items()}
# Nothing but the training.
PLAIN = {
    "name": '"study"',
    "frame_every": "10000",
    "checkpoint_every": "1000000",
    "score_every": "0",
}


MEASURES = ("precision", "recall", "density", "coverage")


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

    def text(self, name):
        """A row's preset."""
        fields = {**PLAIN, **ROWS[name]}
        return "(" + ", ".join(f"{field}: {value}" for field, value in fields.items()) + ")\n"

    def preset(self, name, iterations):
        """The file of a row's preset for so many iterations."""
        text = self.text(name).replace(END, str(iterations))
        file = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.ron"
        file.write_text(text)
        return str(file)

    def kept(self, name, *more):
        """The folder of a row's results.

        It is named after the preset's text, so that a row that was changed is done again.
        """
        told = "\n".join(map(str, [self.text(name), self.options.data, *more]))
        slug = "".join(letter if letter.isalnum() else "-" for letter in name).strip("-")
        return self.options.keep / f"{slug}-{hashlib.sha256(told.encode()).hexdigest()[:12]}.json"

    def train(self, name, seed, iterations, threads):
        out = self.folder / f"{self.kept(name).stem}-{seed}-{iterations}"
        self.run(
            "train",
            "--quiet",
            "--preset",
            self.preset(name, iterations),
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
        """Milliseconds of an iteration of each row on all cores, in its quickest round."""
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
        for name, times in found.items():
            known[name] = min(times)
            self.kept(name, "time").write_text(json.dumps(known[name]))
        return known

    def score(self, name, seed, iterations):
        kept = self.kept(name, "score", seed, iterations)
        if not kept.exists():
            threads = max(1, self.cores // self.options.jobs)
            out = self.train(name, seed, iterations, threads)
            arguments = ("--full", "--json", "--threads", str(threads))
            kept.write_text(self.run("score", str(out), *arguments))
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
            "| confidence | precision | recall | density | coverage | smallest class |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
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
    near = lambda key: statistics.mean(score["neighbours"][key] for score in scores)
    cells = [
        name,
        f"{statistics.mean(distances):.1f}",
        f"{min(distances):.1f} to {max(distances):.1f}",
        f"{step:.0f}",
        f"{iterations:,}",
        f"{mean('confidence'):.3f}",
        *(f"{near(key):.2f}" for key in MEASURES),
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
        "--part",
        nargs="+",
        choices=list(STUDY),
        default=["alone", "together", "fast"],
        help="these parts of the study [default: alone together fast]",
    )
    parser.add_argument(
        "--only", nargs="+", choices=list(ROWS), metavar="ROW", help="these rows only"
    )
    parser.add_argument("--jobs", type=int, default=2, help="runs beside each other [default: 2]")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of timing [default: 5]")
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
        rows = options.only or [row for part in options.part for row in STUDY[part]]
        text = Study(options, pathlib.Path(folder)).table(rows)
    options.out.write_text(text) if options.out else print(text, end="")


if __name__ == "__main__":
    main()
