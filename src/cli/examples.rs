//! The examples that `--help` shows for each command.

use crate::formats::formats;

pub(super) const EXAMPLES: &str = "Examples:
  gan-tui                                     train in the monitor; the data decide the preset
  gan-tui --preset dcgan --data mnist         the baseline DCGAN on MNIST
  gan-tui --read-only                         disable the keys that change the run
  gan-tui train --minutes 5 --out runs/first  five minutes without the monitor
  gan-tui sample runs/first --out digits.png  images from its latest checkpoint";

pub(super) const TRAIN_EXAMPLES: &str = "Examples:
  gan-tui train --preset dcgan --data mnist --seed 7
  gan-tui train --minutes 10 --out runs/night > night.log
  gan-tui train --preset mine.ron --iterations 500 --quiet
  gan-tui train --minutes 30 --notify=osc9
  gan-tui train --out runs/night --detach         in the background; reconnect with attach
  gan-tui train --out runs/job --resume-auto      for batch jobs that may be requeued

Ctrl-C (SIGINT) and SIGTERM stop the run after the current iteration and save a checkpoint; a \
second one quits
immediately. SIGUSR1 saves a checkpoint and continues. SIGHUP is ignored unless --on-hangup=stop \
is given.";

pub(super) const RESUME_EXAMPLES: &str = "Examples:
  gan-tui resume runs/first                       resume in the monitor
  gan-tui resume runs/first --iterations 20000    extend the run
  gan-tui resume runs/first --headless --quiet    without the monitor and without output
  gan-tui resume runs/first --detach              in the background
  gan-tui resume runs/first --from 500 --out runs/second    branch from an older checkpoint
  gan-tui resume runs/first --restart             start again if its checkpoints are lost

The result is bit-identical to an uninterrupted run.";

pub(super) const ATTACH_EXAMPLES: &str = "Examples:
  gan-tui attach                         the only active run, or a list to choose from
  gan-tui attach runs/first
  gan-tui attach runs/first --read-only  watch without changing anything

d detaches, q stops the run. Up to 16 monitors can attach.";

pub(super) const REPLAY_EXAMPLES: &str = "Examples:
  gan-tui replay runs/first                           at its original speed
  gan-tui replay runs/first --speed 20 --from 500     at 20 times the speed, from iteration 500
  gan-tui replay /mnt/cluster/runs/night --speed 100  follow an active run on a shared disk

Space pauses and resumes; left and right step one frame, [ and ] ten frames; Home and End jump \
to the start and the end;
< and > change the speed.";

pub(super) const BROWSE_EXAMPLES: &str = "Examples:
  gan-tui browse                  the runs in runs/, and those that train elsewhere
  gan-tui browse /mnt/sweep       another folder
  gan-tui browse --read-only      without notes, stopping and removing

Enter opens a run and q leads back; ? shows all keys. Without a terminal it prints what `gan-tui \
runs` prints.";

pub(super) const WATCH_EXAMPLES: &str = "Examples:
  gan-tui watch logs/             a TensorBoard log directory; several runs are compared
  gan-tui watch lightning_logs/version_0/metrics.csv
  gan-tui watch out/              a folder with metrics.jsonl or .csv and numbered images

Files are followed as they grow, and nothing is written there. ? shows all keys.";

pub(super) const COMPARE_EXAMPLES: &str = "Examples:
  gan-tui compare runs/first runs/second         in the monitor
  gan-tui compare --sweep sweeps/lr              the runs of a folder, seeds grouped
  gan-tui compare runs/* --out curves.svg        a chart; .png and .csv too
  gan-tui compare runs/first logs/ --json        last, least and greatest values

? shows all keys of the monitor.";

pub(super) const SAMPLE_EXAMPLES: &str = "Examples:
  gan-tui sample runs/first                               64 images as block characters
  gan-tui sample runs/first --count 100 --out digits.png  a grid of 10 by 10
  gan-tui sample runs/first --count 10000 --out s.npy     uint8 for NumPy, (n, height, width)
  gan-tui sample runs/first --count 8 --out walk.gif      interpolate through eight latents
  gan-tui sample runs/first --count 2 --interpolate 16    from one latent to the next
  gan-tui sample runs/first --confident 0.99 --save-latents good.npy
  gan-tui sample runs/mine --digits 2026                  a number, with a class-conditional model
  gan-tui sample runs/faces --class glasses               images of one class
  gan-tui sample runs/first/checkpoints/00000500.safetensors --seed 7

The file extension selects the format: .png and .svg a grid, .npy an array, .txt and .ans block \
characters, .gif and .apng
an interpolation.";

pub(super) const SCORE_EXAMPLES: &str = "Examples:
  gan-tui score runs/first                        10,000 samples from its latest checkpoint
  gan-tui score runs/first/checkpoints/best.safetensors --json
  gan-tui score samples.npy                       uint8 (n, 28, 28), as written by sample --out \
                                                  samples.npy
  gan-tui score runs/first --data my-digits       compare with your own images
  gan-tui score runs/first --data synthetic       compare with the synthetic digits
  gan-tui score runs/first --full                 every measure, and the nearest training images

The main figure is the Fr\u{e9}chet distance between the features of the samples and of real \
images, computed by the built-in digit
classifier; lower is better. Compare equal sample counts only. The floor is the distance of the \
same number of other real images.";

const EXPORT_EXAMPLES: &str = "Examples:
  gan-tui export runs/first                            animation, first.gif
  gan-tui export runs/first --out last.png             the last frame
  gan-tui export runs/first --to 500 --out early.png   the frame of iteration 500
  gan-tui export runs/first --latent 3 --scale 8 --every 100 --out three.apng
  gan-tui export runs/first --sheet                    frames side by side with their \
                                                  iterations, first.png
  gan-tui export runs/first --out metrics.csv          all metrics, one row per iteration
  gan-tui export runs/first --chart                    the same as a chart, first.svg
  gan-tui export runs/first --out digits.onnx          the generator, for onnxruntime
  gan-tui export runs/first --out digits/              a folder as model hubs have them";

pub(super) const SWEEP_EXAMPLES: &str = "Examples:
  gan-tui sweep list sweep.ron                                   the tasks and their numbers
  gan-tui sweep run sweep.ron --out runs/sweep                   all tasks, one after another
  gan-tui sweep script slurm sweep.ron --out runs/sweep > job.sh
  gan-tui sweep status runs/sweep

A sweep file: (base: \"fast\", seeds: [1, 2, 3], vary: {\"generator.learning_rate\": [1e-3, 5e-4]})";

pub(super) const SWEEP_RUN_EXAMPLES: &str = "Examples:
  gan-tui sweep run sweep.ron --out runs/sweep
  gan-tui sweep run sweep.ron --out runs/sweep --task 3

A task that was interrupted continues, and one that is complete is left alone. Without --task the \
number is the scheduler's (Slurm, HyperQueue, PBS, SGE, LSF, Kubernetes, GNU parallel).";

pub(super) const REPORT_EXAMPLES: &str = "Examples:
  gan-tui report runs/first                  first.html
  gan-tui report runs/first --out page.html
  gan-tui report runs/first --without-training-images    to hand on, if the pictures are private

The page needs no network: curves, scores, frames, parameters, images that the browser generates, \
and generated images beside the nearest ones that were learned from.";

/// The examples of `export`, and its formats.
pub(super) fn export_examples() -> String {
    format!(
        "{EXPORT_EXAMPLES}\n\nThe file extension selects the format:\n{}",
        formats().table().trim_end()
    )
}

pub(super) const RUNS_EXAMPLES: &str = "Examples:
  gan-tui runs
  gan-tui runs ~/experiments --json
  gan-tui runs remove runs/first runs/second";

pub(super) const RUNS_REMOVE_EXAMPLES: &str = "Examples:
  gan-tui runs remove runs/first
  gan-tui runs remove --yes runs/first runs/second

Only files that belong to a run are removed; a folder with other files in it is kept.";

pub(super) const PRESETS_EXAMPLES: &str = "Examples:
  gan-tui presets list
  gan-tui presets show dcgan > mine.ron    a complete commented file to start from
  gan-tui presets check mine.ron           check that it is valid
  gan-tui presets diff dcgan mine.ron      show what differs
  gan-tui presets fields                   all fields: type, unit, range, default
  gan-tui train --preset mine.ron

A file NAME.ron in ~/.config/gan-tui/presets defines the preset NAME and overrides a built-in \
preset of that name.";

pub(super) const PRESETS_DIFF_EXAMPLES: &str = "Examples:
  gan-tui presets diff dcgan quick
  gan-tui presets diff dcgan mine.ron";

pub(super) const DATA_EXAMPLES: &str = "Examples:
  gan-tui data list
  gan-tui data fetch mnist                    download MNIST
  gan-tui data check ~/my-drawings            describe a folder and show some of its images
  gan-tui data export --out digits.npy --labels labels.npy";

pub(super) const DATA_CHECK_EXAMPLES: &str = "Examples:
  gan-tui data check
  gan-tui data check mnist
  gan-tui data check ~/my-drawings
  gan-tui data check mnist --json | jq .sha256";

pub(super) const DATA_EXPORT_EXAMPLES: &str = "Examples:
  gan-tui data export --data synthetic --out digits.npy --labels labels.npy
  gan-tui data export --data mnist --count 100 --seed 1 --out sheet.png";

pub(super) const DATA_FETCH_EXAMPLES: &str = "Examples:
  gan-tui data fetch mnist
  gan-tui data fetch fashion-mnist --to data/fashion-mnist";

pub(super) const BENCH_EXAMPLES: &str = "Examples:
  gan-tui bench                             the default preset, on all cores
  gan-tui bench --batch 128 --threads 1
  gan-tui bench --profile                   where the time goes, layer by layer
  gan-tui bench --preset quick --json | jq .ms_per_iteration";

pub(super) const CONFIG_EXAMPLE: &str = "Example:
  gan-tui config > ~/.config/gan-tui/config.ron";

pub(super) const COMPLETIONS_EXAMPLE: &str = "Example:
  gan-tui completions bash > ~/.local/share/bash-completion/completions/gan-tui";

pub(super) const MAN_EXAMPLES: &str = "Examples:
  gan-tui man > gan-tui.1
  gan-tui man --dir man1";
