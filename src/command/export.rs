//! `gan-tui export`: an animation or a still of a run's frames.

use std::path::PathBuf;

use super::{
    Status, bar,
    output::{print, size},
    report,
};
use crate::{cli::ExportOptions, export, run::Run};

/// Writes the file.
///
/// # Errors
/// Where there is no such run, it has no such frames, or the file cannot be written.
pub fn run(options: &ExportOptions) -> anyhow::Result<Status> {
    let run = Run::open(&options.run)?;
    let out = options.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.gif", run.name())));
    let frames = export::Options {
        from: options.from,
        to: options.to,
        every: options.every,
        fps: options.fps,
        scale: options.scale,
        latent: options.latent,
    };
    let bar = bar::counting(run.frames().len(), "frames");
    let summary = export::export(&run, &frames, &out, &mut |done, count| {
        bar.0.set_length(count as u64);
        bar.0.set_position(done as u64);
    });
    drop(bar);
    let summary = summary?;
    summary.warnings.iter().for_each(|warning| report::warn(warning));
    let frames = if summary.frames == 1 { "1 frame".into() } else { format!("{} frames", summary.frames) };
    print(format!("{}: {}, {frames}, {}\n", out.display(), summary.format, size(summary.bytes as u64)))?;
    Ok(Status::DONE)
}
