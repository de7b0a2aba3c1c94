//! The screen and its clock: when it is drawn, and when its bytes are sent.

use std::{io, time::Duration};

use ratatui::Frame;

use crate::{
    panels::{self, header},
    state::app::App,
    terminal::{
        background,
        capability::{Capabilities, Dialect, Script},
        output::OutputThread,
        pace::{Pace, QUESTION},
        painter::{Graphics, Painter},
        pixels::{Protocol, probe::Answer, terminal::PixelTerminal},
        progress, tty,
    },
};

/// Frames a second where nothing else is asked for.
const FPS: u32 = 10;
/// The same, where the terminal is at the other end of an SSH connection.
const FPS_REMOTE: u32 = 4;
/// After a key the screen answers this fast, whatever the frames a second.
const ANSWER: Duration = Duration::from_millis(15);

/// A character that fonts for East Asian languages show one cell wide or two (Unicode's annex 11),
/// as they do most of the characters that borders, bars and pictures are made of.
const AMBIGUOUS: char = '…';

/// What a screen shows.
pub trait Scene {
    /// Whether the screen no longer shows the state.
    fn changed(&mut self) -> &mut bool;

    /// Bytes a second that go to the terminal, as the scene shows them.
    fn sending(&mut self) -> &mut f64;

    fn dialect(&self) -> Dialect;

    /// Whether the terminal is about to be left, so that nothing more is asked of it.
    fn is_leaving(&self) -> bool;

    /// Returns what the terminal's tab is called.
    fn tab(&self) -> String;

    /// Returns the sequence that tells the terminal how far the work is, if it shows that.
    fn progress(&self) -> Option<String>;

    /// Returns how pictures are shown as pixels; `None` if they are drawn as characters.
    fn pixels(&self) -> Option<Protocol>;

    /// Draws everything. Returns where pictures and charts are.
    fn draw(&self, frame: &mut Frame) -> Graphics;
}

impl Scene for App {
    fn changed(&mut self) -> &mut bool {
        &mut self.changed
    }

    fn sending(&mut self) -> &mut f64 {
        &mut self.sending
    }

    fn dialect(&self) -> Dialect {
        self.look.capabilities.dialect
    }

    fn is_leaving(&self) -> bool {
        self.next.is_some()
    }

    fn tab(&self) -> String {
        header::tab(self)
    }

    fn progress(&self) -> Option<String> {
        let shows = self.look.capabilities.shows_progress;
        shows.then(|| progress::sequence(&self.run.state, self.run.share()))
    }

    fn pixels(&self) -> Option<Protocol> {
        self.look.pixels()
    }

    fn draw(&self, frame: &mut Frame) -> Graphics {
        panels::draw(frame, self)
    }
}

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
    output: OutputThread,
    /// Least time between two frames.
    frame: Duration,
    due: Duration,
    /// Whether a key or the mouse asked for the next drawing.
    at_once: bool,
    /// Control sequences that show nothing, to be sent first.
    controls: Vec<u8>,
    /// Whether the first answer will tell how wide [`AMBIGUOUS`] is.
    is_measuring: bool,
    pixels: PixelTerminal,
    title: String,
    progress: String,
}

impl Screen {
    /// For a terminal with these capabilities. Asks it for the colour of its background if that
    /// would be used.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn open(
        capabilities: Capabilities,
        ask_background: bool,
        limits: Limits,
    ) -> io::Result<Self> {
        let remote = capabilities.remote;
        let fps = limits.fps.unwrap_or(if remote { FPS_REMOTE } else { FPS });
        let mut pace = Pace::new(remote, limits.rate.map(|rate| f64::from(rate) * 1000.0));
        let is_measuring = capabilities.script == Script::Unicode && !capabilities.is_chosen;
        let mut controls = Vec::new();
        // Answers come in the order of their questions: once the cursor's place has come, a
        // terminal that tells its background has done so.
        if ask_background && capabilities.dialect == Dialect::Xterm {
            controls.extend_from_slice(background::QUESTION);
        }
        let pixels = PixelTerminal::new(&capabilities);
        controls.extend_from_slice(&pixels.questions());
        if is_measuring {
            // In the corner, where the first drawing clears it.
            controls.extend_from_slice(format!("\x1b[H{AMBIGUOUS}").as_bytes());
        }
        // The first question stands before everything else, so that its answer tells the way there
        // and back.
        controls.extend_from_slice(QUESTION);
        pace.sent(controls.len(), Duration::ZERO);
        pace.asked(Duration::ZERO);
        Ok(Self {
            painter: Painter::new(tty::size()),
            pace,
            output: OutputThread::start()?,
            frame: Duration::from_secs(1) / fps.max(1),
            due: Duration::ZERO,
            at_once: false,
            controls,
            is_measuring,
            pixels,
            title: String::new(),
            progress: String::new(),
        })
    }

    /// Draws everything again: what the terminal shows is not known any more.
    pub fn invalidate(&mut self, now: Duration) {
        self.painter.forget();
        self.title.clear();
        self.progress.clear();
        self.due = now;
    }

    /// Sends a control sequence that shows nothing.
    pub fn send_control(&mut self, bytes: &[u8]) {
        self.controls.extend_from_slice(bytes);
    }

    /// Draws soon, because a key or the mouse asked for it.
    pub fn draw_soon(&mut self, now: Duration) {
        self.due = self.due.min(now + ANSWER);
        self.at_once = true;
    }

    /// The terminal has shown what it was sent before a question, and its cursor is at this row and
    /// column, from 1. Returns whether that tells that it shows some characters two cells wide.
    pub fn answered(&mut self, row: u16, column: u16, now: Duration) -> bool {
        self.pace.answered(now);
        // A terminal that reads no UTF-8 shows three characters instead of one.
        std::mem::take(&mut self.is_measuring) && row == 1 && matches!(column, 3 | 4)
    }

    /// The terminal has told something of its pixels. Returns how it shows them, where that is news.
    pub fn told(&mut self, answer: Answer) -> Option<Protocol> {
        let (more, news) = self.pixels.take(answer);
        self.controls.extend_from_slice(&more);
        news
    }

    /// Returns how the terminal is to show pixels because a person said so, once.
    pub fn chosen_pixels(&mut self) -> Option<Protocol> {
        self.pixels.chosen()
    }

    /// Returns when there will be something to draw or to send, if nothing happens before.
    pub fn next_update(&self, changed: bool, now: Duration) -> Option<Duration> {
        if !self.output.is_free() {
            return None;
        }
        // What a key did is shown whatever the line takes, so it waits for no answer.
        let opens = if self.at_once { now } else { self.pace.opens(now, false) };
        let text = changed.then(|| self.due.max(opens));
        let pictures = self.painter.is_behind().then(|| self.pace.opens(now, true));
        text.into_iter().chain(pictures).chain((!self.controls.is_empty()).then_some(now)).min()
    }

    /// Waits until the terminal has taken what was written last.
    pub async fn freed(&self) {
        self.output.freed().await;
    }

    /// Draws what has changed, if it is time, and sends as much as the line takes.
    ///
    /// # Errors
    /// Returns an error if the terminal is gone.
    pub fn update(&mut self, scene: &mut impl Scene, now: Duration) -> io::Result<()> {
        self.pace.tick(now);
        if !self.output.is_free() {
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.controls);
        let changed = *scene.changed();
        if changed && now >= self.due && (self.at_once || self.pace.takes_text(now)) {
            self.due = now + self.frame;
            self.draw(scene, now, &mut bytes);
        }
        if self.pace.takes_pictures(now) {
            self.painter.pictures(self.pace.piece());
            tty::send_at_end(self.last_bytes());
        }
        bytes.append(&mut self.painter.take());
        if bytes.is_empty() {
            return Ok(());
        }
        let ask = !scene.is_leaving() && self.pace.should_ask(bytes.len(), now);
        if ask {
            bytes.extend_from_slice(QUESTION);
        }
        self.pace.sent(bytes.len(), now);
        if ask {
            self.pace.asked(now);
        }
        self.output.write(bytes)
    }

    /// What takes away what the terminal would keep showing after the end.
    fn last_bytes(&self) -> Vec<u8> {
        let mut bytes = self.painter.clearing();
        if !self.progress.is_empty() {
            bytes.extend_from_slice(progress::NONE.as_bytes());
        }
        bytes
    }

    fn draw(&mut self, scene: &mut impl Scene, now: Duration, bytes: &mut Vec<u8>) {
        *scene.changed() = false;
        *scene.sending() = self.pace.rate(now);
        let title = scene.tab();
        if scene.dialect() != Dialect::Plain && title != self.title {
            bytes.extend_from_slice(format!("\x1b]2;{title}\x07").as_bytes());
            self.title = title;
        }
        if let Some(progress) = scene.progress()
            && progress != self.progress
        {
            bytes.extend_from_slice(progress.as_bytes());
            self.progress = progress;
        }
        let size = tty::size();
        if self.painter.resize(size) {
            bytes.extend_from_slice(self.pixels.question_after_resizing());
        }
        if let Some(pixels) = self.pixels.changed(scene.pixels()) {
            self.painter.use_pixels(pixels);
        }
        let at_once = std::mem::take(&mut self.at_once);
        self.painter.draw(at_once, |frame| scene.draw(frame));
        self.painter.text();
    }

    /// Whether the screen still shows a rate of sending though nothing is sent any more.
    pub fn shows_old_rate(&self, app: &App, now: Duration) -> bool {
        app.sending >= 1.0 && self.pace.rate(now) < 1.0
    }

    /// Returns until when the terminal may still answer a question; `None` if it will not.
    pub fn answers_until(&self, now: Duration) -> Option<Duration> {
        self.pace.answers_until(now).max(self.pixels.answers_until(now))
    }

    /// Waits until the terminal has taken all bytes, but no longer than `patience`; returns whether
    /// it has.
    pub fn settle(&self, patience: Duration) -> bool {
        self.output.settle(patience)
    }
}
