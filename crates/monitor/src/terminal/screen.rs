//! The screen and its clock: when it is drawn, and how it goes down the line.

use std::{io, time::Duration};

use crate::{
    panels::header,
    state::app::App,
    terminal::{
        pace::{Pace, QUESTION},
        painter::Painter,
        tty,
        writer::Writer,
    },
};

/// Frames a second where nothing else is asked for.
const FPS: u32 = 10;
/// The same, where the terminal is at the other end of an SSH connection.
const FPS_REMOTE: u32 = 4;
/// After a key the screen answers this fast, whatever the frames a second.
const ANSWER: Duration = Duration::from_millis(15);

/// How fast a screen may be drawn and sent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// Frames a second.
    pub fps: Option<u32>,
    /// Thousands of bytes a second.
    pub rate: Option<u32>,
}

/// The screen.
pub struct Screen {
    painter: Painter,
    pace: Pace,
    writer: Writer,
    /// Least time between two frames.
    frame: Duration,
    due: Duration,
    /// Whether a person waits for an answer.
    at_once: bool,
    /// Bytes beside the picture, to go first.
    said: Vec<u8>,
    title: String,
}

impl Screen {
    /// For a terminal that is far away or not.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn open(remote: bool, limits: Limits) -> io::Result<Self> {
        let fps = limits.fps.unwrap_or(if remote { FPS_REMOTE } else { FPS });
        let mut pace = Pace::new(remote, limits.rate.map(|rate| f64::from(rate) * 1000.0));
        // The first question stands before everything else, so that its answer tells the way there
        // and back.
        pace.sent(QUESTION.len(), Duration::ZERO);
        pace.asked(Duration::ZERO);
        Ok(Self {
            painter: Painter::new(tty::size()),
            pace,
            writer: Writer::start()?,
            frame: Duration::from_secs(1) / fps.max(1),
            due: Duration::ZERO,
            at_once: false,
            said: QUESTION.to_vec(),
            title: String::new(),
        })
    }

    /// What the terminal shows is not known any more.
    pub fn forget(&mut self, now: Duration) {
        self.painter.forget();
        self.title.clear();
        self.due = now;
    }

    /// Sends something that is not seen.
    pub fn say(&mut self, bytes: &[u8]) {
        self.said.extend_from_slice(bytes);
    }

    /// A person waits for an answer.
    pub fn hurry(&mut self, now: Duration) {
        self.due = self.due.min(now + ANSWER);
        self.at_once = true;
    }

    /// The terminal has shown what it was sent before a question.
    pub fn answered(&mut self, now: Duration) {
        self.pace.answered(now);
    }

    /// When there will be something to do, if nothing is heard before.
    pub fn next(&self, app: &App, now: Duration) -> Option<Duration> {
        if !self.writer.is_free() {
            return None;
        }
        let text = app.changed.then(|| self.due.max(self.pace.opens(now, false)));
        let pictures = self.painter.is_behind().then(|| self.pace.opens(now, true));
        text.into_iter().chain(pictures).chain((!self.said.is_empty()).then_some(now)).min()
    }

    /// Waits until the terminal has taken what was written last.
    pub async fn freed(&self) {
        self.writer.freed().await;
    }

    /// Draws what has changed, if it is time, and sends what the line takes.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn update(&mut self, app: &mut App, now: Duration) -> io::Result<()> {
        self.pace.tick(now);
        if !self.writer.is_free() {
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.said);
        if app.changed && now >= self.due && (self.at_once || self.pace.takes_text(now)) {
            self.due = now + self.frame;
            self.draw(app, now, &mut bytes);
        }
        if self.pace.takes_pictures(now) {
            self.painter.pictures(self.pace.piece());
        }
        bytes.append(&mut self.painter.take());
        if bytes.is_empty() {
            return Ok(());
        }
        let ask = app.next.is_none() && self.pace.should_ask(bytes.len(), now);
        if ask {
            bytes.extend_from_slice(QUESTION);
        }
        self.pace.sent(bytes.len(), now);
        if ask {
            self.pace.asked(now);
        }
        self.writer.write(bytes)
    }

    fn draw(&mut self, app: &mut App, now: Duration, bytes: &mut Vec<u8>) {
        app.changed = false;
        app.sending = self.pace.rate(now);
        let title = header::tab(app);
        if app.look.capabilities.titles && title != self.title {
            bytes.extend_from_slice(format!("\x1b]2;{title}\x07").as_bytes());
            self.title = title;
        }
        self.painter.resize(tty::size());
        self.painter.draw(app, std::mem::take(&mut self.at_once));
        self.painter.text();
    }

    /// The rate of sending, where the screen tells another one though nothing is sent any more.
    pub fn is_at_rest(&self, app: &App, now: Duration) -> bool {
        app.sending >= 1.0 && self.pace.rate(now) < 1.0
    }

    /// Whether the terminal may still answer a question.
    pub fn is_expecting(&self, now: Duration) -> bool {
        self.pace.is_expecting(now)
    }

    /// Waits for the last bytes to be taken, but no longer than that; tells whether they were.
    pub fn settle(&self, patience: Duration) -> bool {
        self.writer.settle(patience)
    }
}
