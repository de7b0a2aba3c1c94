//! Input from the terminal: keys, the mouse, and answers to questions.
//!
//! The program asks the terminal where its cursor is, to learn how far behind the line is (see
//! [`super::pace`]). The answers come between the keys and must not be waited for, so crossterm's
//! reader cannot be used. Of the parsers in other crates, termwiz's has no cursor reports;
//! termina's has, but panics on some malformed sequences and keeps an unfinished one forever.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::AsFd as _,
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::{Instant, timeout_at},
};

use super::sequences::parse;
pub use super::sequences::{Input, MouseAction};

/// How long the rest of a sequence may take. After that, a lone escape is the key; a slow line cuts
/// sequences in two.
const REST: Duration = Duration::from_millis(60);
/// How long a sequence may take in all, however steadily its bytes come.
const WHOLE: Duration = Duration::from_secs(1);
/// The terminal's input.
pub struct Keyboard {
    file: AsyncFd<File>,
    pending: Pending,
}

impl Keyboard {
    /// Reads standard input from now on.
    ///
    /// # Errors
    /// Returns an error if the system cannot report when there is input.
    pub fn open() -> io::Result<Self> {
        Self::read(File::from(io::stdin().as_fd().try_clone_to_owned()?))
    }

    fn read(file: File) -> io::Result<Self> {
        // The form without `unsafe` is deprecated for types that could lie about their descriptor;
        // a file owns its own.
        #[allow(deprecated)]
        let file = AsyncFd::with_interest(file, Interest::READABLE)?;
        Ok(Self { file, pending: Pending::default() })
    }

    /// Waits until something came. Nothing is lost if the future is dropped, and the time that an
    /// unfinished sequence has left does not start again.
    pub async fn next(&mut self) -> Vec<Input> {
        loop {
            let readable = self.file.readable();
            let ready = match self.pending.deadline {
                None => Ok(readable.await),
                Some(deadline) => timeout_at(deadline, readable).await,
            };
            let Ok(ready) = ready else { return self.pending.give_up() };
            let Ok(mut guard) = ready else { return vec![Input::Gone] };
            let mut file = guard.get_inner();
            // While this process was stopped, another program may have read what was there:
            // reading would wait for the next key, and everything else with it.
            if !has_input(file) {
                guard.clear_ready();
                continue;
            }
            let mut bytes = [0; 4096];
            match file.read(&mut bytes) {
                Ok(0) => return vec![Input::Gone],
                Ok(count) => {
                    // A terminal gives all it has at once; a full buffer alone may leave some.
                    if count < bytes.len() {
                        guard.clear_ready();
                    }
                    let found = self.pending.add(&bytes[..count], Instant::now());
                    if !found.is_empty() {
                        return found;
                    }
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                    ) =>
                {
                    guard.clear_ready()
                }
                Err(_) => return vec![Input::Gone],
            }
        }
    }
}

/// Whether reading a file returns at once.
fn has_input(file: &File) -> bool {
    let mut polled = [PollFd::new(file, PollFlags::IN)];
    // What cannot be asked is told by reading.
    poll(&mut polled, Some(&Timespec::default())).map_or(true, |ready| ready > 0)
}

/// Bytes that are no whole sequence yet.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    /// When the first of them came.
    since: Option<Instant>,
    /// When the rest is no longer waited for.
    deadline: Option<Instant>,
}

impl Pending {
    /// Adds bytes; returns what is whole.
    fn add(&mut self, bytes: &[u8], now: Instant) -> Vec<Input> {
        self.bytes.extend_from_slice(bytes);
        let before = self.bytes.len();
        let mut found = parse(&mut self.bytes, false);
        if self.bytes.len() < before {
            // What is left is the beginning of another sequence.
            self.since = None;
        }
        if self.bytes.is_empty() {
            self.deadline = None;
            return found;
        }
        let until = *self.since.get_or_insert(now) + WHOLE;
        self.deadline = Some(until.min(now + REST));
        if now >= until {
            found.extend(self.give_up());
        }
        found
    }

    /// Takes what is there for all that comes.
    fn give_up(&mut self) -> Vec<Input> {
        (self.since, self.deadline) = (None, None);
        parse(&mut self.bytes, true)
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;
    use crate::keyboard::key::Key;

    /// Both ends of a terminal's input.
    fn terminal() -> (Keyboard, std::io::PipeWriter) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let file = File::from(std::os::fd::OwnedFd::from(reader));
        (Keyboard::read(file).expect("a keyboard"), writer)
    }

    /// What is heard until a key, if each wait is given up after `patience` because something else
    /// happens.
    async fn heard(keyboard: &mut Keyboard, patience: Duration) -> Vec<Input> {
        for _ in 0..1000 {
            match tokio::time::timeout(patience, keyboard.next()).await {
                Ok(found) if !found.is_empty() => return found,
                _ => {}
            }
        }
        Vec::new()
    }

    #[tokio::test]
    async fn a_lone_escape_is_heard_while_other_things_happen() {
        use std::io::Write as _;
        let (mut keyboard, mut writer) = terminal();
        writer.write_all(b"\x1b").expect("written");
        let escape = [Input::Key(Key::plain(KeyCode::Esc))];
        assert_eq!(heard(&mut keyboard, REST / 6).await, escape);
        writer.write_all(b"a\x1b").expect("written");
        assert_eq!(
            heard(&mut keyboard, REST / 6).await,
            [Input::Key(Key::plain(KeyCode::Char('a')))]
        );
        assert_eq!(heard(&mut keyboard, REST / 6).await, escape);
    }

    #[test]
    fn a_sequence_that_never_ends_is_given_up_while_bytes_keep_coming() {
        let (mut pending, start) = (Pending::default(), Instant::now());
        let step = REST / 2;
        assert!(pending.add(b"\x1b]", start).is_empty());
        let mut now = start;
        while !pending.bytes.is_empty() {
            now += step;
            assert!(pending.add(b"x", now).is_empty());
            assert!(now <= start + WHOLE + step, "still waiting");
        }
        assert_eq!(pending.deadline, None);
        assert_eq!(pending.add(b"q", now + step), [Input::Key(Key::plain(KeyCode::Char('q')))]);
        // A beginning that comes right behind something whole has its own time.
        assert_eq!(pending.add(b"a\x1b", now + step), [Input::Key(Key::plain(KeyCode::Char('a')))]);
        assert_eq!(pending.deadline, Some(now + step + REST));
        assert_eq!(pending.give_up(), [Input::Key(Key::plain(KeyCode::Esc))]);
    }
}
