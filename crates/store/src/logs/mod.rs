//! What programs log while they train, ours and any other: numbers, pictures and texts under tags,
//! read from the files while these grow.
//!
//! ```text
//! files -> Feed (event files, rows, numbered pictures) -> Item -> LogRun: bounded, for the monitor
//!                                                             \-> Exact: every value, for files
//! ```

pub mod alerts;
mod discover;
mod events;
mod exact;
mod feed;
pub mod groups;
mod numbered;
mod own;
mod pictures;
mod rows;
mod run;
mod track;

use std::{path::Path, sync::Arc};

pub use discover::{Found, Kind, LogError, MOST_RUNS, discover, discover_run};
pub use exact::Exact;
pub use feed::{Feed, Progress};
pub use own::Own;
pub use pictures::{Picture, PictureError, load};
pub use run::{LogRun, Picked, Text};
pub use track::{Axis, Stat, Track};

/// Something that a program logged.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it is called, such as `loss/d`.
    pub tag: Arc<str>,
    pub step: i64,
    /// Seconds: since 1970, or since the run began; the files say either.
    pub time: f64,
    /// Which file of the run it is from: of a later one, steps override those of earlier ones.
    pub source: u32,
    pub content: Content,
}

/// What an entry holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Number(f64),
    Picture(Place),
    Text(Arc<str>),
}

/// Where a picture's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file of its own.
    File(Arc<Path>),
    /// A record of an event file, and which of its values.
    Record { file: Arc<Path>, offset: u64, value: u32 },
    /// The frame of a run of ours, a grid of the images of the fixed latents.
    Frame(Arc<Path>),
}

/// What a feed reports.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Entry(Entry),
    /// The program began again: what was logged before for this step and later ones is void.
    Restart {
        step: i64,
    },
    /// The files were replaced: nothing that was reported holds any more.
    Reset,
}
