//! A run's progress without the monitor: a bar that moves on a terminal, plain lines
//! elsewhere.

use std::{
    collections::VecDeque,
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{
    bar,
    output::{counted, duration, grouped},
    report, terminal,
};
use gan_tui_core::{
    event::{Event, Metrics, Outcome, Preparing, Series, Started, Storage},
    preset::Preset,
    text::{escaped, shown},
};

/// Time between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Training time over which the rate is taken, in seconds.
const PACE_SECONDS: f64 = 10.0;

/// Takes every event of a run and prints what a user wants to know.
pub struct Progress {
    form: Form,
    /// The run directory, as it was given.
    run: String,
    iterations: u64,
    limit: Option<Duration>,
    pace: Pace,
    last: Option<Metrics>,
}

enum Form {
    Quiet,
    Bar(ProgressBar),
    Lines { last: Option<Instant> },
}

impl Progress {
    /// Begins to print: with the bar if stdout is a terminal that can move its cursor.
    pub fn new(quiet: bool, preset: &Preset, run: &Path, limit: Option<Duration>) -> Self {
        let form = if quiet {
            Form::Quiet
        } else if terminal::has_cursor() {
            Form::Bar(bar())
        } else {
            Form::Lines { last: None }
        };
        let run = shown(run);
        let progress = Self {
            form,
            run,
            iterations: preset.iterations,
            limit,
            pace: Pace::default(),
            last: None,
        };
        let (name, iterations, batch, seed) =
            (escaped(&preset.name), grouped(preset.iterations), preset.batch, preset.seed);
        progress.say(&format!(
            "preset {name}: {iterations} iterations of batch {batch}, seed {seed}; run {}",
            progress.run
        ));
        progress
    }

    /// Prints the event, if it is time.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::Preparing(work) => self.preparing(work),
            Event::Started(started) => self.started(started),
            Event::Metrics(metrics) => self.metrics(metrics),
            Event::Ended(outcome) => self.ended(outcome),
            Event::Storage(storage) => self.storage(storage),
            Event::Frame(_)
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
            Form::Lines { .. } => print(line),
        }
    }

    /// Removes the bar: nothing more is printed.
    pub fn end(&mut self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }

    /// Warns, also with `--quiet`, that training waits for the storage, or notes that it continues.
    fn storage(&self, storage: &Storage) {
        let tell = || match storage {
            Storage::Stalled(reason) => report::warn(reason),
            Storage::Recovered => report::note("pending data saved; training resumed"),
        };
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
            Form::Lines { last } => {
                if is_due(last) {
                    let done = if work.done > 0 && work.total > 0 {
                        format!(" {}%", 100 * work.done / work.total)
                    } else {
                        String::new()
                    };
                    print(&format!("{}{done}", work.what));
                }
            }
        }
    }

    fn started(&mut self, started: &Started) {
        let (data, images) =
            (escaped(&started.dataset.name), grouped(started.dataset.count as u64));
        let threads = counted(started.threads, "thread");
        self.say(&format!("data {data}, {images} images; {threads}, {} kernels", started.kernels));
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
            Form::Lines { last } => *last = None,
        }
    }

    fn metrics(&mut self, metrics: &Metrics) {
        self.pace.push(metrics);
        self.last = Some(metrics.clone());
        let text = || {
            format!(
                "d_loss {:.3}  g_loss {:.3}  {}",
                metrics.value(Series::D_LOSS),
                metrics.value(Series::G_LOSS),
                self.pace.text(metrics, self.iterations, self.limit)
            )
        };
        match &mut self.form {
            Form::Quiet => {}
            Form::Bar(bar) => {
                bar.set_position(metrics.iteration);
                bar.set_message(text());
            }
            Form::Lines { last } => {
                if is_due(last) || metrics.iteration == self.iterations {
                    print(&format!(
                        "iteration {}/{}  {}",
                        metrics.iteration,
                        self.iterations,
                        text()
                    ));
                }
            }
        }
    }

    fn ended(&mut self, outcome: &Outcome) {
        if let Form::Bar(bar) = &self.form {
            bar.abandon();
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
        match outcome {
            Outcome::Finished => self.say(&format!("finished {done}; run {}", self.run)),
            Outcome::Stopped => self.say(&format!("stopped {done}, saved; run {}", self.run)),
            // The reason is the program's last word, on stderr.
            Outcome::Failed(_) => {}
        }
    }
}

fn bar() -> ProgressBar {
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout_with_hz(bar::HERTZ))
        .with_style(message_style())
}

/// Work whose amount is known; within 80 columns with its message.
fn bar_style() -> ProgressStyle {
    bar::style("[{bar:20}] {pos}/{len}  {wide_msg}")
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

/// Prints a line; if nobody reads standard output, the run continues.
fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// How fast training goes, over the last seconds of it.
#[derive(Debug, Default)]
struct Pace {
    /// Iteration and training time in seconds.
    points: VecDeque<(u64, f64)>,
}

impl Pace {
    fn push(&mut self, metrics: &Metrics) {
        if self.points.is_empty() {
            let before = metrics.elapsed_s - metrics.step_ms / 1000.0;
            self.points.push_back((metrics.iteration.saturating_sub(1), before));
        }
        self.points.push_back((metrics.iteration, metrics.elapsed_s));
        while self.points.len() > 2 && self.points[1].1 < metrics.elapsed_s - PACE_SECONDS {
            self.points.pop_front();
        }
    }

    /// Iterations in a second.
    fn rate(&self) -> Option<f64> {
        let (&(first, from), &(last, to)) = (self.points.front()?, self.points.back()?);
        (to > from && last > first).then(|| (last - first) as f64 / (to - from))
    }

    fn left(
        &self,
        metrics: &Metrics,
        iterations: u64,
        limit: Option<Duration>,
    ) -> Option<Duration> {
        let by_count = iterations.saturating_sub(metrics.iteration) as f64 / self.rate()?;
        let by_time = limit.map_or(f64::INFINITY, |limit| limit.as_secs_f64() - metrics.elapsed_s);
        Duration::try_from_secs_f64(by_count.min(by_time).max(0.0)).ok()
    }

    fn text(&self, metrics: &Metrics, iterations: u64, limit: Option<Duration>) -> String {
        let rate = self.rate().map_or(String::new(), |rate| format!("{rate:.1}/s"));
        match self.left(metrics, iterations, limit) {
            Some(left) if metrics.iteration < iterations => {
                format!("{rate}  {} left", duration(left))
            }
            _ => rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(iteration: u64, elapsed_s: f64) -> Metrics {
        Metrics::new(iteration, 100.0, elapsed_s).with([
            (Series::D_LOSS, 0.5),
            (Series::D_LOSS_REAL, 0.5),
            (Series::D_LOSS_FAKE, 0.5),
            (Series::G_LOSS, 1.0),
            (Series::D_ACCURACY, 0.75),
            (Series::D_REAL, 0.6),
            (Series::D_FAKE, 0.4),
        ])
    }

    #[test]
    fn time_left_follows_the_last_seconds() {
        let mut pace = Pace::default();
        for iteration in 1..=100 {
            pace.push(&metrics(iteration, iteration as f64 * 0.1));
        }
        assert_eq!(pace.text(&metrics(100, 10.0), 400, None), "10.0/s  30 s left");
        for iteration in 101..=300 {
            pace.push(&metrics(iteration, 10.0 + (iteration - 100) as f64 * 0.2));
        }
        let now = metrics(300, 50.0);
        assert_eq!(
            pace.text(&now, 400, None),
            "5.0/s  20 s left",
            "what was before the last seconds counts no more"
        );
        assert_eq!(
            pace.text(&now, 400, Some(Duration::from_secs(55))),
            "5.0/s  5 s left",
            "the time ends before the iterations"
        );
        assert!(pace.points.len() < 100);
    }

    #[test]
    fn a_single_iteration_has_a_rate() {
        let mut pace = Pace::default();
        let first = metrics(501, 60.1);
        pace.push(&first);
        assert_eq!(pace.text(&first, 601, None), "10.0/s  10 s left");
    }
}
