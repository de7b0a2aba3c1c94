//! What `--help` shows of each command in use.

use crate::formats::formats;

pub(super) const EXAMPLES: &str = "Examples:
  gan-tui                                     train the default preset and watch
  gan-tui --preset dcgan --data mnist         the reference, on MNIST
  gan-tui --read-only                         nobody pauses it by a key
  gan-tui train --minutes 5 --out runs/first  five minutes without the monitor
  gan-tui sample runs/first --out digits.png  draw what it has learnt";

pub(super) const TRAIN_EXAMPLES: &str = "Examples:
  gan-tui train --preset dcgan --data mnist --seed 7
  gan-tui train --minutes 10 --out runs/night > night.log
  gan-tui train --preset mine.ron --iterations 500 --quiet
  gan-tui train --minutes 30 --notify=osc9
  gan-tui train --out runs/night --detach         in the background; attach comes back to it
  gan-tui train --out runs/job --resume-auto      in a batch job that may be requeued

Ctrl-C (SIGINT) and SIGTERM end the run between two iterations, with a checkpoint saved; a second one leaves at once.
SIGUSR1 saves a checkpoint and goes on. SIGHUP changes nothing unless --on-hangup=stop.";

pub(super) const RESUME_EXAMPLES: &str = "Examples:
  gan-tui resume runs/first                       in the monitor
  gan-tui resume runs/first --iterations 20000    further than it was to go
  gan-tui resume runs/first --headless --quiet    without the monitor, without a word
  gan-tui resume runs/first --detach              in the background
  gan-tui resume runs/first --from 500 --out runs/second    a branch, from an older checkpoint
  gan-tui resume runs/first --restart             again from the start, where its checkpoints are lost

What comes out is what would have come out without the interruption, bit for bit.";

pub(super) const ATTACH_EXAMPLES: &str = "Examples:
  gan-tui attach                         the only run that goes on, or a list to choose from
  gan-tui attach runs/first
  gan-tui attach runs/first --read-only  only look on

d leaves the run to go on, q ends it. Several may look on at the same time.";

pub(super) const REPLAY_EXAMPLES: &str = "Examples:
  gan-tui replay runs/first                           as fast as it was
  gan-tui replay runs/first --speed 20 --from 500     twenty times as fast, from iteration 500
  gan-tui replay /mnt/cluster/runs/night --speed 100  follows one that grows, on a shared disk

space stops and goes on, left and right go by a frame, [ and ] by ten, Home and End to the ends, < and > change the speed.";

pub(super) const SAMPLE_EXAMPLES: &str = "Examples:
  gan-tui sample runs/first                               64 images as block characters
  gan-tui sample runs/first --count 100 --out digits.png  a grid of 10 by 10
  gan-tui sample runs/first --count 10000 --out s.npy     uint8 (10000, 28, 28) for NumPy
  gan-tui sample runs/first --count 8 --out walk.gif      a walk through eight latents
  gan-tui sample runs/first --count 2 --interpolate 16    from one latent to another
  gan-tui sample runs/first --confident 0.99 --save-latents good.npy
  gan-tui sample runs/mine --digits 2026                  a number, with a preset that is told its digits
  gan-tui sample runs/first/checkpoints/00000500.safetensors --seed 7

The ending of the file picks the format: .png and .svg a grid, .npy an array, .txt and .ans block characters, .gif and .apng a walk.";

pub(super) const SCORE_EXAMPLES: &str = "Examples:
  gan-tui score runs/first                        10,000 samples of its newest checkpoint
  gan-tui score runs/first/checkpoints/best.safetensors --json
  gan-tui score samples.npy                       uint8 (n, 28, 28), as sample --out samples.npy writes it
  gan-tui score runs/first --data my-digits       against other images than MNIST's test images
  gan-tui score runs/first --data synthetic       against the embedded digits, as while they are learned

The figure to compare is the Fr\u{e9}chet distance between the samples' features and real images', less being better; the features are those of a
small classifier of digits that the program carries. It depends on how many samples are looked at, so compare equal numbers only. The floor
is what as many real images score, others than are compared with.";

const EXPORT_EXAMPLES: &str = "Examples:
  gan-tui export runs/first                            an animation, first.gif
  gan-tui export runs/first --out last.png             the last frame
  gan-tui export runs/first --to 500 --out early.png   that of iteration 500
  gan-tui export runs/first --latent 3 --scale 8 --every 100 --out three.apng
  gan-tui export runs/first --sheet                    frames side by side with their iterations, first.png
  gan-tui export runs/first --out metrics.csv          losses and the like, a row for each iteration
  gan-tui export runs/first --chart                    the same as curves, first.svg";

/// The examples of `export`, and its formats.
pub(super) fn export_examples() -> String {
    format!(
        "{EXPORT_EXAMPLES}\n\nThe ending of the file picks the format:\n{}",
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

Only what a run leaves is removed; a folder that holds something else stays with it.";

pub(super) const PRESETS_EXAMPLES: &str = "Examples:
  gan-tui presets list
  gan-tui presets show dcgan > mine.ron    a complete commented file to start from
  gan-tui presets check mine.ron           whether it is a good one
  gan-tui presets diff dcgan mine.ron      what it does differently
  gan-tui presets fields                   every field: type, unit, range, default
  gan-tui train --preset mine.ron

A file in ~/.config/gan-tui/presets is a preset by its name without .ron, and stands in for a built-in one of that name.";

pub(super) const PRESETS_DIFF_EXAMPLES: &str = "Examples:
  gan-tui presets diff dcgan quick
  gan-tui presets diff dcgan mine.ron";

pub(super) const DATA_EXAMPLES: &str = "Examples:
  gan-tui data list
  gan-tui data fetch mnist                    get MNIST once
  gan-tui data check ~/my-drawings            what a folder holds, and a page of it
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
  gan-tui bench                             the reference, at its batch, on all cores
  gan-tui bench --batch 128 --threads 1
  gan-tui bench --preset quick --json | jq .ms_per_iteration";

pub(super) const CONFIG_EXAMPLE: &str = "Example:
  gan-tui config > ~/.config/gan-tui/config.ron";

pub(super) const COMPLETIONS_EXAMPLE: &str = "Example:
  gan-tui completions bash > ~/.local/share/bash-completion/completions/gan-tui";

pub(super) const MAN_EXAMPLES: &str = "Examples:
  gan-tui man > gan-tui.1
  gan-tui man --dir man1";
