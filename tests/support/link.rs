//! The protocol, spoken by hand.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
};

use serde_json::{Value, json};

use super::{PATIENCE, Place, wait};

pub struct Link {
    reader: BufReader<UnixStream>,
    /// The run's first words.
    pub hello: Value,
}

/// The only socket of a place.
pub fn socket(place: &Place) -> Option<PathBuf> {
    let machines = fs::read_dir(place.join("gan-tui")).into_iter().flatten().flatten();
    let files =
        machines.flat_map(|machine| fs::read_dir(machine.path()).into_iter().flatten().flatten());
    files
        .map(|file| file.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "sock"))
}

impl Link {
    /// Connects to the only run of a place, once it listens.
    #[track_caller]
    pub fn open(place: &Place, greeting: &Value) -> Self {
        let mut stream = None;
        wait("a run that listens", || {
            stream = socket(place).and_then(|path| UnixStream::connect(path).ok());
            stream.is_some()
        });
        let stream = stream.unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut link = Self { reader: BufReader::new(stream), hello: Value::Null };
        link.hello = link.next().unwrap();
        link.send(greeting);
        link
    }

    #[track_caller]
    pub fn attach(place: &Place) -> Self {
        Self::open(place, &json!({ "gan-tui": 1 }))
    }

    pub fn send(&mut self, value: &Value) {
        let _ = self.reader.get_mut().write_all(format!("{value}\n").as_bytes());
    }

    /// The next line; `None` where the run has hung up.
    pub fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(serde_json::from_str(&line).unwrap()),
        }
    }

    /// Reads on until a report of that kind comes; what it says.
    #[track_caller]
    pub fn report(&mut self, kind: &str) -> Value {
        loop {
            let line = self.next().unwrap_or_else(|| panic!("hung up before {kind}"));
            // One without anything to tell is its name alone.
            if line["report"] == kind {
                return Value::Null;
            }
            if let Some(report) = line["report"].get(kind) {
                return report.clone();
            }
        }
    }

    /// Reads on until the run refuses something; why.
    #[track_caller]
    pub fn refusal(&mut self) -> String {
        loop {
            let line = self.next().expect("a refusal");
            if let Some(reason) = line["refused"].as_str() {
                return reason.into();
            }
        }
    }

    /// Ends the run and waits until it has said so.
    #[track_caller]
    pub fn stop(mut self) {
        self.send(&json!("stop"));
        assert_eq!(self.report("ended"), json!("stopped"));
    }
}
