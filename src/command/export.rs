//! `gan-tui export`: a run's frames and metrics as files that other programs open.

use std::{
    path::{Path, PathBuf},
    sync::PoisonError,
};

use anyhow::{Context, bail};

use crate::{
    cli::{
        ExportOptions, bar,
        output::{can_write, grouped, print, size},
        report::{self, Exit},
    },
    session::signals,
};
use gan_tui_core::files::atomic;
use gan_tui_store::{
    export::{self, Format, Kind},
    run::Run,
};

/// Writes the file.
///
/// # Errors
/// Where there is no such run, it has no such frames, or the file cannot be written.
pub fn run(options: &ExportOptions) -> anyhow::Result<Exit> {
    let run = Run::open(&options.run)?;
    let wanted = wanted(options);
    let out = options.out.clone().unwrap_or_else(|| {
        PathBuf::from(format!("{}.{}", run.name(), usual(wanted.kind).ending()))
    });
    let format = wanted.format(&out)?;
    check(options, format)?;
    can_write(&out)?;
    let writing = signals::end_between_writes()?;
    let bar = bar::counting(run.frames().len(), "frames");
    let encoded = export::encode(&run, &wanted, format, &mut |done, count| {
        bar.0.set_length(count as u64);
        bar.0.set_position(done as u64);
    });
    drop(bar);
    let (bytes, summary) = encoded?;
    let held = writing.lock().unwrap_or_else(PoisonError::into_inner);
    atomic::write(&out, &bytes).with_context(|| format!("cannot write {}", out.display()))?;
    drop(held);
    summary.warnings.iter().for_each(|warning| report::warn(warning));
    if !options.quiet {
        print(told(&out, &summary, wanted.kind))?;
    }
    Ok(Exit::DONE)
}

fn wanted(options: &ExportOptions) -> export::Options {
    let usual = export::Options::default();
    export::Options {
        kind: match (options.sheet, options.chart) {
            (true, _) => Kind::Sheet,
            (_, true) => Kind::Chart,
            _ => Kind::Plain,
        },
        from: options.from,
        to: options.to,
        every: options.every,
        fps: options.fps.unwrap_or(usual.fps),
        scale: options.scale.unwrap_or(usual.scale),
        latent: options.latent,
    }
}

/// The format where no file is named.
fn usual(kind: Kind) -> Format {
    match kind {
        Kind::Plain => Format::Gif,
        Kind::Sheet => Format::Png,
        Kind::Chart => Format::Svg,
    }
}

/// An option that would do nothing is a mistake.
fn check(options: &ExportOptions, format: Format) -> anyhow::Result<()> {
    let plain = !options.sheet && !options.chart;
    if options.fps.is_some() && !(plain && Format::ANIMATED.contains(&format)) {
        bail!(
            "--fps does nothing here: {format} shows no animation; {} do",
            Format::endings(&Format::ANIMATED)
        );
    }
    if options.scale.is_some() && !Format::SCALED.contains(&format) {
        bail!(
            "--scale does nothing here: {format} has no pixels; {} have",
            Format::endings(&Format::SCALED)
        );
    }
    if options.latent.is_some() && (options.chart || format == Format::Csv) {
        bail!("--latent does nothing here: metrics are of the whole run");
    }
    Ok(())
}

fn told(out: &Path, summary: &export::Summary, kind: Kind) -> String {
    let what =
        if kind == Kind::Chart || summary.format == Format::Csv { "iteration" } else { "frame" };
    let plural = if summary.count == 1 { "" } else { "s" };
    format!(
        "{}: {}, {} {what}{plural}, {}\n",
        out.display(),
        summary.format,
        grouped(summary.count),
        size(summary.bytes as u64)
    )
}
