//! `data check`: what a dataset holds, file by file, and a page of it.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use super::page;
use crate::cli::{
    bar,
    output::{grouped, print, print_json, size},
    plan,
};
use gan_tui_core::preset::Data;
use gan_tui_engine::dataset::{
    self, DataError, Dataset, PIXELS, SIDE,
    fetch::is_good,
    idx::{self, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES},
    known::{self, Archive},
    pictures, source, synthetic,
};

pub fn run(data: &str, json: bool) -> anyhow::Result<()> {
    let data = plan::dataset(data)?;
    let folder = match &data {
        Data::Folder(folder) => Some(folder.clone()),
        Data::Synthetic => None,
        Data::Auto => source::find_auto()?,
        named => source::find(&named.to_string())?,
    };
    let mut progress = bar::preparing();
    let dataset = dataset::load(&data, &mut progress)?;
    if json {
        drop(progress);
        return print_json(&summary(&*dataset, folder.as_deref())?);
    }
    let (info, mut text) = (dataset.info(), String::new());
    let about =
        known::published(&info.name).map(|set| format!(", {}", set.about)).unwrap_or_default();
    match &folder {
        Some(folder) => text += &format!("{}: {}{about}\n", folder.display(), info.name),
        None => {
            text += &format!(
                "{}: the synthetic digits, drawn by the program (seed {})\n",
                info.name,
                synthetic::SEED
            )
        }
    }
    text += &format!("{} images of 28x28 to train on\n", grouped(info.count));
    text += &format!("SHA-256 of their pixels {}\n", info.sha256);
    if let Some(folder) = &folder {
        text += &match idx::find(folder, TRAIN_IMAGES)? {
            Some(_) => idx_files(folder, &info.name)?,
            None => pictures_read(folder)?,
        };
    }
    drop(progress);
    text += &histogram(&*dataset);
    text += "\n";
    text += &page::of(&*dataset, page::wants_grey());
    print(text)
}

/// The test part in a line, then a line for each file.
fn idx_files(folder: &Path, name: &str) -> Result<String, DataError> {
    let mut text = String::new();
    if idx::find(folder, TEST_IMAGES)?.is_some() {
        let test = idx::read(folder, TEST_IMAGES, TEST_LABELS)?;
        text += &format!("{} images of 28x28 to test on\n", grouped(test.pixels.len() / PIXELS));
    }
    let published = known::published(name);
    for archive in published.map_or(&known::PUBLISHED[0].files, |set| &set.files) {
        let Some(path) = idx::find(folder, archive.name)? else {
            text += &format!("  {:<28} missing\n", archive.name);
            continue;
        };
        let length = path.metadata().map_err(DataError::io(&path))?.len();
        let verdict = if published.is_some() { verdict(&path, archive)? } else { "" };
        let shown = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        text += format!("  {shown:<28} {:>8}  {verdict}", size(length)).trim_end();
        text += "\n";
    }
    Ok(text)
}

fn verdict(path: &Path, archive: &Archive) -> Result<&'static str, DataError> {
    Ok(match (is_good(path, archive).map_err(DataError::io(path))?, archive.sha256) {
        (true, Some(_)) => "content as published",
        (true, None) => "archive as published",
        (false, Some(_)) => "NOT the published content",
        (false, None) => "not the published archive; its content may still be",
    })
}

/// What was done to a folder of pictures.
fn pictures_read(folder: &Path) -> Result<String, DataError> {
    let Some(read) = pictures::read(folder, &mut |_| {})? else { return Ok(String::new()) };
    let mut text = match read.scaled {
        0 => "every image was 28x28 already\n".to_owned(),
        scaled => format!("{} of them scaled to fit 28x28 and centred\n", grouped(scaled)),
    };
    if read.inverted {
        text += "inverted, for most have a light background\n";
    }
    let mut numbers: Vec<u8> = read.labels.into_iter().flatten().collect();
    numbers.dedup();
    for (class, number) in read.classes.iter().zip(numbers) {
        text += &format!("  label {number}: sub-folder {class}\n");
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
    width: usize,
    height: usize,
    /// Of the pixels to train on, in hexadecimal.
    sha256: String,
    /// How many images each label has; empty where there are no labels.
    labels: BTreeMap<u8, usize>,
}

fn summary(dataset: &dyn Dataset, folder: Option<&Path>) -> Result<Summary, DataError> {
    let info = dataset.info();
    let test = match folder {
        Some(folder) if idx::find(folder, TEST_IMAGES)?.is_some() => Some(folder),
        _ => None,
    };
    Ok(Summary {
        known: known::published(&info.name).is_some(),
        name: info.name,
        folder: folder.map(|folder| folder.display().to_string()),
        images: info.count,
        test_images: test.map_or(Ok(0), |folder| {
            idx::read(folder, TEST_IMAGES, TEST_LABELS).map(|test| test.pixels.len() / PIXELS)
        })?,
        width: SIDE,
        height: SIDE,
        sha256: info.sha256,
        labels: counts(dataset),
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
    let bar = |count: usize| "#".repeat((40 * count).div_ceil(most));
    counts
        .iter()
        .map(|(label, &count)| format!("  label {label:>3} {:>7} {}\n", grouped(count), bar(count)))
        .collect()
}
