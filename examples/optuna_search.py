"""Learning rates and batch by Optuna, ask and tell, with a run of ten seconds for each trial.

    pip install optuna
    python examples/optuna_search.py runs/search 20

Trials are runs like any others: `gan-tui runs runs/search` lists them, and a search that is started
again continues.
"""

import json
import pathlib
import subprocess
import sys

import optuna

SECONDS = 10


def train(out, settings):
    """Returns the best distance of a run with these fields set."""
    words = ["gan-tui", "train", "--preset", "fast", "--minutes", str(SECONDS / 60)]
    words += ["--out", str(out), "--resume-auto", "--json"]
    for field, value in settings.items():
        words += ["--set", f"{field}={value}"]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if done.returncode == 2:
        raise SystemExit("the command line is wrong: " + " ".join(words))
    best = json.loads(done.stdout)["scores"]["best"] if done.returncode == 0 else None
    return best and best["distance"]


def main(folder, count):
    folder.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name="gan-tui",
        storage=f"sqlite:///{folder / 'optuna.db'}",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=1, n_startup_trials=6),
    )
    while len(study.trials) < count:
        trial = study.ask()
        settings = {
            "generator.learning_rate": trial.suggest_float("generator", 1e-4, 1e-2, log=True),
            "discriminator.learning_rate": trial.suggest_float(
                "discriminator", 1e-4, 1e-2, log=True
            ),
            "batch": trial.suggest_categorical("batch", [16, 32, 64]),
            "score_every": 50,
        }
        distance = train(folder / f"{trial.number:03}", settings)
        if distance is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, distance)
        print(f"trial {trial.number}: {distance} with {trial.params}", flush=True)
    print(f"best: {study.best_value} with {study.best_params}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
