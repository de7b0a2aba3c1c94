//! The signals that ask a process for something, on a thread of its own.

use std::{io, thread};

use nix::sys::signal::{SigSet, Signal as Mask};
use signal_hook::{
    consts::{
        SIGABRT, SIGALRM, SIGBUS, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGSYS,
        SIGTERM, SIGTRAP, SIGTSTP, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH, SIGXCPU,
    },
    iterator::Signals,
    low_level,
};

/// Signals that end a process unless it handles them. SIGXFSZ is an error of the write that was
/// too much; SIGILL, SIGFPE and SIGSEGV cannot be handled without `unsafe`.
const ENDING: [i32; 13] = [
    SIGABRT, SIGALRM, SIGBUS, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGSYS, SIGTERM, SIGTRAP,
    SIGVTALRM, SIGXCPU,
];

/// A signal that asks the program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Interrupt,
    Terminate,
    Hangup,
    /// Any other, by its number.
    Other(i32),
}

impl Signal {
    fn of(number: i32) -> Self {
        match number {
            SIGINT => Self::Interrupt,
            SIGTERM => Self::Terminate,
            SIGHUP => Self::Hangup,
            number => Self::Other(number),
        }
    }

    fn number(self) -> i32 {
        match self {
            Self::Interrupt => SIGINT,
            Self::Terminate => SIGTERM,
            Self::Hangup => SIGHUP,
            Self::Other(number) => number,
        }
    }

    /// Returns the exit status for it: 128 and its number.
    pub fn status(self) -> u8 {
        u8::try_from(128 + self.number()).unwrap_or(u8::MAX)
    }

    /// Returns its name, such as `SIGTERM`.
    pub fn name(self) -> String {
        let number = self.number();
        low_level::signal_name(number).map_or_else(|| format!("signal {number}"), str::to_owned)
    }

    /// Whether a second one means that somebody does not want to wait any longer. A timer or a
    /// limit of processor time sends its signal again and again, and so does a terminal that is
    /// gone.
    pub fn is_impatient(self) -> bool {
        match self {
            Self::Interrupt | Self::Terminate => true,
            Self::Hangup => false,
            Self::Other(number) => ![SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO].contains(&number),
        }
    }
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// To end.
    End(Signal),
    /// To save and continue: SIGUSR1 and SIGUSR2, a batch system's warning.
    Save,
    /// To stop until SIGCONT: SIGTSTP from another process.
    Suspend,
    /// The process was stopped, and continues.
    Continued,
    /// The terminal has another size.
    Resized,
}

impl Request {
    fn of(number: i32) -> Self {
        match number {
            SIGUSR1 | SIGUSR2 => Self::Save,
            SIGTSTP => Self::Suspend,
            SIGCONT => Self::Continued,
            SIGWINCH => Self::Resized,
            number => Self::End(Signal::of(number)),
        }
    }
}

/// Handles the signals that end a process or ask it to save from now on, in a thread of its own
/// that lasts as long as the process.
///
/// # Errors
/// Returns an error if the system gives no handler or no thread.
pub fn listen(on: impl FnMut(Request) + Send + 'static) -> io::Result<()> {
    start(&[], on)
}

/// As [`listen`], and handles also what concerns a terminal: its size, and being stopped and
/// continued.
///
/// # Errors
/// As [`listen`].
pub fn listen_with_terminal(on: impl FnMut(Request) + Send + 'static) -> io::Result<()> {
    start(&[SIGWINCH, SIGTSTP, SIGCONT], on)
}

fn start(more: &[i32], mut on: impl FnMut(Request) + Send + 'static) -> io::Result<()> {
    let mut numbers = [&ENDING[..], &[SIGUSR1, SIGUSR2], more].concat();
    #[cfg(target_os = "linux")]
    numbers.extend(
        [libc::SIGPWR, libc::SIGSTKFLT].into_iter().chain(libc::SIGRTMIN()..=libc::SIGRTMAX()),
    );
    let mut signals = Signals::new(numbers)?;
    let run = move || signals.forever().for_each(|number| on(Request::of(number)));
    thread::Builder::new().name("signals".into()).spawn(run)?;
    Ok(())
}

/// Lets this thread, and those that it starts, write to and change a terminal of whose foreground
/// the process is no part: by default it would be stopped (SIGTTOU, SIGTTIN).
///
/// # Errors
/// Returns an error if the system refuses.
pub fn allow_background_output() -> io::Result<()> {
    let mut set = SigSet::empty();
    set.add(Mask::SIGTTOU);
    set.add(Mask::SIGTTIN);
    set.thread_block().map_err(io::Error::from)
}

/// Returns whether a hangup was ignored when the process started, as `nohup` has it. To be asked
/// before listening; where the system does not tell, it was not.
pub fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 << (SIGHUP - 1) != 0)
}

/// Ends the process now. Nothing is flushed, so that no output that is stuck is waited for.
pub fn exit(signal: Signal) -> ! {
    low_level::exit(signal.status().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_names_are_the_shells() {
        let told = [Signal::Hangup, Signal::Interrupt, Signal::Terminate, Signal::of(SIGXCPU)]
            .map(|signal| (signal.status(), signal.name()));
        let expected = [(129, "SIGHUP"), (130, "SIGINT"), (143, "SIGTERM"), (152, "SIGXCPU")];
        assert_eq!(told, expected.map(|(status, name)| (status, name.into())));
        assert_eq!(Signal::of(60).status(), 188);
    }

    #[test]
    fn only_a_persons_second_signal_is_impatience() {
        assert!(Signal::Interrupt.is_impatient() && Signal::of(SIGQUIT).is_impatient());
        assert!(!Signal::of(SIGXCPU).is_impatient() && !Signal::Hangup.is_impatient());
    }
}
