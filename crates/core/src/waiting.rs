//! Standard input, output and error that wait where a terminal or a pipe has no room or no input
//! yet.
//!
//! `O_NONBLOCK` belongs to an open terminal or pipe, not to a process: any program that shares it
//! can set it, and may have done so long before. Writing then fails with `EAGAIN` as soon as the
//! other side is slower, which only means "not yet".

use std::{
    io::{self, ErrorKind, Stderr, Stdout, Write},
    os::fd::AsFd,
    thread,
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, poll};

/// The pause after each wait. A terminal may be reported as ready though it has too little room for
/// the next line break, and be asked in vain until somebody reads.
const PAUSE: Duration = Duration::from_millis(2);

/// A stream whose writes wait for room. Nothing is lost or written twice.
#[derive(Debug)]
pub struct Waiting<S>(S);

/// Returns standard output.
pub fn stdout() -> Waiting<Stdout> {
    Waiting(io::stdout())
}

/// Returns standard error.
pub fn stderr() -> Waiting<Stderr> {
    Waiting(io::stderr())
}

impl<S: Write + AsFd> Waiting<S> {
    /// Wraps a stream.
    pub fn new(stream: S) -> Self {
        Self(stream)
    }

    /// Repeats an operation until it does not have to wait any more.
    fn patiently<T>(
        &mut self,
        mut operation: impl FnMut(&mut S) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match operation(&mut self.0) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait(&self.0, PollFlags::OUT)?;
                }
                result => return result,
            }
        }
    }
}

impl<S: Write + AsFd> Write for Waiting<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.patiently(|stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.patiently(Write::flush)
    }
}

/// Reads a line from standard input; an empty text at its end.
///
/// # Errors
/// Returns an error if standard input cannot be read or is not UTF-8.
pub fn read_line() -> io::Result<String> {
    let (stdin, mut line) = (io::stdin(), String::new());
    loop {
        match stdin.read_line(&mut line) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait(&stdin, PollFlags::IN)?,
            result => return result.map(|_| line),
        }
    }
}

/// Waits until a stream is ready, or has failed, which its next operation reports.
fn wait(stream: impl AsFd, until: PollFlags) -> io::Result<()> {
    let mut polled = [PollFd::new(&stream, until)];
    match poll(&mut polled, None) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    thread::sleep(PAUSE);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::{
        cell::Cell,
        io::{PipeWriter, Read},
        os::fd::BorrowedFd,
    };

    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    use super::*;

    /// Counts how often there was no room.
    struct Counting<'a>(PipeWriter, &'a Cell<usize>);

    impl Write for Counting<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let result = self.0.write(bytes);
            let is_full = result.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            self.1.set(self.1.get() + usize::from(is_full));
            result
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }

    impl AsFd for Counting<'_> {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }

    #[test]
    fn a_full_pipe_that_does_not_block_is_waited_for() {
        let (mut reader, writer) = io::pipe().unwrap();
        fcntl_setfl(&writer, fcntl_getfl(&writer).unwrap() | OFlags::NONBLOCK).unwrap();
        let reading = thread::spawn(move || {
            // The writer finds the pipe full before anything is read.
            thread::sleep(Duration::from_millis(100));
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            all
        });
        let text: Vec<u8> = (0..1_000_000u32).map(|at| (at % 251) as u8).collect();
        let full = Cell::new(0);
        let mut waiting = Waiting::new(Counting(writer, &full));
        waiting.write_all(&text).unwrap();
        waiting.flush().unwrap();
        drop(waiting);
        assert!(reading.join().unwrap() == text);
        assert!((1..10_000).contains(&full.get()), "asked {} times", full.get());
    }

    #[test]
    fn a_reader_that_has_gone_is_an_error() {
        let (reader, writer) = io::pipe().unwrap();
        fcntl_setfl(&writer, fcntl_getfl(&writer).unwrap() | OFlags::NONBLOCK).unwrap();
        drop(reader);
        let mut waiting = Waiting::new(writer);
        assert_eq!(waiting.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}
