//! The generator of a run or a checkpoint for other programs: as a file, or as a folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::{
    cli::{
        ExportOptions,
        output::{can_write, grouped, print_written, size},
        report::Exit,
    },
    session::{
        samples::{not_drawn, snapshot},
        signals,
    },
};
use gan_tui_core::{
    event::Snapshot,
    files::{self, reason},
    generator::GeneratorData,
    image::ImageBatch,
    text::shown,
};
use gan_tui_engine::train::{Threads, sampling::TrainedGenerator};
use gan_tui_store::{
    export::{
        Content, ExportSettings, Exporter,
        generator::hub::{self, Card},
    },
    run::{Run, Target, resolve},
};

/// Samples of a folder.
const SAMPLES: usize = 64;

/// Returns whether a path asks for a folder.
pub fn is_folder(out: &Path) -> bool {
    out.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// Writes the generator to a file.
///
/// # Errors
/// Returns an error if there is no checkpoint, an option has no effect, or the file cannot be
/// written.
pub fn file(
    options: &ExportOptions,
    out: &Path,
    format: &'static dyn Exporter,
) -> anyhow::Result<Exit> {
    check_options(options, format.name())?;
    can_write(out)?;
    let writing = signals::end_between_writes()?;
    let (data, ..) = read(&options.run)?;
    let bytes = format.export(Content::Generator(&data), &ExportSettings::default())?;
    signals::write_uninterrupted(&writing, &[(out, &bytes)])?;
    if !options.quiet {
        print_written(out, line(out, format.name(), &data, bytes.len()))?;
    }
    Ok(Exit::DONE)
}

/// Writes the generator and what belongs to it into a new folder.
///
/// # Errors
/// Returns an error if there is no checkpoint, an option has no effect, or the folder holds
/// something or cannot be written.
pub fn folder(options: &ExportOptions, out: &Path) -> anyhow::Result<Exit> {
    check_options(options, "a folder")?;
    let cannot =
        |error: std::io::Error| anyhow::anyhow!("cannot write {}: {}", shown(out), reason(&error));
    let is_taken = files::entries(out).map_err(cannot)?.is_some_and(|found| !found.is_empty());
    ensure!(!is_taken, "cannot write {}: expected a new or an empty folder", shown(out));
    let writing = signals::end_between_writes()?;
    let (data, generator, _) = read(&options.run)?;
    let run = run_of(&options.run)?;
    let latents = generator.latents(1, SAMPLES, None);
    let samples = draw(&generator, &latents)?;
    let name = out.file_name().map(|name| name.to_string_lossy().into_owned());
    let card = Card {
        name: &name.unwrap_or_else(|| data.model.clone()),
        run: run.as_ref(),
        samples: &samples,
    };
    let files = hub::files(&data, &card)?;
    files::create_folders(out).map_err(cannot)?;
    let paths: Vec<PathBuf> = files.iter().map(|file| out.join(file.name)).collect();
    let named: Vec<(&Path, &[u8])> =
        paths.iter().map(PathBuf::as_path).zip(files.iter().map(|file| &file.bytes[..])).collect();
    signals::write_uninterrupted(&writing, &named)?;
    if !options.quiet {
        let bytes = files.iter().map(|file| file.bytes.len()).sum();
        print_written(out, line(out, "folder for a model hub", &data, bytes))?;
    }
    Ok(Exit::DONE)
}

/// Returns an option that is given and only concerns frames and metrics.
pub fn option_without_effect(options: &ExportOptions) -> Option<&'static str> {
    let given = [
        ("--sheet", options.sheet),
        ("--chart", options.chart),
        ("--from", options.from.is_some()),
        ("--to", options.to.is_some()),
        ("--every", options.every.is_some()),
        ("--fps", options.fps.is_some()),
        ("--scale", options.scale.is_some()),
        ("--latent", options.latent.is_some()),
    ];
    given.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
}

/// Checks that no option is given which has no effect on a generator.
fn check_options(options: &ExportOptions, what: &str) -> anyhow::Result<()> {
    match option_without_effect(options) {
        Some(option) => anyhow::bail!(
            "{option} has no effect on {what}: it holds the generator; an older one is exported by \
             naming its checkpoint file"
        ),
        None => Ok(()),
    }
}

/// Reads the generator that `sample` would draw with.
///
/// # Errors
/// Returns an error if there is no checkpoint that can be read.
pub fn read(from: &Path) -> anyhow::Result<(GeneratorData, TrainedGenerator, Snapshot)> {
    // As every command that runs networks does.
    gan_tui_kernels::Path::chosen().map_err(anyhow::Error::msg)?;
    let snapshot = snapshot(from)?;
    let (threads, _) = Threads::choose(None);
    let generator = TrainedGenerator::new(&snapshot, threads.count)?;
    Ok((generator.data(&snapshot), generator, snapshot))
}

/// Returns the run that a path names, or in which its checkpoint lies.
fn run_of(from: &Path) -> anyhow::Result<Option<Run>> {
    match resolve(from)? {
        Target::Run(dir) => Ok(Some(Run::at(&dir)?)),
        Target::Checkpoint(file) => {
            let dir = file.parent().and_then(Path::parent);
            let Some(dir) = dir.filter(|dir| !dir.as_os_str().is_empty()) else { return Ok(None) };
            let is_run = gan_tui_store::run::paths::is_run(dir)?;
            Ok(is_run.then(|| Run::at(dir)).transpose()?)
        }
    }
}

/// Draws an image of each latent, the classes in turn.
pub fn draw(generator: &TrainedGenerator, latents: &[f32]) -> anyhow::Result<ImageBatch> {
    let labels = generator.labels(latents.len() / generator.latent());
    let rows = generator.rows(latents, &labels);
    generator.draw(&rows).map_err(not_drawn).context("cannot draw samples")
}

fn line(out: &Path, what: &str, data: &GeneratorData, bytes: usize) -> String {
    let iteration = grouped(data.iteration);
    format!("{}: {what}, generator of iteration {iteration}, {}\n", shown(out), size(bytes as u64))
}
