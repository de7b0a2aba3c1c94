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

use tokio::{
    io::{Interest, unix::AsyncFd},
    time::{Instant, timeout_at},
};

pub use super::sequences::{Input, MouseAction};
use super::{
    paste,
    sequences::{Decoder, Unfinished},
    unmarked_paste::Unmarked,
};

/// How long the rest of a sequence may take. After that, a lone escape is the key; a slow line cuts
/// sequences in two.
const REST: Duration = Duration::from_millis(40);
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
            let Ok(ready) = ready else { return self.pending.give_up(Instant::now()) };
            let Ok(mut guard) = ready else { return vec![Input::Gone] };
            let mut bytes = [0; 4096];
            let mut file = guard.get_inner();
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
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return vec![Input::Gone],
            }
        }
    }
}

/// Bytes that are no whole sequence yet.
#[derive(Default)]
struct Pending {
    decoder: Decoder,
    unmarked: Unmarked,
    /// When the first of them came, or the beginning of pasted text.
    since: Option<Instant>,
    /// When the rest is no longer waited for.
    deadline: Option<Instant>,
}

impl Pending {
    /// Adds bytes; returns what is whole.
    fn add(&mut self, bytes: &[u8], now: Instant) -> Vec<Input> {
        let was_pasting = self.decoder.unfinished() == Unfinished::Paste;
        self.decoder.add(bytes);
        let before = self.decoder.waiting();
        let found = self.decoder.decode(false);
        let unfinished = self.decoder.unfinished();
        let is_pasting = unfinished == Unfinished::Paste;
        if self.decoder.waiting() < before && !(was_pasting && is_pasting) {
            // What is left is the beginning of another sequence.
            self.since = None;
        }
        let mut found = self.unmarked.gather(found, now);
        let (rest, whole) = match unfinished {
            Unfinished::Nothing => {
                (self.since, self.deadline) = (None, None);
                return found;
            }
            Unfinished::Sequence => (REST, WHOLE),
            Unfinished::Paste => (paste::REST, paste::WHOLE),
        };
        let until = *self.since.get_or_insert(now) + whole;
        self.deadline = Some(until.min(now + rest));
        if now >= until {
            found.extend(self.give_up(now));
        }
        found
    }

    /// Takes what is there for all that comes.
    fn give_up(&mut self, now: Instant) -> Vec<Input> {
        (self.since, self.deadline) = (None, None);
        if self.decoder.unfinished() == Unfinished::Paste {
            self.unmarked.expect_more(now);
        }
        self.decoder.decode(true)
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
        while pending.deadline.is_some() {
            now += step;
            assert!(pending.add(b"x", now).is_empty());
            assert!(now <= start + WHOLE + step, "still waiting");
        }
        assert_eq!(pending.add(b"q", now + step), [Input::Key(Key::plain(KeyCode::Char('q')))]);
        // A beginning that comes right behind something whole has its own time.
        assert_eq!(pending.add(b"a\x1b", now + step), [Input::Key(Key::plain(KeyCode::Char('a')))]);
        assert_eq!(pending.deadline, Some(now + step + REST));
        assert_eq!(pending.give_up(now), [Input::Key(Key::plain(KeyCode::Esc))]);
    }

    #[test]
    fn a_paste_that_never_ends_is_given_up_and_keys_are_heard_again() {
        let (mut pending, start) = (Pending::default(), Instant::now());
        let key = |char| [Input::Key(Key::plain(KeyCode::Char(char)))];
        // Its end comes in time.
        assert!(pending.add(b"\x1b[200~quit", start).is_empty());
        assert_eq!(pending.deadline, Some(start + paste::REST));
        assert_eq!(
            pending.add(b"y\x1b[201~q", start + paste::REST / 2),
            [Input::Paste("quity".into()), key('q')[0].clone()]
        );
        assert_eq!(pending.deadline, None);
        // Nothing comes any more.
        assert!(pending.add(b"\x1b[200~quit", start).is_empty());
        assert_eq!(pending.give_up(start + paste::REST), [Input::Paste("quit".into())]);
        let later = start + 2 * paste::REST;
        assert_eq!(pending.add(b"q", later), key('q'));
        // Keys come, but never its end.
        assert!(pending.add(b"\x1b[200~", later).is_empty());
        let mut now = later;
        while pending.deadline.is_some() {
            now += paste::REST / 2;
            pending.add(b"q", now);
            assert!(now <= later + paste::WHOLE + paste::REST, "still waiting");
        }
        assert_eq!(pending.add(b"q", now + paste::REST), key('q'));
        // More comes than anybody pastes.
        assert!(pending.add(b"\x1b[200~", now).is_empty());
        let much = (0..400).flat_map(|_| pending.add(&[b'q'; 4000], now)).next();
        assert!(matches!(much, Some(Input::Paste(_))), "{much:?}");
    }

    #[test]
    fn a_line_in_one_read_is_pasted() {
        let (mut pending, now) = (Pending::default(), Instant::now());
        assert_eq!(
            pending.add(b"\x1b[1;1Rcd runs && ls -la\r", now),
            [Input::Report { row: 1, column: 1 }, Input::Paste("cd runs && ls -la\n".into())]
        );
    }
}
