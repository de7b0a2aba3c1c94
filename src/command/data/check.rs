//! `data check`: what a dataset holds, file by file, and a page of it.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use crate::{
    cli::{
        DatasetOptions, bar,
        output::{grouped, print, print_json, size},
        plan, terminal,
    },
    command::page,
};
use gan_tui_core::{
    dataset::Data,
    image::{ImageShape, RGB},
    text::{escaped, shown},
};
use gan_tui_data::{
    self, DataError, Dataset, Others, Skipped, faces,
    formats::{
        FolderFormat as _,
        idx::{Idx, IdxPlace},
        idx_places,
    },
    places, synthetic,
};

pub fn run(data: &str, options: DatasetOptions, json: bool) -> anyhow::Result<()> {
    let data = plan::dataset(data)?;
    let place = match &data {
        Data::Folder(place) => Some(place.clone()),
        Data::Synthetic | Data::Faces => None,
        Data::Auto => places::find_auto()?,
        named => places::find(&named.to_string())?,
    };
    let mut progress = bar::preparing();
    let loaded = gan_tui_data::load(&options.request(data.clone())?, &mut progress);
    if let Err(DataError::Unreadable { report, .. }) = &loaded
        && report.unreadable.len() > DataError::MOST_LISTED
    {
        drop(progress);
        print(report.skipped_text())?;
        return Ok(loaded.map(|_| ())?);
    }
    let dataset = loaded?;
    let idx = place.as_deref().map(idx_places::locate).transpose()?.flatten();
    if json {
        drop(progress);
        return print_json(&summary(&*dataset, place.as_deref(), idx.as_ref())?);
    }
    let (info, mut text) = (dataset.info(), String::new());
    let about = info.known().map(|known| format!(", {}", known.about)).unwrap_or_default();
    match &place {
        Some(place) => text += &format!("{}: {}{about}\n", shown(place), escaped(&info.name)),
        None => {
            let (what, seed) = match data {
                Data::Faces => ("embedded faces", faces::SEED),
                _ => ("synthetic digits", synthetic::SEED),
            };
            text += &format!("{}: the {what}, drawn by the program (seed {seed})\n", info.name);
        }
    }
    text += &format!("{} images of {} to train on\n", grouped(info.count), size_of(&*dataset));
    if let Some(idx) = &idx {
        text += &files_page(idx, &info.name)?;
    }
    text += &reading_page(&*dataset);
    text += &format!("without --preset, they are trained on with {}\n", plan::preset_for(&data)?);
    drop(progress);
    text += &histogram(&*dataset);
    text += "\n";
    text += &page::of(&*dataset, page::wanted_colors());
    text += &format!("\nSHA-256 of the pixels {}\n", info.sha256);
    print(text)
}

/// Returns how the images were read, what was passed over, and the memory that they take.
fn reading_page(dataset: &dyn Dataset) -> String {
    const MOST: usize = 20;
    let report = dataset.report();
    if report.images == 0 {
        return String::new();
    }
    let mut text = String::new();
    for line in report.lines() {
        text += &format!("{}\n", escaped(&line));
    }
    for Skipped { name, reason } in report.unreadable.iter().take(MOST) {
        text += &format!("  {}: {}\n", escaped(name), escaped(reason));
    }
    if report.unreadable.len() > MOST {
        text += &format!("  and {} more\n", grouped(report.unreadable.len() - MOST));
    }
    let bytes = report.images * dataset.shape().values();
    text + &format!("{} in memory\n", size(bytes as u64))
}

/// The size of a dataset's images in words.
fn size_of(dataset: &dyn Dataset) -> String {
    let ImageShape { width, height, channels } = dataset.shape();
    format!("{width}x{height}{}", if channels == RGB { " in colour" } else { "" })
}

/// Returns a line for the test part, and one for each file.
fn files_page(place: &IdxPlace, name: &str) -> Result<String, DataError> {
    let mut text = String::new();
    if let Some(count) = Idx.test_images(&place.folder)? {
        text += &format!("{} images of 28x28 to test on\n", grouped(count));
    }
    if !place.prefix.is_empty() {
        return Ok(text);
    }
    for file in Idx.check(&place.folder, name)?.files {
        let name = escaped(&file.name);
        let line = match file.bytes {
            None => format!("  {name:<28} missing"),
            Some(bytes) => format!("  {name:<28} {:>8}  {}", size(bytes), file.verdict),
        };
        text += line.trim_end();
        text += "\n";
    }
    Ok(text)
}

/// What a dataset holds, for programs.
#[derive(Serialize)]
struct Summary {
    /// By its content where that is known, else by its folder.
    name: String,
    /// Whether its content is that of a published dataset, by hash.
    known: bool,
    folder: Option<String>,
    /// Images to train on, and to test on.
    images: usize,
    test_images: usize,
    /// Images kept from training, to compare samples with.
    held_back: usize,
    width: usize,
    height: usize,
    channels: usize,
    /// Of the pixels to train on, in hexadecimal.
    sha256: String,
    /// How many images each label has; empty where there are no labels.
    labels: BTreeMap<u8, usize>,
    /// The names of the labels, in their order.
    classes: Vec<String>,
    /// How the images were read.
    notes: Vec<String>,
    /// Pictures and other files that were passed over.
    unreadable: Vec<Skipped>,
    others: Vec<Others>,
}

fn summary(
    dataset: &dyn Dataset,
    place: Option<&Path>,
    idx: Option<&IdxPlace>,
) -> Result<Summary, DataError> {
    let (info, report) = (dataset.info(), dataset.report());
    let test_images = idx.map(|idx| Idx.test_images(&idx.folder)).transpose()?.flatten();
    Ok(Summary {
        known: info.known().is_some(),
        name: info.name,
        folder: place.map(|place| place.to_string_lossy().into_owned()),
        images: info.count,
        held_back: dataset.held_back().map_or(0, |images| images.len()),
        test_images: test_images.unwrap_or(0),
        width: dataset.shape().width,
        height: dataset.shape().height,
        channels: dataset.shape().channels,
        sha256: info.sha256,
        labels: counts(dataset),
        classes: info.classes,
        notes: report.notes.clone(),
        unreadable: report.unreadable.clone(),
        others: report.others.clone(),
    })
}

/// How many images each label has.
fn counts(dataset: &dyn Dataset) -> BTreeMap<u8, usize> {
    let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
    for label in (0..dataset.len()).filter_map(|index| dataset.label(index)) {
        *counts.entry(label).or_default() += 1;
    }
    counts
}

fn histogram(dataset: &dyn Dataset) -> String {
    let counts = counts(dataset);
    let Some(&most) = counts.values().max() else { return "no labels\n".into() };
    let block = if terminal::has_unicode() { "█" } else { "#" };
    let bar = |count: usize| block.repeat((40 * count).div_ceil(most));
    let name = |label: u8| match dataset.classes().get(usize::from(label)) {
        Some(name) if *name != label.to_string() => format!(" {}", escaped(name)),
        _ => String::new(),
    };
    let line = |(&label, &count): (&u8, &usize)| {
        let (bar, name) = (bar(count), name(label));
        format!("  {label:>5} {:>7} {bar}{name}\n", grouped(count))
    };
    let head = "  label  images\n";
    std::iter::once(head.into()).chain(counts.iter().map(line)).collect()
}
