//! The client's side of the socket.

use std::{
    io::{self, BufReader},
    os::unix::net::UnixStream,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    Address, SocketError,
    protocol::{self, Greeting, Hello, Line, MOST_BYTES, VERSION},
};
use gan_tui_core::{event::Command, sync::lock_unpoisoned};

/// How long a run's greeting may take. It is sent by a thread of its own, however busy the run is.
const GREETING_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection to a run.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<UnixStream>,
    buffer: Vec<u8>,
}

/// Sends commands to a run; clones go to the same one.
#[derive(Debug, Clone)]
pub struct Sender(Arc<Mutex<UnixStream>>);

impl Connection {
    /// Connects to a run and greets it.
    ///
    /// # Errors
    /// Returns an error if nobody listens there, there is no answer in two seconds, or the run
    /// speaks another version.
    pub fn open(address: &Address, read_only: bool) -> Result<(Hello, Self, Sender), SocketError> {
        let (hello, mut connection) = Self::reach(address)?;
        if hello.protocol != VERSION {
            return Err(SocketError::Version {
                expected: VERSION,
                found: hello.protocol,
                program: hello.program,
            });
        }
        let failed = |error: io::Error| SocketError::Answer(error.to_string());
        let stream = connection.reader.get_mut();
        protocol::write(stream, &Greeting { protocol: VERSION, read_only }).map_err(failed)?;
        stream.set_read_timeout(None).map_err(failed)?;
        let sender = stream.try_clone().map_err(failed)?;
        Ok((hello, connection, Sender(Arc::new(Mutex::new(sender)))))
    }

    /// Connects to a run wherever it may listen, and reads its greeting.
    pub(super) fn reach(address: &Address) -> Result<(Hello, Self), SocketError> {
        let mut failure = None;
        for socket in address.candidates() {
            match Self::greet(&socket) {
                Err(SocketError::Silent { .. }) => {}
                Err(error) => failure = failure.or(Some(error)),
                answered => return answered,
            }
        }
        Err(failure.unwrap_or_else(|| SocketError::Silent { path: address.run().to_path_buf() }))
    }

    /// Connects to the run that listens at a socket, and reads its greeting.
    pub(super) fn greet(socket: &Path) -> Result<(Hello, Self), SocketError> {
        let stream = UnixStream::connect(socket).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                SocketError::Silent { path: socket.to_path_buf() }
            }
            _ => SocketError::Io { doing: "connect to", path: socket.to_path_buf(), source },
        })?;
        let failed = |error: io::Error| SocketError::Answer(error.to_string());
        stream.set_read_timeout(Some(GREETING_TIMEOUT)).map_err(failed)?;
        stream.set_write_timeout(Some(GREETING_TIMEOUT)).map_err(failed)?;
        let mut connection = Self { reader: BufReader::new(stream), buffer: Vec::new() };
        let line = protocol::read_line(&mut connection.reader, MOST_BYTES, &mut connection.buffer);
        match line {
            Ok(true) => {}
            Ok(false) => return Err(SocketError::Answer("it hung up".into())),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                return Err(SocketError::Answer("it says nothing".into()));
            }
            Err(error) => return Err(failed(error)),
        }
        match serde_json::from_slice(&connection.buffer) {
            Ok(hello) => Ok((hello, connection)),
            Err(error) => match serde_json::from_slice(&connection.buffer) {
                Ok(Line::Refused(reason)) => Err(SocketError::Refused(reason)),
                _ => Err(SocketError::Answer(error.to_string())),
            },
        }
    }

    /// Waits for the next line; `None` if the run has hung up.
    ///
    /// # Errors
    /// Returns an error if the connection breaks, or a line is not one of the protocol.
    pub fn read(&mut self) -> io::Result<Option<Line>> {
        protocol::read(&mut self.reader, MOST_BYTES, &mut self.buffer)
    }
}

impl Sender {
    /// Sends the run a command; one that is gone ignores it.
    pub fn send(&self, command: &Command) {
        let mut stream = lock_unpoisoned(&self.0);
        // The thread that reads notices that the run is gone.
        let _ = protocol::write(&mut *stream, command);
    }

    /// Closes the connection.
    pub fn hang_up(&self) {
        let stream = lock_unpoisoned(&self.0);
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
}
