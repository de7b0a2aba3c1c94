//! The event files of a folder as a feed: TensorBoard's scalars, images and texts, in both forms
//! that they are written in.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Content, Entry, Item, Place};
use crate::tensorboard::{
    Message as _,
    messages::{self, Event, SessionLog, Tensor, Value, What},
    tail::Tail,
};
use gan_tui_core::files;

/// Files of a run, and tags whose kind is remembered.
const MOST_FILES: usize = 4096;
const MOST_TAGS: usize = 1 << 14;
/// The numbers before the images in a tensor of images: width and height.
const SIZES: usize = 2;

/// Returns whether a file is an event file, by its name.
pub fn is_event_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.contains("tfevents") && !name.ends_with(".profile-empty")
}

/// The event files of a run.
#[derive(Debug)]
pub struct EventFiles {
    /// The folder, if all of its event files are the run's.
    folder: Option<PathBuf>,
    /// In the order of their names, which begin with the time at which they were made.
    files: BTreeMap<PathBuf, EventFile>,
    /// What the first value of each tag said of its kind.
    plugins: HashMap<String, Plugin>,
    tags: HashMap<String, Arc<str>>,
    undecoded: u64,
    is_full: bool,
}

#[derive(Debug)]
struct EventFile {
    tail: Tail,
    shared: Arc<Path>,
}

/// What part of TensorBoard a tag is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plugin {
    Scalars,
    Images,
    Text,
    Other,
}

impl EventFiles {
    /// All event files of a folder, those to come too.
    pub fn of_folder(folder: &Path) -> Self {
        Self::new(Some(folder.to_path_buf()))
    }

    /// One file.
    pub fn of_file(path: &Path) -> Self {
        let mut files = Self::new(None);
        files.add(path.to_path_buf());
        files
    }

    fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            files: BTreeMap::new(),
            plugins: HashMap::new(),
            tags: HashMap::new(),
            undecoded: 0,
            is_full: false,
        }
    }

    fn add(&mut self, path: PathBuf) {
        if self.files.len() >= MOST_FILES {
            self.is_full = true;
        } else {
            let new = || EventFile { tail: Tail::new(&path), shared: path.as_path().into() };
            self.files.entry(path.clone()).or_insert_with(new);
        }
    }

    /// Returns what a person should know of how the files were read.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let damaged: u64 = self.files.values().map(|file| file.tail.damaged()).sum();
        let records = |count: u64| if count == 1 { "record" } else { "records" };
        if damaged > 0 {
            problems.push(format!("{damaged} {} of wrong checksum skipped", records(damaged)));
        }
        if self.undecoded > 0 {
            let count = self.undecoded;
            problems.push(format!("{count} {} that are not events skipped", records(count)));
        }
        if self.is_full {
            problems.push(format!("only the first {MOST_FILES} event files are read"));
        }
        problems
    }

    /// Reads about `budget` bytes more of the files, the earliest first. Returns whether there is
    /// more.
    ///
    /// # Errors
    /// Returns an error if the folder or a file cannot be read.
    pub fn poll(&mut self, budget: u64, items: &mut Vec<Item>) -> io::Result<bool> {
        if let Some(folder) = self.folder.clone() {
            for entry in files::entries(&folder)?.unwrap_or_default() {
                let path = entry.path();
                if is_event_file(&path) {
                    self.add(path);
                }
            }
        }
        let mut left = budget;
        let (mut plugins, mut tags) =
            (std::mem::take(&mut self.plugins), std::mem::take(&mut self.tags));
        let mut undecoded = 0;
        let mut failed = None;
        let mut was_replaced = false;
        for (source, (_, file)) in self.files.iter_mut().enumerate() {
            let mut decoder = Decoder {
                plugins: &mut plugins,
                tags: &mut tags,
                source: source as u32,
                file: &file.shared,
                undecoded: &mut undecoded,
                items,
            };
            let read = file.tail.poll(left, &mut |offset, data| decoder.take(offset, data));
            match read {
                Ok(read) => {
                    was_replaced |= read.was_replaced;
                    left = left.saturating_sub(read.bytes);
                }
                Err(error) => failed = Some(error),
            }
            if left == 0 || was_replaced {
                break;
            }
        }
        (self.plugins, self.tags) = (plugins, tags);
        self.undecoded += undecoded;
        if was_replaced {
            // What the file held before is among everything else: all of them are read again.
            items.clear();
            items.push(Item::Reset);
            self.files.values_mut().for_each(|file| file.tail.rewind());
            return Ok(true);
        }
        failed.map_or(Ok(left == 0), Err)
    }
}

/// Makes items of the records of one file.
struct Decoder<'a> {
    plugins: &'a mut HashMap<String, Plugin>,
    tags: &'a mut HashMap<String, Arc<str>>,
    source: u32,
    file: &'a Arc<Path>,
    undecoded: &'a mut u64,
    items: &'a mut Vec<Item>,
}

impl Decoder<'_> {
    fn take(&mut self, offset: u64, data: &[u8]) {
        let Ok(event) = Event::decode(data) else {
            *self.undecoded += 1;
            return;
        };
        let (step, time) = (event.step, event.wall_time);
        match event.what {
            Some(What::SessionLog(log)) if log.status == SessionLog::START => {
                self.items.push(Item::Restart { step });
            }
            Some(What::Summary(summary)) => {
                for (at, value) in summary.value.into_iter().enumerate() {
                    let Some((tag, content)) = self.content(offset, at as u32, value) else {
                        continue;
                    };
                    let source = self.source;
                    self.items.push(Item::Entry(Entry { tag, step, time, source, content }));
                }
            }
            _ => {}
        }
    }

    fn content(&mut self, offset: u64, at: u32, value: Value) -> Option<(Arc<str>, Content)> {
        let plugin = self.plugin(&value);
        let place = || Place::Record { file: self.file.clone(), offset, value: at };
        let content = match value.content? {
            messages::Content::Scalar(number) => Content::Number(number.into()),
            messages::Content::Image(_) => Content::Picture(place()),
            messages::Content::Tensor(tensor) => match plugin {
                Some(Plugin::Images) => Content::Picture(place()),
                Some(Plugin::Text) => text(&tensor)?,
                Some(Plugin::Scalars) => Content::Number(number(&tensor)?),
                // Without a word on what it is: by what it holds.
                None if tensor.dtype == Tensor::STRING => text(&tensor)?,
                None => Content::Number(number(&tensor)?),
                Some(Plugin::Other) => return None,
            },
            messages::Content::Histogram(_) => return None,
        };
        Some((self.tag(value.tag)?, content))
    }

    fn plugin(&mut self, value: &Value) -> Option<Plugin> {
        let told = value.metadata.as_ref().and_then(|metadata| metadata.plugin.as_ref());
        if let Some(told) = told.filter(|plugin| !plugin.name.is_empty()) {
            let plugin = match told.name.as_str() {
                "scalars" => Plugin::Scalars,
                "images" => Plugin::Images,
                "text" => Plugin::Text,
                _ => Plugin::Other,
            };
            if self.plugins.len() < MOST_TAGS {
                self.plugins.insert(value.tag.clone(), plugin);
            }
            return Some(plugin);
        }
        self.plugins.get(&value.tag).copied()
    }

    fn tag(&mut self, tag: String) -> Option<Arc<str>> {
        if let Some(known) = self.tags.get(&tag) {
            return Some(known.clone());
        }
        if self.tags.len() >= MOST_TAGS {
            return None;
        }
        let shared: Arc<str> = tag.as_str().into();
        self.tags.insert(tag, shared.clone());
        Some(shared)
    }
}

/// Returns a tensor's only number.
fn number(tensor: &Tensor) -> Option<f64> {
    let listed = tensor
        .floats
        .first()
        .map(|&value| f64::from(value))
        .or_else(|| tensor.doubles.first().copied())
        .or_else(|| tensor.ints.first().map(|&value| f64::from(value)))
        .or_else(|| tensor.longs.first().map(|&value| value as f64));
    if let Some(value) = listed {
        let is_one =
            [tensor.floats.len(), tensor.doubles.len(), tensor.ints.len(), tensor.longs.len()]
                .iter()
                .sum::<usize>()
                == 1;
        return is_one.then_some(value);
    }
    let bytes = tensor.content.as_slice();
    match tensor.dtype {
        Tensor::FLOAT => Some(f32::from_le_bytes(bytes.try_into().ok()?).into()),
        Tensor::DOUBLE => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
        Tensor::INT32 => Some(i32::from_le_bytes(bytes.try_into().ok()?).into()),
        Tensor::INT64 => Some(i64::from_le_bytes(bytes.try_into().ok()?) as f64),
        Tensor::HALF => Some(half(u16::from_le_bytes(bytes.try_into().ok()?))),
        _ => None,
    }
}

/// The value of a number of 16 bits (IEEE 754 binary16).
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

fn text(tensor: &Tensor) -> Option<Content> {
    if tensor.strings.is_empty() {
        return None;
    }
    let lines: Vec<_> = tensor.strings.iter().map(|text| String::from_utf8_lossy(text)).collect();
    Some(Content::Text(lines.join("\n").into()))
}

/// Returns the encoded images of a value of an event; `None` if it has none.
pub fn images(data: &[u8], value: u32) -> Option<Vec<Vec<u8>>> {
    let Some(What::Summary(summary)) = Event::decode(data).ok()?.what else { return None };
    match summary.value.into_iter().nth(value as usize)?.content? {
        messages::Content::Image(image) => Some(vec![image.encoded]),
        messages::Content::Tensor(tensor) if tensor.strings.len() > SIZES => {
            Some(tensor.strings.into_iter().skip(SIZES).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
