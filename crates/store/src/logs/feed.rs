//! Any run's files, read as they grow.

use std::{ffi::OsStr, path::PathBuf};

use super::{
    Found, Item, Kind, Own,
    events::EventFiles,
    numbered::NumberedPictures,
    own::OwnFiles,
    rows::{Format, RowFile},
};
use gan_tui_core::{files, text::shown};

/// A run's files, read as they grow.
pub struct Feed {
    path: PathBuf,
    source: Source,
}

enum Source {
    Events(Box<EventFiles>),
    Own(Box<OwnFiles>),
    Folder(Folder),
    Rows(RowFile),
}

/// A folder with rows and numbered pictures, which may come later.
struct Folder {
    path: PathBuf,
    rows: Vec<RowFile>,
    pictures: Vec<(PathBuf, NumberedPictures)>,
}

/// What a feed has reported.
#[derive(Debug, Default)]
pub struct Progress {
    pub items: Vec<Item>,
    /// Whether there is more in the files.
    pub is_behind: bool,
}

impl Feed {
    /// Reads what was found.
    pub fn open(found: &Found) -> Self {
        let path = found.path.clone();
        let source = match found.kind {
            Kind::Own => Source::Own(Box::new(OwnFiles::new(&path))),
            Kind::Events if files::is_file(&path).unwrap_or(false) => {
                Source::Events(Box::new(EventFiles::of_file(&path)))
            }
            Kind::Events | Kind::Empty => Source::Events(Box::new(EventFiles::of_folder(&path))),
            Kind::Rows => {
                let format = Format::of(&path).unwrap_or(Format::Json);
                Source::Rows(RowFile::new(path.clone(), format, 0))
            }
            Kind::Folder => Source::Folder(Folder {
                path: path.clone(),
                rows: Vec::new(),
                pictures: Vec::new(),
            }),
        };
        Self { path, source }
    }

    /// Reads about `budget` bytes more.
    ///
    /// # Errors
    /// Returns an error in one line if something cannot be read; what could be read is in the
    /// progress of the next call.
    pub fn poll(&mut self, budget: usize) -> Result<Progress, String> {
        let mut items = Vec::new();
        let told = |error: std::io::Error| {
            format!("cannot read {}: {}", shown(&self.path), files::reason(&error))
        };
        let is_behind = match &mut self.source {
            Source::Events(events) => events.poll(budget as u64, &mut items).map_err(told)?,
            Source::Own(own) => own.poll(budget, &mut items).map_err(|error| error.to_string())?,
            Source::Rows(rows) => rows.poll(budget, &mut items).map_err(told)? > 0,
            Source::Folder(folder) => folder.poll(budget, &mut items).map_err(told)?,
        };
        Ok(Progress { items, is_behind })
    }

    /// Returns what is known of a run of ours.
    pub fn own(&self) -> Option<Own> {
        match &self.source {
            Source::Own(own) => Some(own.own()),
            _ => None,
        }
    }

    /// Returns what a person should know of how the files were read, a line each.
    pub fn problems(&self) -> Vec<String> {
        match &self.source {
            Source::Events(events) => events.problems(),
            Source::Own(own) => own.problems(),
            Source::Rows(rows) => rows.problem().into_iter().collect(),
            Source::Folder(folder) => folder.rows.iter().filter_map(RowFile::problem).collect(),
        }
    }
}

impl Folder {
    fn poll(&mut self, budget: usize, items: &mut Vec<Item>) -> std::io::Result<bool> {
        let mut paths: Vec<PathBuf> =
            files::entries(&self.path)?.unwrap_or_default().iter().map(|e| e.path()).collect();
        paths.sort();
        let add =
            |pictures: &mut Vec<(PathBuf, NumberedPictures)>, path: PathBuf, prefix: String| {
                if pictures.len() < 64 && !pictures.iter().any(|(known, _)| *known == path) {
                    pictures.push((path.clone(), NumberedPictures::new(path, prefix)));
                }
            };
        add(&mut self.pictures, self.path.clone(), String::new());
        for path in paths {
            if let Some(format) =
                Format::of(&path).filter(|_| files::is_file(&path).unwrap_or(false))
            {
                let source = self.rows.len() as u32;
                if self.rows.len() < 64 && !self.rows.iter().any(|rows| rows.path() == path) {
                    self.rows.push(RowFile::new(path, format, source));
                }
            } else if files::is_folder(&path).unwrap_or(false) {
                let name = path.file_name().and_then(OsStr::to_str).unwrap_or("pictures");
                let prefix = name.to_owned();
                add(&mut self.pictures, path, prefix);
            }
        }
        let mut is_behind = false;
        for rows in &mut self.rows {
            is_behind |= rows.poll(budget, items)? > 0;
        }
        for (_, pictures) in &mut self.pictures {
            pictures.poll(items)?;
        }
        Ok(is_behind)
    }
}
