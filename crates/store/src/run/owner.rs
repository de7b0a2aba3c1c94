//! The process that holds the lock of a run directory.

use std::fmt;

/// This machine's name.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// A process that holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owner {
    /// Its id, where that is known.
    pub process: Option<u32>,
    /// The machine it runs on, where that is known.
    pub host: Option<String>,
    /// Whether it is known to run on this machine, whatever the name.
    pub(super) is_here: bool,
}

impl Owner {
    /// Whether it runs on another machine than this one, as far as that is known.
    pub fn is_elsewhere(&self) -> bool {
        !self.is_here && self.host.as_ref().is_some_and(|name| *name != host())
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(f, "process {process}")?,
            None => f.write_str("another process")?,
        }
        match &self.host {
            Some(host) if self.is_elsewhere() => write!(f, " on {host}"),
            _ => Ok(()),
        }
    }
}
