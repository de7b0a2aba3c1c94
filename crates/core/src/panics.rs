//! Panics: what is said of them, where, and when. A program that has taken the terminal over is
//! not garbled by the message, and the message is not lost.

use std::{
    backtrace::Backtrace,
    io::Write,
    panic::{self, PanicHookInfo},
    sync::{Mutex, Once},
    thread,
};

use crate::{sync::lock_unpoisoned, waiting};

/// A panic of any thread.
#[derive(Debug, Clone)]
pub struct Panic {
    /// In one line: the thread, the place, the message.
    pub message: String,
    /// Where it happened, a line for each call.
    pub backtrace: String,
}

/// Takes a panic on the thread that panics; returns where a person can read of it.
type Log = Box<dyn Fn(&Panic) -> Option<String> + Send + Sync>;

struct State {
    log: Option<Log>,
    /// Messages that wait until the terminal is given back; `None` while they are printed at once.
    held: Option<Vec<String>>,
}

static STATE: Mutex<State> = Mutex::new(State { log: None, held: None });

/// Makes every panic from now on a line on stderr and an entry of the log.
pub fn install() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| panic::set_hook(Box::new(report)));
}

/// Gives every panic from now on to `log`, which returns where a person can read of it.
pub fn log_to(log: impl Fn(&Panic) -> Option<String> + Send + Sync + 'static) {
    lock_unpoisoned(&STATE).log = Some(Box::new(log));
}

/// Keeps messages until [`release`]: the terminal shows something else.
pub fn hold() {
    lock_unpoisoned(&STATE).held.get_or_insert_default();
}

/// Prints the messages that were kept, and from now on each at once.
pub fn release() {
    let held = lock_unpoisoned(&STATE).held.take();
    held.into_iter().flatten().for_each(|message| print(&message));
}

fn report(info: &PanicHookInfo<'_>) {
    let panic = Panic { message: message(info), backtrace: Backtrace::force_capture().to_string() };
    let mut state = lock_unpoisoned(&STATE);
    let place = state.log.as_ref().and_then(|log| log(&panic));
    let place = place.map_or_else(String::new, |place| format!("; the backtrace is in {place}"));
    let line = format!("{}{place}", panic.message);
    match &mut state.held {
        Some(held) => held.push(line),
        None => print(&line),
    }
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let current = thread::current();
    let name = current.name().unwrap_or("without a name").to_owned();
    let place = info.location().map_or_else(String::new, |place| format!(" at {place}"));
    let text = info.payload_as_str().unwrap_or("no message");
    format!("thread {name} panicked{place}: {}; this is a bug", text.replace('\n', " "))
}

fn print(message: &str) {
    // If stderr is gone, nobody can read it.
    let _ = writeln!(waiting::stderr(), "error: {message}");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_panic_of_any_thread_is_logged_with_its_place_and_held_while_the_terminal_is_taken() {
        install();
        let logged = Arc::<Mutex<Vec<Panic>>>::default();
        let log = logged.clone();
        log_to(move |panic| {
            lock_unpoisoned(&log).push(panic.clone());
            Some("run/log.txt".into())
        });
        hold();
        let thread = thread::Builder::new().name("worker".into());
        let ended = thread.spawn(|| panic!("seven\nis odd")).map(thread::JoinHandle::join);
        assert!(ended.is_ok_and(|joined| joined.is_err()));
        let seen =
            lock_unpoisoned(&logged).iter().find(|seen| seen.message.contains("worker")).cloned();
        let seen = seen.unwrap_or_else(|| unreachable!("it was logged"));
        assert!(
            seen.message.starts_with("thread worker panicked at ")
                && seen.message.contains("panics.rs:")
                && seen.message.ends_with(": seven is odd; this is a bug"),
            "{}",
            seen.message
        );
        assert!(seen.backtrace.contains("panics"), "{}", seen.backtrace);
        let held = lock_unpoisoned(&STATE).held.clone().unwrap_or_default();
        let line = format!("{}; the backtrace is in run/log.txt", seen.message);
        assert!(held.contains(&line), "{held:?}");
        release();
    }
}
