//! Writes to the terminal on a thread of its own, so that a terminal that takes no bytes blocks
//! nothing else.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use gan_tui_core::waiting;

/// The thread that writes to the terminal, one piece after another.
pub struct OutputThread {
    pieces: Sender<Vec<u8>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    busy: AtomicBool,
    failed: Mutex<Option<io::Error>>,
    freed: Notify,
}

impl OutputThread {
    /// Writes to standard output from now on.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn start() -> io::Result<Self> {
        Self::to(waiting::stdout())
    }

    fn to(mut out: impl io::Write + Send + 'static) -> io::Result<Self> {
        let (pieces, taken) = mpsc::channel::<Vec<u8>>();
        let shared = Arc::<Shared>::default();
        let theirs = shared.clone();
        thread::Builder::new().name("screen".into()).spawn(move || {
            for piece in taken {
                if let Err(error) = out.write_all(&piece).and_then(|()| out.flush()) {
                    *theirs.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
                theirs.busy.store(false, Ordering::SeqCst);
                theirs.freed.notify_one();
            }
        })?;
        Ok(Self { pieces, shared })
    }

    /// Whether the last piece has been taken.
    pub fn is_free(&self) -> bool {
        !self.shared.busy.load(Ordering::SeqCst)
    }

    /// Writes a piece; to be called only while it is free.
    ///
    /// # Errors
    /// Returns the error of an earlier piece.
    pub fn write(&self, piece: Vec<u8>) -> io::Result<()> {
        if let Some(error) =
            self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            return Err(error);
        }
        self.shared.busy.store(true, Ordering::SeqCst);
        self.pieces.send(piece).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Waits until a piece has been taken.
    pub async fn freed(&self) {
        self.shared.freed.notified().await;
    }

    /// Waits until the last piece has been taken, but no longer than `patience`; returns whether it
    /// has.
    pub fn settle(&self, patience: Duration) -> bool {
        let start = Instant::now();
        while !self.is_free() && start.elapsed() < patience {
            thread::sleep(Duration::from_millis(2));
        }
        self.is_free()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Takes a byte for every word it is sent, and refuses `!`.
    struct Slow(mpsc::Receiver<()>, Sender<u8>);

    impl io::Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(io::Error::other)?;
            if bytes[0] == b'!' {
                return Err(io::Error::other("gone"));
            }
            self.1.send(bytes[0]).map_err(io::Error::other)?;
            Ok(1)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stuck_terminal_holds_up_nobody_and_a_gone_one_is_told() {
        let ((go, gone), (out, taken)) = (mpsc::channel(), mpsc::channel());
        let writer = OutputThread::to(Slow(gone, out)).unwrap();
        writer.write(b"ab".to_vec()).unwrap();
        assert!(!writer.settle(Duration::from_millis(5)), "it is stuck");
        (0..2).for_each(|_| go.send(()).unwrap());
        assert!(writer.settle(Duration::from_secs(60)));
        assert_eq!(taken.try_iter().collect::<Vec<_>>(), b"ab");
        writer.write(b"!".to_vec()).unwrap();
        go.send(()).unwrap();
        assert!(writer.settle(Duration::from_secs(60)));
        assert_eq!(writer.write(b"c".to_vec()).unwrap_err().to_string(), "gone");
    }
}
