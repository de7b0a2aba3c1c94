//! The system's signals as messages.

use std::io;

use gan_tui_core::signals::{self, Request};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{state::message::Message, terminal::tty};

/// The signals that mean something to the program, as they come.
pub struct Signals(UnboundedReceiver<Request>);

impl Signals {
    /// Handles the signals from now on.
    ///
    /// # Errors
    /// Returns an error if the system refuses.
    pub fn listen() -> io::Result<Self> {
        let (sender, received) = unbounded_channel();
        // After the monitor, nobody listens.
        signals::listen_with_terminal(move |request| {
            let _ = sender.send(request);
        })?;
        Ok(Self(received))
    }

    /// Waits for the next signal. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Message {
        match self.0.recv().await {
            Some(Request::End(signal)) => Message::Signal(signal),
            Some(Request::Save) => Message::SaveNow,
            Some(Request::Suspend) => Message::StopNow,
            Some(Request::Continued) => Message::Continued,
            Some(Request::Resized) => {
                let size = tty::size();
                Message::Resized(size.width, size.height)
            }
            None => std::future::pending().await,
        }
    }
}
