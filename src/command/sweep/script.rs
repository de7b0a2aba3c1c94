//! What each scheduler takes to run the tasks of a sweep.

use std::path::{self, Path};

use anyhow::Context as _;

use super::run::keep_copy;
use crate::cli::{Engine, output, report::Exit};
use gan_tui_core::{sweep::Sweep, text::quoted};

/// Prints the script, and makes the folder of the runs: a scheduler makes none for its logs, and
/// `status` has something to show before the first task has begun.
///
/// # Errors
/// Returns an error if the file is no sweep, or the folder cannot be written or belongs to another.
pub fn print(engine: Engine, file: &Path, out: &Path) -> anyhow::Result<Exit> {
    let sweep = Sweep::read(file)?;
    let count = sweep.tasks().len();
    let absolute = |path: &Path| path::absolute(path).context("cannot tell where this folder is");
    let (file, out) = (absolute(file)?, absolute(out)?);
    // Paths of a cluster's volume are not those of this machine.
    if engine != Engine::Kubernetes {
        keep_copy(&sweep, &out)?;
    }
    let command = format!("gan-tui sweep run {} --out {}", quoted(&file), quoted(&out));
    output::print(script(engine, &command, count, &out))?;
    Ok(Exit::DONE)
}

fn script(engine: Engine, command: &str, count: usize, out: &Path) -> String {
    match engine {
        Engine::Slurm => slurm(command, count, out),
        Engine::Hyperqueue => hyperqueue(command, count, out),
        Engine::Parallel => parallel(command, count),
        Engine::Kubernetes => kubernetes(command, count),
    }
}

/// A task that comes near its time limit saves, and is requeued to continue.
fn slurm(command: &str, count: usize, out: &Path) -> String {
    let last = count - 1;
    let log = quoted(&out.join("slurm-%A_%a.log"));
    format!(
        "#!/bin/bash
# sbatch THIS; squeue --me; gan-tui sweep status {}
#SBATCH --job-name=gan-tui-sweep
#SBATCH --array=0-{last}
#SBATCH --cpus-per-task=2
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output={log}
#SBATCH --signal=B:USR1@60

# A minute before the time limit: save, and continue in another job.
trap 'kill -TERM \"$task\"; wait \"$task\"; scontrol requeue \"$SLURM_JOB_ID\"; exit 143' USR1
# Cancelled, requeued or preempted: Slurm tells the task too, which needs time to save.
trap 'wait \"$task\"; exit 143' TERM
{command} &
task=$!
wait \"$task\"
",
        quoted(out)
    )
}

fn hyperqueue(command: &str, count: usize, out: &Path) -> String {
    let last = count - 1;
    let (stdout, stderr) =
        (quoted(&out.join("hq-%{TASK_ID}.out")), quoted(&out.join("hq-%{TASK_ID}.err")));
    format!(
        "#!/bin/sh
# With a server and workers running: hq server start; hq worker start
exec hq submit --name gan-tui-sweep --array 0-{last} --cpus 2 \\
    --stdout {stdout} --stderr {stderr} \\
    {command} --quiet
"
    )
}

fn parallel(command: &str, count: usize) -> String {
    let last = count - 1;
    format!(
        "#!/bin/sh
# Two tasks at a time, a core each; given again, it continues what is not complete.
seq 0 {last} | exec parallel --quote --jobs 2 --line-buffer --tagstring 'task {{}}' \\
    {command} --threads 1 --quiet --task {{}}
"
    )
}

/// An indexed job; image and volume are whoever runs the cluster's.
fn kubernetes(command: &str, count: usize) -> String {
    format!(
        "# kubectl apply -f THIS; sweep file and runs are on the volume `runs`
apiVersion: batch/v1
kind: Job
metadata:
  name: gan-tui-sweep
spec:
  completionMode: Indexed
  completions: {count}
  parallelism: 2
  backoffLimitPerIndex: 6
  podFailurePolicy:
    rules:
      - action: FailIndex
        onExitCodes: {{operator: In, values: [2]}}
      - action: Ignore
        onPodConditions: [{{type: DisruptionTarget}}]
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 60
      containers:
        - name: task
          image: IMAGE
          command: [\"/bin/sh\", \"-c\"]
          args:
            - |
              exec {command}
          resources:
            requests: {{cpu: \"2\", memory: 2Gi}}
            limits: {{cpu: \"2\", memory: 2Gi}}
          volumeMounts:
            - {{name: runs, mountPath: /runs}}
      volumes:
        - name: runs
          persistentVolumeClaim: {{claimName: runs}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_all_tasks_and_the_command() {
        for (engine, tasks) in [
            (Engine::Slurm, "--array=0-7"),
            (Engine::Hyperqueue, "--array 0-7"),
            (Engine::Parallel, "seq 0 7"),
            (Engine::Kubernetes, "completions: 8"),
        ] {
            let text = script(engine, "gan-tui sweep run x --out y", 8, Path::new("/a b"));
            assert!(text.contains(tasks) && text.contains("gan-tui sweep run x --out y"), "{text}");
            assert!(text.ends_with('\n') && !text.contains("/a b "), "paths are quoted: {text}");
        }
    }
}
