//! Work on files that may take a while, done beside the session's loop.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{interface::FindProspects, shot::Shot};
use crate::state::{
    app::App,
    message::{Export, Message},
};
use gan_tui_store::run::frames;

/// How often an export reports its progress.
const PROGRESS: Duration = Duration::from_millis(300);

/// Work in progress, and its results.
pub struct Jobs {
    sender: UnboundedSender<Message>,
    results: UnboundedReceiver<Message>,
}

impl Jobs {
    pub fn new() -> Self {
        let (sender, results) = unbounded_channel();
        Self { sender, results }
    }

    /// Waits for the next result. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Message> {
        self.results.recv().await
    }

    /// Writes what is shown, or the run so far, to files.
    pub fn export(&self, app: &App, export: Export) {
        let shot = Shot::of(app, export);
        let sender = self.sender.clone();
        let mut reported = Instant::now();
        let mut progress = move |share| {
            // What takes no time has no progress to report.
            if reported.elapsed() >= PROGRESS {
                reported = Instant::now();
                let _ = sender.send(Message::Exporting(export, share));
            }
        };
        self.spawn(move || Message::Exported(shot.and_then(|shot| shot.write(&mut progress))));
    }

    /// Finds out what is known of the presets to choose from.
    pub fn find_prospects(&self, find: FindProspects) {
        self.spawn(move || Message::Prospects(find()));
    }

    /// Reads a frame of a run.
    pub fn read_frame(&self, directory: PathBuf, iteration: u64) {
        self.spawn(move || {
            let frame = frames::load(&directory, iteration).ok().map(Arc::new);
            Message::FrameRead(iteration, frame)
        });
    }

    fn spawn(&self, work: impl FnOnce() -> Message + Send + 'static) {
        let sender = self.sender.clone();
        // Once the loop has ended, nobody waits for results.
        tokio::task::spawn_blocking(move || drop(sender.send(work())));
    }
}
