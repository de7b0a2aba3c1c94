//! How the data commands speak: text on stdout, progress on a terminal's stderr, signals that leave no half file.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::event::Preparing;

/// Writes to stdout. A reader that has seen enough is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

/// A bar on stderr, where that is a terminal, of what a dataset's loading tells; call it with each report, drop it at the end.
pub fn preparing() -> impl FnMut(Preparing) {
    let bar = Bar(ProgressBar::new(0));
    bar.0.set_style(style("{msg}  {wide_bar}  {percent}%"));
    move |work: Preparing| {
        bar.0.set_length(work.total);
        bar.0.set_position(work.done);
        bar.0.set_message(work.what);
    }
}

/// A bar that clears itself away when dropped.
pub struct Bar(pub ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar's style from a template of ours.
pub fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

/// From now on SIGINT, SIGTERM and SIGHUP end the program with 130, 143 and 129, but not while what is returned is held.
pub fn end_between_writes() -> anyhow::Result<Arc<Mutex<()>>> {
    let writing = Arc::new(Mutex::new(()));
    let held = writing.clone();
    let listen = || -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let context = runtime.enter();
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [mut interrupt, mut terminate, mut hangup]: [Signal; 3] = [signal(kinds[0])?, signal(kinds[1])?, signal(kinds[2])?];
        drop(context);
        thread::Builder::new().name("signals".into()).spawn(move || {
            let status = runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => 130,
                    _ = terminate.recv() => 143,
                    _ = hangup.recv() => 129,
                }
            });
            let _held = held.lock().unwrap_or_else(PoisonError::into_inner);
            std::process::exit(status);
        })?;
        Ok(())
    };
    listen().context("cannot listen for signals")?;
    Ok(writing)
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes as people say them: `28.9 kB`, `9.7 MB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// How often a bar is drawn anew while nothing arrives.
pub const TICK: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_read_well() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 999, 28_881, 9_719_462].map(size), ["0 B", "999 B", "28.9 kB", "9.7 MB"]);
    }
}
