//! `data check`: what a dataset holds, file by file, and a page of it.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use super::page;
use crate::cli::{
    bar,
    output::{grouped, print, print_json, size},
    plan,
};
use gan_tui_core::{
    dataset::Data,
    image::{ImageShape, RGB},
    text::{escaped, shown},
};
use gan_tui_data::{
    self, DataError, Dataset, DatasetRequest, faces,
    formats::{self, FolderFormat},
    places, synthetic,
};

pub fn run(data: &str, json: bool) -> anyhow::Result<()> {
    let data = plan::dataset(data)?;
    let folder = match &data {
        Data::Folder(folder) => Some(folder.clone()),
        Data::Synthetic | Data::Faces => None,
        Data::Auto => places::find_auto()?,
        named => places::find(&named.to_string())?,
    };
    let mut progress = bar::preparing();
    let dataset = gan_tui_data::load(&DatasetRequest::plain(data.clone()), &mut progress)?;
    if json {
        drop(progress);
        return print_json(&summary(&*dataset, folder.as_deref())?);
    }
    let (info, mut text) = (dataset.info(), String::new());
    let about = info.known().map(|known| format!(", {}", known.about)).unwrap_or_default();
    match &folder {
        Some(folder) => text += &format!("{}: {}{about}\n", shown(folder), escaped(&info.name)),
        None => {
            let (what, seed) = match data {
                Data::Faces => ("embedded faces", faces::SEED),
                _ => ("synthetic digits", synthetic::SEED),
            };
            text += &format!("{}: the {what}, drawn by the program (seed {seed})\n", info.name);
        }
    }
    text += &format!("{} images of {} to train on\n", grouped(info.count), size_of(&*dataset));
    text += &format!("SHA-256 of their pixels {}\n", info.sha256);
    if let Some(folder) = &folder
        && let Some(format) = formats::detect(folder)?
    {
        text += &folder_page(format, folder, &info.name)?;
    }
    drop(progress);
    text += &histogram(&*dataset);
    text += "\n";
    text += &page::of(&*dataset, page::wants_grey());
    print(text)
}

/// The size of a dataset's images in words.
fn size_of(dataset: &dyn Dataset) -> String {
    let ImageShape { width, height, channels } = dataset.shape();
    format!("{width}x{height}{}", if channels == RGB { " in colour" } else { "" })
}

/// Returns a line for the test part, one for each file, and what was done to the images.
fn folder_page(format: &dyn FolderFormat, folder: &Path, name: &str) -> Result<String, DataError> {
    let mut text = String::new();
    if let Some(count) = format.test_images(folder)? {
        text += &format!("{} images of 28x28 to test on\n", grouped(count));
    }
    let check = format.check(folder, name)?;
    for file in check.files {
        let name = escaped(&file.name);
        let line = match file.bytes {
            None => format!("  {name:<28} missing"),
            Some(bytes) => format!("  {name:<28} {:>8}  {}", size(bytes), file.verdict),
        };
        text += line.trim_end();
        text += "\n";
    }
    for note in check.notes {
        text += &format!("{}\n", escaped(&note));
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
    let format = folder.map(formats::detect).transpose()?.flatten();
    let test_images = match (folder, format) {
        (Some(folder), Some(format)) => format.test_images(folder)?,
        _ => None,
    };
    Ok(Summary {
        known: info.known().is_some(),
        name: info.name,
        folder: folder.map(|folder| folder.to_string_lossy().into_owned()),
        images: info.count,
        test_images: test_images.unwrap_or(0),
        width: dataset.shape().width,
        height: dataset.shape().height,
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
