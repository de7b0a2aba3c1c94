//! Plays a run from its files: at the pace it had or faster, from any place, to its end or as it
//! grows.

pub mod drawings;
mod started;

use std::{
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use drawings::Drawings;
use gan_tui_core::{
    event::{Command, Drawing, Event, Outcome, Pictures, Preparing, RunState},
    preset::Preset,
};
use gan_tui_monitor::{HistoryChunk, Outbox, Seek, Source};
use gan_tui_store::run::{Run, changes};

/// Time between two steps of playing.
const TICK: Duration = Duration::from_millis(50);
/// How often the files of a growing run are read.
const REFRESH_EVERY: Duration = Duration::from_millis(500);
/// A longer time from one iteration to the next was a pause, and is cut short.
const LONGEST_STEP: f64 = 5.0;

/// A replay as the monitor's source.
pub struct Player(mpsc::Sender<Order>);

enum Order {
    Command(Command),
    Seek(Seek),
}

/// Where and how a replay begins.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// The last iteration that is there at once.
    pub iteration: u64,
    /// Times as fast as it was.
    pub speed: f64,
}

impl Player {
    /// Begins to play, in a thread of its own.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn play(run: Run, preset: Preset, start: Start, outbox: Outbox) -> std::io::Result<Self> {
        let (orders, received) = mpsc::channel();
        let replay = ReplayLoop::new(run, preset, start, outbox);
        thread::Builder::new().name("replay".into()).spawn(move || replay.run(start, &received))?;
        Ok(Self(orders))
    }
}

impl Source for Player {
    fn send(&self, command: Command) {
        // If its thread has ended, nothing is played.
        let _ = self.0.send(Order::Command(command));
    }

    fn seek(&self, seek: Seek) {
        let _ = self.0.send(Order::Seek(seek));
    }

    fn is_finished(&self) -> bool {
        false
    }

    fn join(self: Box<Self>) -> Outcome {
        Outcome::Stopped
    }
}

/// A run being played.
struct ReplayLoop {
    run: Run,
    preset: Preset,
    outbox: Outbox,
    /// When each iteration was done, in seconds of training, pauses cut short.
    times: Vec<f64>,
    /// How many rows have been sent.
    sent: usize,
    /// Training time that has been played.
    clock: f64,
    speed: f64,
    paused: bool,
    ended: bool,
    refreshed: Instant,
    drawings: Drawings,
}

/// Whether the monitor has been closed; what else has been asked for until now is passed over.
fn is_closed(orders: &mpsc::Receiver<Order>) -> bool {
    loop {
        match orders.try_recv() {
            Ok(Order::Command(Command::Stop)) | Err(mpsc::TryRecvError::Disconnected) => {
                return true;
            }
            Ok(_) => {}
            Err(mpsc::TryRecvError::Empty) => return false,
        }
    }
}

impl ReplayLoop {
    fn new(run: Run, preset: Preset, start: Start, outbox: Outbox) -> Self {
        Self {
            run,
            preset,
            outbox,
            times: Vec::new(),
            sent: 0,
            clock: 0.0,
            speed: start.speed,
            paused: false,
            ended: false,
            refreshed: Instant::now(),
            drawings: Drawings::default(),
        }
    }

    /// Plays until the monitor is closed.
    fn run(mut self, start: Start, orders: &mpsc::Receiver<Order>) {
        if !self.read_metrics(orders) {
            return;
        }
        self.measure();
        self.outbox.event(Event::Started(Box::new(started::started(&self.run))));
        self.go_to(start.iteration, true);
        let mut before = Instant::now();
        loop {
            match orders.recv_timeout(TICK) {
                Ok(Order::Command(Command::Stop)) | Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return;
                }
                Ok(Order::Command(command)) => self.handle_command(command),
                Ok(Order::Seek(seek)) => self.seek(seek),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
            let passed = before.elapsed().as_secs_f64();
            before = Instant::now();
            if !self.paused && !self.ended {
                self.clock += passed * self.speed;
                self.play();
            }
        }
    }

    /// Reads the metrics, which may be long, and reports the progress. Returns whether the monitor
    /// is still open then.
    fn read_metrics(&mut self, orders: &mpsc::Receiver<Order>) -> bool {
        let outbox = self.outbox.clone();
        let report = |share: f32| {
            outbox.event(Event::Preparing(Preparing {
                what: "reading the metrics".into(),
                done: (share * 100.0) as u64,
                total: 100,
            }));
        };
        report(0.0);
        let (mut is_open, mut reported) = (true, Instant::now());
        let read = self.run.read_metrics(&mut |share| {
            is_open &= !is_closed(orders);
            if reported.elapsed() >= TICK {
                reported = Instant::now();
                report(share);
            }
            is_open
        });
        if let Err(error) = read {
            self.outbox.note(error.to_string());
        }
        is_open
    }

    /// Computes when each row was done.
    fn measure(&mut self) {
        let rows = self.run.metrics();
        if self.times.len() > rows.len() {
            self.times.clear();
        }
        for at in self.times.len()..rows.len() {
            let before = at.checked_sub(1).map(|before| &rows[before]);
            let step = rows[at].elapsed_s - before.map_or(0.0, |before| before.elapsed_s);
            // Not every iteration of a long run has a row.
            let count = rows[at].iteration - before.map_or(0, |before| before.iteration);
            let longest = LONGEST_STEP * count.max(1) as f64;
            let step = if step.is_finite() { step.clamp(0.0, longest) } else { 0.0 };
            self.times.push(self.times.last().copied().unwrap_or(0.0) + step);
        }
    }

    fn grows(&self) -> bool {
        self.run.owner().is_some()
    }

    /// Sends what is due.
    fn play(&mut self) {
        let due = self.times.partition_point(|&time| time <= self.clock).max(self.sent);
        if due > self.sent {
            self.send_rows(due, false);
        }
        if self.sent < self.times.len() {
            return;
        }
        if self.refreshed.elapsed() >= REFRESH_EVERY {
            self.refreshed = Instant::now();
            self.refresh();
        }
        self.end_if_over();
    }

    /// Reads what was added to the run's files.
    fn refresh(&mut self) {
        let sent = self.sent.checked_sub(1).and_then(|at| self.run.metrics().get(at));
        let (sent, before) = (sent.map_or(0, |row| row.iteration), self.times.len());
        if let Err(error) = self.run.refresh() {
            self.outbox.note(error.to_string());
            return;
        }
        self.measure();
        if self.times.len() < before {
            self.sent = self.run.metrics().partition_point(|row| row.iteration <= sent);
        }
        self.sent = self.sent.min(self.times.len());
        // Rows that came meanwhile are played from now on.
        self.clock = self.clock.min(self.times.last().copied().unwrap_or(0.0));
    }

    fn end_if_over(&mut self) {
        if self.grows() || self.sent < self.times.len() {
            return;
        }
        self.ended = true;
        let outcome = match self.run.state() {
            RunState::Ended(outcome) => outcome.clone(),
            _ => {
                self.outbox.note("end of recorded data; the run's outcome is unknown");
                Outcome::Stopped
            }
        };
        self.outbox.event(Event::Ended(outcome));
    }

    /// Sends the rows up to number `to`, and what else there was until then; with `replaces`, from
    /// the beginning.
    fn send_rows(&mut self, to: usize, replaces: bool) {
        let from = if replaces { 0 } else { self.sent };
        let rows = self.run.metrics();
        let after = from.checked_sub(1).and_then(|at| rows.get(at)).map(|row| row.iteration);
        let until = to.checked_sub(1).and_then(|at| rows.get(at)).map_or(0, |row| row.iteration);
        // The last word of a damaged run may be a frame without its metrics.
        let until = if to == rows.len() { until.max(self.run.last_iteration()) } else { until };
        let is_new = |iteration: u64| replaces || after.is_none_or(|after| iteration > after);
        let upto = |iterations: &[u64]| {
            iterations
                .partition_point(|&iteration| iteration <= until)
                .checked_sub(1)
                .map(|at| iterations[at])
        };
        let at = upto(self.run.frames());
        let mut notes = if replaces { self.run.warnings() } else { Vec::new() };
        let changes = changes::read(self.run.dir()).unwrap_or_else(|error| {
            if replaces {
                notes.push(error.to_string());
            }
            Vec::new()
        });
        let frame = at.filter(|&at| is_new(at)).and_then(|at| match self.run.frame(at) {
            Ok(frame) => Some(Arc::new(frame)),
            Err(error) => {
                notes.push(error.to_string());
                None
            }
        });
        self.outbox.history(HistoryChunk {
            metrics: rows[from.min(to)..to].to_vec(),
            frames: self.run.frames().to_vec(),
            frame,
            changes: changes
                .into_iter()
                .filter(|change| {
                    change.iteration < until && after.is_none_or(|after| change.iteration >= after)
                })
                .collect(),
            saved: upto(self.run.checkpoints()),
            notes,
            replaces,
            at,
            goal: if self.grows() { None } else { rows.last().map(|row| row.iteration) },
        });
        self.sent = to;
    }

    /// Continues as if played until an iteration.
    fn go_to(&mut self, iteration: u64, replaces: bool) {
        let to = self.run.metrics().partition_point(|row| row.iteration <= iteration);
        self.ended = false;
        self.clock = to.checked_sub(1).map_or(0.0, |at| self.times[at]);
        self.send_rows(to, replaces || to < self.sent);
    }

    fn seek(&mut self, seek: Seek) {
        let rows = self.run.metrics();
        let now =
            self.sent.checked_sub(1).and_then(|at| rows.get(at)).map_or(0, |row| row.iteration);
        let last = rows.last().map_or(0, |row| row.iteration);
        let to = match seek {
            Seek::Speed(speed) => {
                self.speed = speed;
                return;
            }
            Seek::Start => 0,
            Seek::End => last,
            Seek::Share(share) => {
                let frames = self.run.frames();
                let at = share.clamp(0.0, 1.0) * frames.len().saturating_sub(1) as f64;
                frames.get(at.round() as usize).copied().unwrap_or(last)
            }
            Seek::Frames(by) => {
                let frames = self.run.frames();
                // Back from between two frames is to the one before.
                let at = frames
                    .partition_point(|&frame| if by < 0 { frame < now } else { frame <= now })
                    as i64;
                let at = if by < 0 { at + by } else { at + by - 1 };
                usize::try_from(at).map_or(0, |at| frames.get(at).copied().unwrap_or(last))
            }
        };
        // What a person goes back to is looked at: it does not run on from there.
        let is_back = matches!(seek, Seek::Frames(by) if by < 0);
        if is_back && !self.paused {
            self.handle_command(Command::Pause);
        }
        // Also at the end: it continues from there.
        let again = self.ended;
        self.go_to(to, again);
        if self.paused {
            self.end_if_over();
        }
    }

    fn handle_command(&mut self, command: Command) {
        match command {
            Command::Pause | Command::Resume => {
                self.paused = command == Command::Pause;
                self.outbox.event(Event::Paused(self.paused));
            }
            Command::Step if self.sent < self.times.len() => {
                self.clock = self.times[self.sent];
                self.send_rows(self.sent + 1, false);
            }
            Command::Draw(drawing) => match self.draw(drawing) {
                Ok(pictures) => self.outbox.event(Event::Pictures(pictures)),
                Err(reason) => self.outbox.event(Event::NotDrawn { drawing, reason }),
            },
            Command::Step | Command::Save | Command::LearningRates(_) | Command::Stop => {}
        }
    }

    /// Draws images with the networks of the newest checkpoint until then.
    fn draw(&mut self, drawing: Drawing) -> Result<Arc<Pictures>, String> {
        let shown = self.sent.checked_sub(1).and_then(|at| self.run.metrics().get(at));
        let iteration = shown.map_or(0, |row| row.iteration);
        self.drawings.draw(&self.run, &self.preset, iteration, drawing)
    }
}
