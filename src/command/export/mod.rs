//! `gan-tui export`: a run's frames, metrics and generator as files that other programs open.

mod generator;
mod page;

pub use page::report;

use gan_tui_core::text::shown;
use std::path::{Path, PathBuf};

use crate::{
    cli::{
        ExportOptions, bar,
        output::{can_write, grouped, print_written, size},
        report::{self, Exit},
    },
    formats::formats,
    session::signals,
};
use gan_tui_store::{
    export::{self, ContentKind, ExportLayout, ExportOption, ExportSettings, ExportSummary},
    run::Run,
};

/// Writes the file.
///
/// # Errors
/// Returns an error if there is no such run, it has no such frames, or the file cannot be written.
pub fn run(options: &ExportOptions) -> anyhow::Result<Exit> {
    let (formats, settings) = (formats(), settings(options));
    if options.without_training_images && !options.out.as_deref().is_some_and(page::is_page) {
        anyhow::bail!("--without-training-images has no effect but on a page (.html)");
    }
    if let Some(out) = &options.out {
        if generator::is_folder(out) {
            return generator::folder(options, out);
        }
        if page::is_page(out) {
            return page::export(options, out);
        }
        let of_generators = formats.taking(ContentKind::Generator);
        if let Ok(format) = of_generators.from_path(out) {
            return generator::file(options, out, format);
        }
    }
    let run = Run::open(&options.run)?;
    let out = options.out.clone().unwrap_or_else(|| {
        PathBuf::from(format!("{}.{}", run.name(), usual_extension(settings.layout)))
    });
    let format = formats.for_run(&settings, &out)?;
    let content = format.content_of_run(settings.layout);
    for option in given(options) {
        formats.check_option(option, format, content)?;
    }
    can_write(&out)?;
    let writing = signals::end_between_writes()?;
    if let Some(streamed) = export::stream(&run, &settings, format, &out) {
        let summary = streamed?;
        return if options.quiet {
            Ok(Exit::DONE)
        } else {
            print_written(&out, line(&out, &summary)).map(|()| Exit::DONE)
        };
    }
    let bar = bar::counting(run.frames().len(), "frames");
    let encoded = export::encode(&run, &settings, format, &mut |done, count| {
        bar.0.set_length(count as u64);
        bar.0.set_position(done as u64);
    });
    drop(bar);
    let (bytes, summary) = encoded?;
    signals::write_uninterrupted(&writing, &[(&out, &bytes)])?;
    summary.warnings.iter().for_each(|warning| report::warn(warning));
    if !options.quiet {
        print_written(&out, line(&out, &summary))?;
    }
    Ok(Exit::DONE)
}

fn settings(options: &ExportOptions) -> ExportSettings {
    let usual = ExportSettings::default();
    ExportSettings {
        layout: match (options.sheet, options.chart) {
            (true, _) => ExportLayout::Sheet,
            (_, true) => ExportLayout::Chart,
            _ => ExportLayout::Plain,
        },
        from: options.from,
        to: options.to,
        every: options.every,
        fps: options.fps.unwrap_or(usual.fps),
        scale: options.scale.unwrap_or(usual.scale),
        latent: options.latent,
    }
}

/// The extension if no file is named.
fn usual_extension(layout: ExportLayout) -> &'static str {
    match layout {
        ExportLayout::Plain => "gif",
        ExportLayout::Sheet => "png",
        ExportLayout::Chart => "svg",
    }
}

/// The options that were given and not every format understands: one that would do nothing is a
/// mistake.
fn given(options: &ExportOptions) -> impl Iterator<Item = ExportOption> {
    let given = [
        (options.fps.is_some(), ExportOption::Fps),
        (options.scale.is_some(), ExportOption::Scale),
        (options.latent.is_some(), ExportOption::Latent),
    ];
    given.into_iter().filter(|(given, _)| *given).map(|(_, option)| option)
}

fn line(out: &Path, summary: &ExportSummary) -> String {
    let what = match summary.content {
        ContentKind::Chart | ContentKind::Metrics => "iteration",
        _ => "frame",
    };
    let plural = if summary.count == 1 { "" } else { "s" };
    format!(
        "{}: {}, {} {what}{plural}, {}\n",
        shown(out),
        summary.format,
        grouped(summary.count),
        size(summary.bytes as u64)
    )
}
