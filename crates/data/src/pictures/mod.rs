//! Pictures of any kind as a dataset, from a folder, an archive or a NumPy file: the second
//! version of the reader.
//!
//! [`source`] lists files and gives their bytes, [`arrange`] orders them and finds their classes,
//! [`decode`] and [`fit`] make images of one shape of them.

mod archive;
mod arrange;
mod arrays;
mod cache;
mod container;
pub(crate) mod decode;
pub(crate) mod fit;
mod folder;
mod levels;
mod memory;
mod npy;
mod peek;
mod report;
mod source;

use std::{path::Path, time::Instant};

use rayon::prelude::*;

use crate::{DataError, DatasetRequest, InMemoryDataset, Labels};
use cache::Cache;
use container::Container;
use decode::White;
use gan_tui_core::{event::Preparing, image::ImageShape, text::grouped};
use levels::{Levels, PictureStats};
pub use peek::PictureKind;
pub(crate) use peek::peek;
pub use report::{Others, ReadReport, Skipped};
use source::{Content, Listed, Progress, Source};

/// What a folder or file of pictures is, for messages.
pub(crate) const EXPECTED: &str =
    "images (PNG, JPEG, WebP, BMP, GIF), or a zip, tar, npz or npy of images";

/// Files that are read and decoded together.
const CHUNK: usize = 256;
/// Bytes of files that wait to be decoded.
const CHUNK_BYTES: usize = 64 << 20;

/// Images, and how they came about.
struct Read {
    /// (n, height, width, channels).
    pixels: Vec<u8>,
    labels: Option<Labels>,
    report: ReadReport,
}

/// Loads the pictures of a folder, an archive or a NumPy file; `None` if a folder holds none.
///
/// # Errors
/// Returns an error if it cannot be read, 1% or more of the pictures cannot, or the images would
/// take too much memory.
pub(crate) fn load(
    path: &Path,
    name: &str,
    request: &DatasetRequest,
    progress: Progress<'_>,
) -> Result<Option<InMemoryDataset>, DataError> {
    let read = match container::open(path)? {
        Container::Files(mut source) => read_files(path, &mut *source, request, progress)?,
        Container::Array(array) => Some(arrays::read_array(path, array, request, progress)?),
        Container::Arrays(mut zip) => Some(arrays::read_npz(path, &mut zip, request, progress)?),
    };
    Ok(read.map(|Read { pixels, labels, report }| {
        InMemoryDataset::new(name, request.shape, pixels, labels).with_report(report)
    }))
}

fn read_files(
    path: &Path,
    source: &mut dyn Source,
    request: &DatasetRequest,
    progress: Progress<'_>,
) -> Result<Option<Read>, DataError> {
    progress(Preparing { what: "looking for images".into(), done: 0, total: 0 });
    let mut listing = source.list()?;
    let arranged = arrange::arranged(path, &mut listing)?;
    let (files, mut labels) = (arranged.files, arranged.labels);
    let mut report = ReadReport {
        notes: listing.notes,
        unreadable: listing.unreadable,
        others: listing.counts.into_others(),
        images: 0,
    };
    if files.is_empty() && report.unreadable.is_empty() {
        return Ok(None);
    }
    memory::check(path, files.len(), request.shape)?;
    let total = files.len() + report.unreadable.len();
    let decoded = decoded(path, source, &files, request, progress)?;
    let unreadable = decoded.unreadable.iter();
    report.unreadable.extend(unreadable.map(|(place, reason)| Skipped {
        name: files[*place].name.clone(),
        reason: reason.clone(),
    }));
    report.unreadable.sort_by(|one, other| one.name.split('/').cmp(other.name.split('/')));
    check_readable(path, &report, total, request.reading.strict)?;
    if let Some(labels) = &mut labels {
        let mut place = 0..;
        let is_readable =
            |place| decoded.unreadable.binary_search_by_key(&place, |at| at.0).is_err();
        labels.of.retain(|_| place.next().is_some_and(is_readable));
    }
    report.images = decoded.pixels.len() / request.shape.values();
    report.notes.extend(decoded.notes);
    Ok(Some(Read { pixels: decoded.pixels, labels, report }))
}

/// The images of files.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DecodedSet {
    /// (n, height, width, channels), of the files that can be read.
    pixels: Vec<u8>,
    /// The places of the others, in order, and the reasons.
    unreadable: Vec<(usize, String)>,
    /// How the pictures were converted.
    notes: Vec<String>,
}

/// Returns the images of files, from the cache if an earlier run has decoded them.
fn decoded(
    path: &Path,
    source: &mut dyn Source,
    files: &[Listed],
    request: &DatasetRequest,
    progress: Progress<'_>,
) -> Result<DecodedSet, DataError> {
    let cache = Cache::of(path, files, request);
    if let Some(decoded) = cache.as_ref().and_then(Cache::load) {
        return Ok(decoded);
    }
    let start = Instant::now();
    let decoded = decode_all(source, files, request, progress)?;
    if let Some(cache) = cache
        && start.elapsed() > cache::SLOW
    {
        cache.save(&decoded);
    }
    Ok(decoded)
}

/// Decodes files, and decides what is to be decided for the whole set.
fn decode_all(
    source: &mut dyn Source,
    files: &[Listed],
    request: &DatasetRequest,
    progress: Progress<'_>,
) -> Result<DecodedSet, DataError> {
    let mut batch = read_all(source, files, request, White::default(), progress)?;
    let levels = Levels::of(batch.stats.iter().flatten());
    if let Some(white) = levels.white() {
        batch = read_all(source, files, request, white, progress)?;
    }
    batch.keep_readable(request.shape);
    let stats: Vec<PictureStats> = batch.stats.into_iter().flatten().collect();
    let mut notes: Vec<String> = levels.notes().into_iter().collect();
    if !stats.is_empty() {
        notes.extend(levels::notes(&stats, request));
    }
    levels::invert(&mut batch.pixels, &stats, request, &mut notes);
    Ok(DecodedSet { pixels: batch.pixels, unreadable: batch.reasons, notes })
}

/// Checks that few enough of `total` pictures are unreadable.
fn check_readable(
    path: &Path,
    report: &ReadReport,
    total: usize,
    is_strict: bool,
) -> Result<(), DataError> {
    let unreadable = report.unreadable.len();
    let is_bearable = if is_strict { unreadable == 0 } else { unreadable * 100 < total };
    if is_bearable || unreadable == 0 {
        return Ok(());
    }
    let report = Box::new(report.clone());
    Err(DataError::Unreadable { path: path.into(), total, is_strict, report })
}

/// What was made of files.
struct Batch {
    /// (n, height, width, channels), with a place for each file.
    pixels: Vec<u8>,
    /// What is known of each file's picture; an error has no picture.
    stats: Vec<Option<PictureStats>>,
    /// Why a file has no picture, by its place.
    reasons: Vec<(usize, String)>,
}

impl Batch {
    /// Removes the places of files without a picture.
    fn keep_readable(&mut self, shape: ImageShape) {
        let size = shape.values();
        let mut kept = 0;
        for (place, _) in self.stats.iter().enumerate().filter(|(_, stats)| stats.is_some()) {
            self.pixels.copy_within(place * size..(place + 1) * size, kept * size);
            kept += 1;
        }
        self.pixels.truncate(kept * size);
    }
}

/// A file that waits to be decoded: its place, and its content.
type Waiting = (usize, Result<Content, String>);

/// Reads and decodes files, in chunks on all cores.
fn read_all(
    source: &mut dyn Source,
    files: &[Listed],
    request: &DatasetRequest,
    white: White,
    progress: Progress<'_>,
) -> Result<Batch, DataError> {
    let size = request.shape.values();
    let mut batch = Batch {
        pixels: vec![0; files.len() * size],
        stats: vec![None; files.len()],
        reasons: Vec::new(),
    };
    let total = files.len() as u64;
    let bytes = (files.len() * size) as f64 / 1e6;
    let what = format!("reading {} images ({bytes:.1} MB)", grouped(files.len()));
    let mut wanted: Vec<(usize, usize)> =
        files.iter().enumerate().map(|(place, file)| (file.id, place)).collect();
    wanted.sort_unstable();
    let (mut waiting, mut bytes, mut done) = (Vec::new(), 0, 0);
    let mut decode_waiting = |waiting: &mut Vec<Waiting>| {
        done += waiting.len() as u64;
        batch.decode(std::mem::take(waiting), request, white);
        progress(Preparing { what: what.clone(), done, total });
    };
    source.read(&wanted, &mut |place, content| {
        if let Ok(Content::Bytes(content)) = &content {
            bytes += content.len();
        }
        waiting.push((place, content));
        if waiting.len() == CHUNK || bytes > CHUNK_BYTES {
            bytes = 0;
            decode_waiting(&mut waiting);
        }
        Ok(())
    })?;
    decode_waiting(&mut waiting);
    batch.reasons.sort();
    Ok(batch)
}

impl Batch {
    fn decode(&mut self, waiting: Vec<Waiting>, request: &DatasetRequest, white: White) {
        let decoded: Vec<_> = waiting
            .into_par_iter()
            .map(|(place, content)| {
                (place, content.and_then(|content| picture(content, request, white)))
            })
            .collect();
        let size = request.shape.values();
        for (place, result) in decoded {
            match result {
                Ok((pixels, stats)) => {
                    self.pixels[place * size..(place + 1) * size].copy_from_slice(&pixels);
                    self.stats[place] = Some(stats);
                }
                Err(reason) => self.reasons.push((place, reason)),
            }
        }
    }
}

/// Decodes a file and fits its picture.
fn picture(
    content: Content,
    request: &DatasetRequest,
    white: White,
) -> Result<(Vec<u8>, PictureStats), String> {
    let bytes = match content {
        Content::Bytes(bytes) => bytes,
        Content::File(path) => folder::read(&path)?,
    };
    let decoded = decode::decode(&bytes, request.shape.channels, white)?;
    let stats = PictureStats::of(&decoded, request.shape);
    Ok((fit::fitted(&decoded.image, request.shape, request.reading.fit), stats))
}
