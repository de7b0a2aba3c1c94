#!/usr/bin/env python3
"""Whether a sweep of eight tasks run by a scheduler leaves what the same tasks leave without one.

    apt-get install parallel slurm-wlm munge; HyperQueue's `hq` has to be on the path
    python scripts/check_sweep.py PROGRAM [parallel] [hyperqueue] [slurm]

Each scheduler runs the script that `gan-tui sweep script` prints, in a folder with a space in its
name, and is interrupted in the midst of its tasks. Checkpoints, frames and metrics (times aside)
must be those of tasks run alone. A Slurm of two nodes is started for this (see local_slurm.py) and
ended afterwards. It takes a quarter of an hour on two cores.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import local_slurm

# Each task takes about half a minute, on one core.
SWEEP = """(base: "mlp", seeds: [1, 2], vary: {
    "generator.learning_rate": [1e-3, 5e-4], "batch": [16, 32], "iterations": [ITERATIONS],
    "checkpoint_every": [EVERY], "data": [Synthetic], "score_every": [0], "frame_every": [EVERY],
})"""
ITERATIONS = int(os.environ.get("ITERATIONS", "1000"))
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


def wait_for(what, condition, seconds=600):
    for _ in range(seconds * 10):
        if condition():
            return
        time.sleep(0.1)
    sys.exit(f"waited {seconds} s for {what}")


def checkpoints(folder, engine, tasks="*"):
    """How many checkpoints the runs of a sweep have."""
    return len(list((folder / engine).glob(f"{tasks}/checkpoints/*.safetensors")))


def processes(folder, engine, task):
    """How many processes have trained a task's run, by its log."""
    lines = (folder / engine / f"{task:04}" / "log.txt").read_text().splitlines()
    return sum(line.split(" ", 2)[1] == "start" for line in lines if line[:1].isdigit())


def kill_session(leader):
    """Kills all processes of the session that a process leads."""
    members = subprocess.run(["ps", "-o", "pid=", "-s", str(leader.pid)], capture_output=True,
                             text=True).stdout.split()
    for pid in members:
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    leader.wait()


def parallel(folder, script):
    """Killed with all that it started, in the midst of its tasks, and started again."""
    start = lambda: subprocess.Popen(["sh", "-c", script], cwd=folder, start_new_session=True)
    first = start()
    wait_for("checkpoints", lambda: checkpoints(folder, "parallel") >= 2)
    kill_session(first)
    assert start().wait() == 0


def hyperqueue(folder, script):
    """Its worker is killed in the midst of its tasks, and another takes its place."""
    os.environ["HQ_SERVER_DIR"] = str(folder / "hq-server")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(["hq", "server", "start"], cwd=folder, **quiet)
    worker = lambda: subprocess.Popen(["hq", "worker", "start", "--cpus", "2"], cwd=folder,
                                      start_new_session=True, **quiet)
    answers = lambda: subprocess.run(["hq", "server", "info"], **quiet).returncode == 0
    try:
        wait_for("HyperQueue's server", answers)
        first = worker()
        subprocess.run(["sh", "-c", script], cwd=folder, check=True)
        wait_for("checkpoints", lambda: checkpoints(folder, "hyperqueue") >= 2)
        kill_session(first)
        second = worker()
        subprocess.run(["hq", "job", "wait", "all"], check=True, **quiet)
        subprocess.run(["hq", "job", "list", "--all"], check=True)
        second.terminate()
    finally:
        server.terminate()


def slurm(folder, script):
    """Tasks exceed their time, one is requeued by hand, and a node goes down under another."""
    limit = "#SBATCH --time=00:01:00"
    script = script.replace("#SBATCH --time=01:00:00", limit).replace("USR1@60", "USR1@45")
    script = script.replace("--cpus-per-task=2", "--cpus-per-task=1")
    assert limit in script and "USR1@45" in script
    (folder / "job.sh").write_text(script)
    daemons = pathlib.Path(tempfile.mkdtemp(prefix="slurm"))
    os.environ["SLURM_CONF"] = str(local_slurm.start(daemons))
    run = lambda *words: subprocess.run(words, cwd=folder, check=True, capture_output=True,
                                        text=True).stdout.strip()
    try:
        job = run("sbatch", "--parsable", "job.sh")
        wait_for("checkpoints", lambda: checkpoints(folder, "slurm", "0000") >= 1)
        run("scontrol", "requeue", f"{job}_0")
        running = lambda: run("squeue", "--noheader", "--states=R", "--nodelist=node2",
                              "--format=%K", "--job", job)
        wait_for("a task on the second node", running)
        task = int(running())
        before = checkpoints(folder, "slurm", f"{task:04}")
        wait_for("a checkpoint of that task",
                 lambda: checkpoints(folder, "slurm", f"{task:04}") > before or not running())
        run("scontrol", "update", "nodename=node2", "state=down", "reason=check")
        time.sleep(5)
        run("scontrol", "update", "nodename=node2", "state=resume")
        print(f"task 0 was requeued by hand, node2 was down under task {task}")
        wait_for("the job's end", lambda: not run("squeue", "--noheader", "--array"), 1800)
        states = [line for line in run("scontrol", "show", "job", job).split()
                  if line.startswith(("ArrayTaskId=", "JobState=", "Restarts=", "ExitCode="))]
        for row in zip(*[iter(states)] * 4):
            print("  ", *row)
        assert states.count("JobState=COMPLETED") == TASKS
    finally:
        local_slurm.stop(daemons)
    shutil.rmtree(daemons)


ENGINES = {"parallel": parallel, "hyperqueue": hyperqueue, "slurm": slurm}


def main():
    program, *engines = sys.argv[1:]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="a sweep "))
    # The scripts call the program by its name.
    (folder / "bin").mkdir()
    (folder / "bin" / "gan-tui").symlink_to(os.path.abspath(program))
    os.environ["PATH"] = f"{folder / 'bin'}:{os.environ['PATH']}"
    sweep = SWEEP.replace("ITERATIONS", str(ITERATIONS)).replace("EVERY", str(ITERATIONS // 10))
    (folder / "sweep.ron").write_text(sweep)
    print(folder)
    gan_tui = lambda *words: subprocess.run(["gan-tui", *words], cwd=folder, check=True,
                                            stdout=subprocess.PIPE, text=True).stdout
    gan_tui("sweep", "run", "sweep.ron", "--out", "alone", "--quiet", "--threads", "2")
    alone = [recorded(folder / "alone" / f"{task:04}") for task in range(TASKS)]
    for engine in engines or ENGINES:
        started = time.monotonic()
        ENGINES[engine](folder, gan_tui("sweep", "script", engine, "sweep.ron", "--out", engine))
        times = [processes(folder, engine, task) for task in range(TASKS)]
        for task in range(TASKS):
            found = recorded(folder / engine / f"{task:04}")
            assert found == alone[task], f"{engine}: task {task} differs"
        assert max(times) > 1, "no task was interrupted"
        assert f"{TASKS} of {TASKS} tasks finished" in gan_tui("sweep", "status", engine)
        print(f"{engine}: all {TASKS} tasks are those run alone; processes that trained each: "
              f"{times}; {time.monotonic() - started:.0f} s", flush=True)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
