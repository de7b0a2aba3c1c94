#!/usr/bin/env python3
"""What brings digits sooner: every addition to the reference alone, and several together, at equal training time.

    cargo build --release
    scripts/study.py --data DIR                             a minute each, three seeds, as docs/study.md has it
    scripts/study.py --data DIR --seconds 600 --only fast best --out long.md
    scripts/study.py --data DIR --seconds 3 --seeds 1       a look at whether it works

Trains each preset with `gan-tui train --minutes`, scores 10,000 samples of its last checkpoint with `gan-tui score`, and writes a table in Markdown: mean
and range of the Frechet distance over the seeds, and what goes with it. What ran before is kept in the folder given with --keep and not run again. Needs
only Python; nothing else should run beside it.
"""

import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile

# Fields that differ from the reference's.
SOONER = "reuse_fakes: true"
STEPS = "generator: (learning_rate: 6e-4, beta2: 0.99), discriminator: (learning_rate: 6e-4, beta2: 0.99)"
TOGETHER = f"{SOONER}, {STEPS}, dropout: 0.0, average: 0.995"
STUDY = {
    "the reference": "",
    "fakes reused, one discriminator update": SOONER,
    "larger steps": STEPS,
    "no dropout": "dropout: 0.0",
    "averaged weights": "average: 0.995",
    "least squares": "objective: LeastSquares",
    "hinge": "objective: Hinge",
    "Wasserstein, clipped": "objective: Wasserstein(clip: 0.01), discriminator_steps: 5",
    "relativistic": f"objective: Relativistic, {SOONER}",
    "no batch norm in the discriminator": "norm: Off",
    "spectral norm": "spectral_norm: true",
    "label smoothing": "label_smoothing: 0.1",
    "instance noise": "instance_noise: (deviation: 0.1, until: 1000)",
    "shifts": "shift: 3",
    "two discriminator steps": "discriminator_steps: 2",
    "cosine schedule": "schedule: Cosine(from: 500, until: 1500)",
    "half the channels": "model: DcganSmall, latent: 64",
    "told the digit": "model: DcganDigits",
    "together": TOGETHER,
    "together, half the channels": f"{TOGETHER}, model: DcganSmall, latent: 64",
    "together, half the channels, no batch norm": f"{TOGETHER}, model: DcganSmall, latent: 64, norm: Off",
    "together, half the channels, larger batch": f"{TOGETHER}, model: DcganSmall, latent: 64, batch: 64",
    "together, half the channels, told the digit": f"{TOGETHER}, model: DcganSmallDigits, latent: 64",
    # Presets that are built in, by name.
    "fast": None,
    "best": None,
    "digits": None,
}


def run(options, name, seed):
    """The score of one preset and seed."""
    slug = "".join(letter if letter.isalnum() else "-" for letter in name)
    kept = options.keep / f"{slug}-{options.seconds:g}-{seed}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    with tempfile.TemporaryDirectory(prefix="study-") as folder:
        preset = name
        if STUDY[name] is not None:
            preset = f"{folder}/preset.ron"
            fields = ", ".join(filter(None, [STUDY[name], "iterations: 1000000", "frame_every: 10000", "score_every: 0"]))
            pathlib.Path(preset).write_text(f'(name: "study", {fields})')
        out = f"{folder}/run"
        train = [options.program, "train", "--quiet", "--preset", preset, "--data", options.data, "--seed", str(seed), "--out", out]
        subprocess.run([*train, "--minutes", str(options.seconds / 60)], check=True)
        said = subprocess.run([options.program, "score", out, "--json"], check=True, stdout=subprocess.PIPE).stdout
        kept.write_text(said.decode())
        return json.loads(said)


def row(name, scores):
    distances = [score["frechet_distance"] for score in scores]
    mean = lambda key: statistics.mean(score[key] for score in scores)
    cells = [name, f"{statistics.mean(distances):.1f}", f"{min(distances):.1f} to {max(distances):.1f}", f"{mean('iteration'):,.0f}",
             f"{mean('confidence'):.3f}", f"{mean('diversity'):.2f}", f"{100 * min(score['smallest_class'] for score in scores):.1f} %"]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default="target/release/gan-tui", help="[default: %(default)s]")
    parser.add_argument("--data", default="mnist", help="as gan-tui's --data takes it [default: %(default)s]")
    parser.add_argument("--seconds", type=float, default=60, help="training time of each run [default: 60]")
    parser.add_argument("--seeds", type=int, default=3, help="how many [default: 3]")
    parser.add_argument("--only", nargs="+", choices=list(STUDY), metavar="NAME", help="these rows only")
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("target/study"), help="where scores are kept [default: %(default)s]")
    parser.add_argument("--out", type=pathlib.Path, help="the table [default: standard output]")
    options = parser.parse_args()
    options.program = str(pathlib.Path(options.program).resolve())
    if not os.access(options.program, os.X_OK):
        sys.exit(f"no program {options.program}: build it first, or name it with --program")
    options.keep.mkdir(parents=True, exist_ok=True)
    lines = ["| preset | distance, mean | smallest to largest | iterations | confidence | diversity | smallest class |", "|---|---|---|---|---|---|---|"]
    for name in options.only or STUDY:
        lines.append(row(name, [run(options, name, seed) for seed in range(1, options.seeds + 1)]))
        print(lines[-1], file=sys.stderr, flush=True)
    text = "\n".join(lines) + "\n"
    options.out.write_text(text) if options.out else print(text, end="")


if __name__ == "__main__":
    main()
