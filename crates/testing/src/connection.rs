//! The protocol of a run's socket, spoken line by line.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
};

use serde_json::{Value, json};

use crate::{PATIENCE, Sandbox, wait};

/// A connection to the only run of a sandbox.
pub struct Connection {
    reader: BufReader<UnixStream>,
    /// The first line that the run sends.
    pub hello: Value,
}

/// Returns the only socket of a sandbox: in the folder of its machine, or where it is if that
/// cannot be made.
pub fn socket(sandbox: &Sandbox) -> Option<PathBuf> {
    fn within(folder: PathBuf) -> impl Iterator<Item = PathBuf> {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
    }
    let is_socket = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "sock");
    let folder = sandbox.join("gan-tui");
    within(folder.clone()).chain(within(folder).flat_map(within)).find(is_socket)
}

impl Connection {
    /// Connects as soon as the run listens, and sends `greeting`.
    #[track_caller]
    pub fn open(sandbox: &Sandbox, greeting: &Value) -> Self {
        let mut stream = None;
        wait("a run that listens", || {
            stream = socket(sandbox).and_then(|path| UnixStream::connect(path).ok());
            stream.is_some()
        });
        let stream = stream.unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut connection = Self { reader: BufReader::new(stream), hello: Value::Null };
        connection.hello = connection.read().unwrap();
        connection.send(greeting);
        connection
    }

    #[track_caller]
    pub fn attach(sandbox: &Sandbox) -> Self {
        Self::open(sandbox, &json!({ "gan-tui": 1 }))
    }

    pub fn send(&mut self, value: &Value) {
        let _ = self.reader.get_mut().write_all(format!("{value}\n").as_bytes());
    }

    /// Returns the next line, or `None` if the run has closed the connection.
    pub fn read(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(serde_json::from_str(&line).unwrap()),
        }
    }

    /// Reads until a report of a kind arrives, and returns its content.
    #[track_caller]
    pub fn report(&mut self, kind: &str) -> Value {
        loop {
            let line = self.read().unwrap_or_else(|| panic!("closed before {kind}"));
            // A report without content is its name alone.
            if line["report"] == kind {
                return Value::Null;
            }
            if let Some(report) = line["report"].get(kind) {
                return report.clone();
            }
        }
    }

    /// Reads until the run refuses something, and returns the reason.
    #[track_caller]
    pub fn refusal(&mut self) -> String {
        loop {
            let line = self.read().expect("a refusal");
            if let Some(reason) = line["refused"].as_str() {
                return reason.into();
            }
        }
    }

    /// Stops the run and waits until it reports its end.
    #[track_caller]
    pub fn stop(mut self) {
        self.send(&json!("stop"));
        assert_eq!(self.report("ended"), json!("stopped"));
    }
}
