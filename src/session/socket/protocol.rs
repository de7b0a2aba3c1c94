//! The lines that go over the socket, each a JSON object: greeting, reports, commands.
//!
//! A connection begins with the run's [`Hello`] and the client's [`Greeting`]; then the run sends
//! [`Line`]s and the client [`Command`]s. Both sides say which version they speak, and a side that
//! does not know the other's says so and hangs up. Fields that are not known are passed over.

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use gan_tui_core::event::{Command, Event};

/// The version of the protocol that this program speaks.
pub const VERSION: u32 = 1;
/// Bytes of a line at most: 128 pictures in base64 take an eighth of it.
pub const MOST_BYTES: usize = 1 << 20;
/// Bytes of a client's line at most.
pub const MOST_COMMAND_BYTES: usize = 4096;

/// The first line of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    #[serde(rename = "gan-tui")]
    pub protocol: u32,
    /// Version of the program that trains.
    #[serde(default)]
    pub program: String,
    /// The run directory, absolute.
    #[serde(default)]
    pub run: String,
    /// Id of the process, and on which machine.
    #[serde(default)]
    pub process: u32,
    #[serde(default)]
    pub host: String,
    /// When the process began with the run, RFC 3339.
    #[serde(default)]
    pub since: String,
    /// Training ends after so many seconds, if not before.
    #[serde(default)]
    pub limit_s: Option<f64>,
}

/// The first line of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    #[serde(rename = "gan-tui")]
    pub protocol: u32,
    /// The client only watches: its commands are refused.
    #[serde(default)]
    pub read_only: bool,
}

/// Every further line of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// What the run reports, or how it stands when a client comes.
    #[serde(rename = "report")]
    Event(Event),
    /// A command was not obeyed, or the client is not let in: the reason.
    Refused(String),
}

/// What a client says after its greeting.
pub fn parse_command(line: &[u8]) -> Result<Command, String> {
    let command: Command = serde_json::from_slice(line)
        .map_err(|error| format!("expected a command, found {error}"))?;
    match &command {
        Command::LearningRates(rates) if !rates.are_sound() => Err(format!(
            "expected learning rates above 0 and up to 1, found {} and {}",
            rates.generator, rates.discriminator
        )),
        _ => Ok(command),
    }
}

/// Writes one line.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    out.write_all(&text)
}

/// Reads one line of at most `most` bytes into `buffer`, its end left out; `false` at the end of
/// the stream.
///
/// # Errors
/// Those of the reader; a line that is longer or that breaks off.
pub fn read_line(from: &mut impl BufRead, most: usize, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.clear();
    let read = from.take(most as u64 + 1).read_until(b'\n', buffer)?;
    if read == 0 {
        return Ok(false);
    }
    if buffer.pop() != Some(b'\n') {
        let reason = if read > most {
            format!("a line of more than {most} bytes")
        } else {
            "a line that breaks off".into()
        };
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(true)
}

/// Reads one line and what it holds; `None` at the end of the stream.
///
/// # Errors
/// As [`read_line`], and where the line holds something else.
pub fn read<T: DeserializeOwned>(
    from: &mut impl BufRead,
    most: usize,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<T>> {
    if !read_line(from, most, buffer)? {
        return Ok(None);
    }
    serde_json::from_slice(buffer)
        .map(Some)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
}
