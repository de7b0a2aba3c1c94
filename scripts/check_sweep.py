#!/usr/bin/env python3
"""Whether a sweep of eight tasks run by a scheduler leaves what the same tasks leave without one.

    apt-get install parallel; pip install hyperqueue
    python scripts/check_sweep.py PROGRAM [parallel] [hyperqueue] [slurm]

Each scheduler runs the script that `gan-tui sweep script` prints, is interrupted in its midst, and
runs it again. Checkpoints, frames and metrics (times aside) must be those of tasks run alone. Slurm
must be running (`sinfo` answers); its script is changed to a time limit that every task exceeds, so
that all of them are requeued.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SWEEP = """(base: "mlp", seeds: [1, 2], vary: {
    "generator.learning_rate": [1e-3, 5e-4], "batch": [16, 32], "iterations": [600],
    "checkpoint_every": [50], "data": [Synthetic], "score_every": [0], "frame_every": [50],
})"""
TASKS = 8


def recorded(run):
    """The bytes of a run, without times."""
    found = {}
    for folder in ("frames", "checkpoints"):
        for path in sorted((run / folder).iterdir()):
            found[f"{folder}/{path.name}"] = path.read_bytes()
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for row in rows:
        del row["step_ms"], row["elapsed_s"]
    found["metrics"] = rows
    return found


def main():
    program, *engines = sys.argv[1:]
    program = os.path.abspath(program)
    folder = pathlib.Path(tempfile.mkdtemp())
    # The scripts call the program by its name.
    (folder / "bin").mkdir()
    (folder / "bin" / "gan-tui").symlink_to(program)
    os.environ["PATH"] = f"{folder / 'bin'}:{os.environ['PATH']}"
    (folder / "sweep.ron").write_text(SWEEP)
    gan_tui = lambda *words, **more: subprocess.run(
        ["gan-tui", *words], cwd=folder, check=True, **more)
    gan_tui("sweep", "run", "sweep.ron", "--out", "alone", "--quiet", "--threads", "1")
    alone = [recorded(folder / "alone" / f"{task:04}") for task in range(TASKS)]
    for engine in engines or ["parallel"]:
        done = gan_tui("sweep", "script", engine, "sweep.ron", "--out", engine,
                       stdout=subprocess.PIPE, text=True)
        ENGINES[engine](folder, done.stdout)
        for task in range(TASKS):
            found = recorded(folder / engine / f"{task:04}")
            assert found == alone[task], f"{engine}: task {task} differs"
        gan_tui("sweep", "status", engine)
        print(f"{engine}: all {TASKS} tasks are those run alone, after an interruption")


def count(folder, engine):
    return len(list((folder / engine).glob("*/checkpoints/*.safetensors")))


def kill_session(leader):
    """Kills a process that leads a session, and all that it started."""
    subprocess.run(["pkill", "-KILL", "-s", str(leader.pid)])
    leader.wait()


def parallel(folder, script):
    """Killed with all that it started, in the midst of its tasks, and started again."""
    for attempt in range(2):
        run = subprocess.Popen(["sh"], cwd=folder, stdin=subprocess.PIPE, text=True,
                               start_new_session=True)
        run.stdin.write(script)
        run.stdin.close()
        if attempt == 0:
            while count(folder, "parallel") < 8 and run.poll() is None:
                time.sleep(0.05)
            kill_session(run)
        else:
            assert run.wait() == 0


def hyperqueue(folder, script):
    """Its worker is killed in the midst of its tasks, and another takes its place."""
    server_dir = folder / "hq-server"
    os.environ["HQ_SERVER_DIR"] = str(server_dir)
    hq = lambda *words: subprocess.run(["hq", *words], check=True, cwd=folder)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(["hq", "server", "start"], cwd=folder, **quiet)
    time.sleep(2)
    worker = lambda: subprocess.Popen(["hq", "worker", "start", "--cpus", "2"], cwd=folder,
                                      start_new_session=True, **quiet)
    try:
        first = worker()
        subprocess.run(["sh", "-c", script], cwd=folder, check=True)
        while count(folder, "hyperqueue") < 8:
            time.sleep(0.05)
        kill_session(first)
        second = worker()
        hq("job", "wait", "all")
        second.terminate()
    finally:
        server.terminate()


def slurm(folder, script):
    """A time limit of a minute with a warning half a minute before, and a requeue by hand."""
    script = script.replace("--time=01:00:00", "--time=00:01:00").replace("USR1@60", "USR1@30")
    script = script.replace("--cpus-per-task=2", "--cpus-per-task=1")
    (folder / "job.sh").write_text(script)
    done = subprocess.run(["sbatch", "--parsable", "job.sh"], cwd=folder, check=True,
                          stdout=subprocess.PIPE, text=True)
    job = done.stdout.strip()
    while count(folder, "slurm") < 4:
        time.sleep(0.1)
    subprocess.run(["scontrol", "requeue", f"{job}_0"], check=True)
    while subprocess.run(["squeue", "--noheader", "--job", job], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL).stdout.strip():
        time.sleep(1)


ENGINES = {"parallel": parallel, "hyperqueue": hyperqueue, "slurm": slurm}

if __name__ == "__main__":
    main()
