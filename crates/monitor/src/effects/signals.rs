//! The system's signals as messages.

use std::{future::pending, io};

use tokio::signal::unix::{Signal as Listener, SignalKind, signal};

use crate::{
    state::message::{Message, Signal},
    terminal::tty,
};

/// The signals that mean something to the program.
pub struct Signals {
    resized: Listener,
    interrupt: Listener,
    terminate: Listener,
    hangup: Listener,
    save: Listener,
}

impl Signals {
    /// Handles the signals from now on.
    ///
    /// # Errors
    /// Returns an error if the system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            resized: signal(SignalKind::window_change())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            save: signal(SignalKind::user_defined1())?,
        })
    }

    /// Waits for the next signal. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Message {
        tokio::select! {
            Some(()) = self.resized.recv() => {
                let size = tty::size();
                Message::Resized(size.width, size.height)
            }
            Some(()) = self.interrupt.recv() => Message::Signal(Signal::Interrupt),
            Some(()) = self.terminate.recv() => Message::Signal(Signal::Terminate),
            Some(()) = self.hangup.recv() => Message::Signal(Signal::Hangup),
            Some(()) = self.save.recv() => Message::SaveNow,
            else => pending().await,
        }
    }
}
