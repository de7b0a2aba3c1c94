//! Pictures whose names end in a number, as scripts save them: `samples_0100.png`, `0100.png`,
//! `fake/epoch-3.jpg`.

use std::{
    collections::HashMap,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use super::{Content, Entry, Item, Place};
use gan_tui_core::files;

/// The endings of pictures that can be shown.
const ENDINGS: [&str; 6] = ["png", "jpg", "jpeg", "webp", "bmp", "gif"];
/// Pictures of a folder that are known at most.
const MOST: usize = 1 << 16;

/// The numbered pictures of a folder.
#[derive(Debug)]
pub struct NumberedPictures {
    folder: PathBuf,
    /// What is before the tags: the folder's name, if it is within another.
    prefix: String,
    known: HashMap<PathBuf, u64>,
}

/// Returns the name of a picture and its number: `samples` and 100 of `samples_0100.png`.
pub fn numbered(path: &Path) -> Option<(String, i64)> {
    let ending = path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase();
    if !ENDINGS.contains(&ending.as_str()) {
        return None;
    }
    let stem = path.file_stem()?.to_str()?;
    let end = stem.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = stem[end.len()..].parse().ok()?;
    let name = end.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    Some((name.to_owned(), number))
}

impl NumberedPictures {
    pub fn new(folder: PathBuf, prefix: String) -> Self {
        Self { folder, prefix, known: HashMap::new() }
    }

    /// Reports the pictures that are new, or larger than before, in the order of their numbers.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be read.
    pub fn poll(&mut self, items: &mut Vec<Item>) -> io::Result<()> {
        let mut new = Vec::new();
        for entry in files::entries(&self.folder)?.unwrap_or_default() {
            let path = entry.path();
            let Some((name, number)) = numbered(&path) else { continue };
            let Ok(found) = entry.metadata() else { continue };
            // A picture that is being written has no end yet.
            if !found.is_file() || found.len() == 0 || self.known.len() >= MOST {
                continue;
            }
            if self.known.insert(path.clone(), found.len()) == Some(found.len()) {
                continue;
            }
            let written =
                found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            new.push((number, name, written.map_or(f64::NAN, |time| time.as_secs_f64()), path));
        }
        new.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        for (step, name, time, path) in new {
            let tag: Arc<str> = match (self.prefix.as_str(), name.as_str()) {
                ("", "") => "pictures".into(),
                ("", name) => name.into(),
                (prefix, "") => prefix.into(),
                (prefix, name) => format!("{prefix}/{name}").into(),
            };
            let content = Content::Picture(Place::File(path.as_path().into()));
            items.push(Item::Entry(Entry { tag, step, time, source: 0, content }));
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_numbered_by_the_end_of_their_names() {
        let of = |name: &str| numbered(Path::new(name));
        assert_eq!(of("a/samples_0100.png"), Some(("samples".into(), 100)));
        assert_eq!(of("0007.JPG"), Some((String::new(), 7)));
        assert_eq!(of("epoch-3.webp"), Some(("epoch".into(), 3)));
        for other in ["samples.png", "3.txt", "99999999999999999999.png", "x"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn new_pictures_are_reported_once_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let mut pictures = NumberedPictures::new(dir.path().into(), "fake".into());
        for name in ["10.png", "9.png", "empty_3.png", "readme.txt"] {
            let text = if name.starts_with("empty") { "" } else { "x" };
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let steps = |items: &[Item]| -> Vec<i64> {
            let step = |item: &Item| match item {
                Item::Entry(entry) if &*entry.tag == "fake" => entry.step,
                _ => -1,
            };
            items.iter().map(step).collect()
        };
        let mut items = Vec::new();
        pictures.poll(&mut items).unwrap();
        assert_eq!(steps(&items), [9, 10]);
        items.clear();
        pictures.poll(&mut items).unwrap();
        assert!(items.is_empty());
        std::fs::write(dir.path().join("11.png"), "x").unwrap();
        pictures.poll(&mut items).unwrap();
        assert_eq!(steps(&items), [11]);
    }
}
