//! Prints what a user wants to know of a run: a bar that moves on a terminal, plain lines
//! elsewhere.

use std::{
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::pace::Pace;
use crate::cli::{
    bar,
    output::{self, counted, duration, grouped},
    report, terminal,
};
use gan_tui_core::{
    event::{Event, Metrics, Outcome, Preparing, Series, Started, Storage},
    preset::Preset,
    text::{escaped, shown},
    waiting,
};

/// Time between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Takes the events of a run and prints what a user wants to know.
pub struct Printer {
    form: Form,
    first_line: String,
    /// The run directory, as it was given.
    run: String,
    iterations: u64,
    limit: Option<Duration>,
    pace: Pace,
    last: Option<Metrics>,
    /// The last distance from real images.
    distance: Option<f32>,
}

enum Form {
    Quiet,
    Bar(ProgressBar),
    Lines { last: Option<Instant>, channel: Channel },
}

/// Where a run's progress is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Stdout,
    /// Plain lines beside a result on stdout.
    Stderr,
    /// Only errors are printed.
    None,
}

impl Printer {
    /// Prints with the bar if stdout is a terminal that can move its cursor and this process is in
    /// its foreground.
    pub fn new(channel: Channel, preset: &Preset, run: &Path, limit: Option<Duration>) -> Self {
        let form = match channel {
            Channel::None => Form::Quiet,
            Channel::Stdout if terminal::has_cursor() && terminal::is_foreground() => {
                Form::Bar(bar())
            }
            Channel::Stdout | Channel::Stderr => Form::Lines { last: None, channel },
        };
        let run = shown(run);
        let (name, iterations, batch, seed) =
            (escaped(&preset.name), grouped(preset.iterations), preset.batch, preset.seed);
        let first_line = format!(
            "preset {name}: {iterations} iterations of batch {batch}, seed {seed}; run {run}"
        );
        Self {
            form,
            first_line,
            run,
            iterations: preset.iterations,
            limit,
            pace: Pace::default(),
            last: None,
            distance: None,
        }
    }

    /// Prints what is trained.
    pub fn begin(&self) {
        self.say(&self.first_line);
    }

    /// Prints the event, if it is time.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::Preparing(work) => self.preparing(work),
            Event::Started(started) => self.started(started),
            Event::Metrics(metrics) => self.metrics(metrics),
            Event::Ended(outcome) => self.ended(outcome),
            Event::Storage(storage) => self.storage(storage),
            Event::Note(text) => self.note(text),
            Event::Frame(_)
            | Event::Machine(_)
            | Event::Saving(_)
            | Event::Saved(_)
            | Event::Best(_)
            | Event::Paused(_)
            | Event::Changed(_)
            | Event::Pictures(_)
            | Event::NotDrawn { .. }
            | Event::HandedOver => {}
        }
    }

    /// Prints a line that stays, in every form but the quiet one.
    fn say(&self, line: &str) {
        match &self.form {
            Form::Quiet => {}
            Form::Bar(bar) => bar.println(line),
            Form::Lines { channel, .. } => print(*channel, line),
        }
    }

    /// Removes the bar: nothing more is printed.
    pub fn end(&mut self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }

    /// Prints a warning on stderr, also with `--quiet`.
    pub fn warn(&self, text: &str) {
        self.beside_the_bar(|| report::warn(text));
    }

    /// Prints a note on stderr, unless only errors are to be printed.
    pub fn note(&self, text: &str) {
        if !matches!(self.form, Form::Quiet) {
            self.beside_the_bar(|| report::note(text));
        }
    }

    /// Warns, also with `--quiet`, that training waits for the storage, or notes that it continues.
    fn storage(&self, storage: &Storage) {
        match storage {
            Storage::Stalled(reason) => self.warn(reason),
            Storage::Recovered => {
                self.beside_the_bar(|| report::note("pending data saved; training resumed"));
            }
        }
    }

    fn beside_the_bar(&self, tell: impl FnOnce()) {
        match &self.form {
            Form::Bar(bar) => bar.suspend(tell),
            Form::Quiet | Form::Lines { .. } => tell(),
        }
    }

    fn preparing(&mut self, work: &Preparing) {
        match &mut self.form {
            Form::Quiet => {}
            Form::Bar(bar) => {
                bar.set_style(if work.total > 0 { bar_style() } else { message_style() });
                bar.update(|state| {
                    state.set_len(work.total);
                    state.set_pos(work.done);
                });
                bar.set_message(work.what.clone());
            }
            Form::Lines { last, channel } => {
                if is_due(last) {
                    let done = if work.done > 0 && work.total > 0 {
                        format!(" {}%", 100 * work.done / work.total)
                    } else {
                        String::new()
                    };
                    print(*channel, &format!("{}{done}", work.what));
                }
            }
        }
    }

    fn started(&mut self, started: &Started) {
        let (data, images) =
            (escaped(&started.dataset.name), grouped(started.dataset.count as u64));
        let threads = counted(started.threads, "thread");
        self.say(&format!("data {data}, {images} images; {threads}, {} kernels", started.kernels));
        for note in &started.dataset.notes {
            self.say(&format!("data {data}: {}", escaped(note)));
        }
        started.notes.iter().for_each(|note| self.note(note));
        match &mut self.form {
            Form::Quiet => {}
            Form::Bar(bar) => {
                bar.set_style(bar_style());
                bar.update(|state| {
                    state.set_len(self.iterations);
                    state.set_pos(started.iteration);
                });
                bar.set_message("first iteration");
            }
            // The first iteration is printed at once: it shows that training has begun.
            Form::Lines { last, .. } => *last = None,
        }
    }

    fn metrics(&mut self, metrics: &Metrics) {
        self.pace.push(metrics);
        self.last = Some(metrics.clone());
        if let Some(score) = &metrics.score {
            self.distance = Some(score.distance());
        }
        let distance =
            self.distance.map_or_else(String::new, |distance| format!("distance {distance:.2}  "));
        let pace = self.pace.text(metrics, self.iterations, self.limit);
        let losses = [Series::D_LOSS, Series::G_LOSS].map(|series| metrics.value(series));
        let text = |[d_loss, g_loss]: [&str; 2]| {
            format!("{d_loss} {:.3}  {g_loss} {:.3}  {distance}{pace}", losses[0], losses[1])
        };
        match &mut self.form {
            Form::Quiet => {}
            Form::Bar(bar) => {
                bar.set_position(metrics.iteration);
                bar.set_message(text(["D loss", "G loss"]));
            }
            Form::Lines { last, channel } => {
                if is_due(last) || metrics.iteration == self.iterations {
                    let (iteration, all) = (metrics.iteration, self.iterations);
                    let words = text(["d_loss", "g_loss"]);
                    print(*channel, &format!("iteration {iteration}/{all}  {words}"));
                }
            }
        }
    }

    fn ended(&mut self, outcome: &Outcome) {
        // The bar would stand below the last words, and say less.
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
        let done = self.last.as_ref().map_or_else(
            || "before the first iteration".into(),
            |last| {
                format!(
                    "after iteration {}, {} of training",
                    grouped(last.iteration),
                    duration(Duration::from_secs_f64(last.elapsed_s.max(0.0)))
                )
            },
        );
        let line = match outcome {
            Outcome::Finished => format!("finished {done}; run {}", self.run),
            Outcome::Stopped => format!("stopped {done}, saved; run {}", self.run),
            // The reason is the program's last word, on stderr.
            Outcome::Failed(_) => return,
        };
        match self.form {
            Form::Quiet => {}
            Form::Bar(_) => print(Channel::Stdout, &line),
            Form::Lines { channel, .. } => print(channel, &line),
        }
    }
}

fn bar() -> ProgressBar {
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout_with_hz(bar::HERTZ))
        .with_style(message_style())
}

/// Work whose amount is known: the bar takes what its message leaves.
fn bar_style() -> ProgressStyle {
    bar::line_style("{pos}/{len}  {wide_bar:.cyan/dim}  {msg}")
}

/// Work whose amount is not known.
fn message_style() -> ProgressStyle {
    bar::style("{wide_msg}")
}

/// Returns whether it is time for a line, and starts the time again if it is.
fn is_due(last: &mut Option<Instant>) -> bool {
    let due = last.is_none_or(|last| last.elapsed() >= LINE_EVERY);
    if due {
        *last = Some(Instant::now());
    }
    due
}

/// Prints a line; if nobody reads it, the run continues.
fn print(channel: Channel, line: &str) {
    let line = format!("{line}\n");
    let _ = match channel {
        Channel::Stderr => waiting::stderr().write_all(line.as_bytes()).map_err(Into::into),
        Channel::Stdout | Channel::None => output::print(line),
    };
}
