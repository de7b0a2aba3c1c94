//! The end of whoever looks on.

use std::{
    io::{self, BufReader},
    os::unix::net::UnixStream,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    Address, LinkError,
    protocol::{self, Greeting, Hello, Line, MOST_BYTES, VERSION},
};
use gan_tui_core::event::Command;

/// How long a run may take to say hello. It does so from a thread of its own, however busy it is.
const PATIENCE: Duration = Duration::from_secs(2);

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
    /// Where nobody listens there, does not answer in two seconds, or speaks another version.
    pub fn open(address: &Address, read_only: bool) -> Result<(Hello, Self, Sender), LinkError> {
        let (hello, mut connection) = Self::greet(address)?;
        if hello.protocol != VERSION {
            return Err(LinkError::Version {
                expected: VERSION,
                found: hello.protocol,
                program: hello.program,
            });
        }
        let failed = |error: io::Error| LinkError::Answer(error.to_string());
        let stream = connection.reader.get_mut();
        protocol::write(stream, &Greeting { protocol: VERSION, read_only }).map_err(failed)?;
        stream.set_read_timeout(None).map_err(failed)?;
        let sender = stream.try_clone().map_err(failed)?;
        Ok((hello, connection, Sender(Arc::new(Mutex::new(sender)))))
    }

    /// Connects to a run and hears who it is.
    pub(super) fn greet(address: &Address) -> Result<(Hello, Self), LinkError> {
        let stream =
            UnixStream::connect(&address.socket).map_err(|source| match source.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                    LinkError::Silent { path: address.socket.clone() }
                }
                _ => LinkError::Io { doing: "connect to", path: address.socket.clone(), source },
            })?;
        let failed = |error: io::Error| LinkError::Answer(error.to_string());
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
        let mut connection = Self { reader: BufReader::new(stream), buffer: Vec::new() };
        let line = protocol::read_line(&mut connection.reader, MOST_BYTES, &mut connection.buffer);
        match line {
            Ok(true) => {}
            Ok(false) => return Err(LinkError::Answer("it hung up".into())),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                return Err(LinkError::Answer("it says nothing".into()));
            }
            Err(error) => return Err(failed(error)),
        }
        match serde_json::from_slice(&connection.buffer) {
            Ok(hello) => Ok((hello, connection)),
            Err(error) => match serde_json::from_slice(&connection.buffer) {
                Ok(Line::Refused(reason)) => Err(LinkError::Refused(reason)),
                _ => Err(LinkError::Answer(error.to_string())),
            },
        }
    }

    /// Waits for the next line; `None` where the run has hung up.
    ///
    /// # Errors
    /// Where the connection breaks, or a line is none of the protocol's.
    pub fn hear(&mut self) -> io::Result<Option<Line>> {
        protocol::read(&mut self.reader, MOST_BYTES, &mut self.buffer)
    }
}

impl Sender {
    /// Tells the run something; one that is gone hears nothing.
    pub fn tell(&self, command: &Command) {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // That it is gone is heard by whoever listens.
        let _ = protocol::write(&mut *stream, command);
    }

    /// Hangs up, for the connection too.
    pub fn hang_up(&self) {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
}
