//! Finds the runs of this user that can be attached to on this machine.

use std::{fs, io, thread, time::Duration};

use super::{Address, Connection, SocketError, address::folder, protocol::Hello};
use gan_tui_core::files;

/// A run whose process answers at its socket.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveRun {
    pub hello: Hello,
    pub address: Address,
}

/// Returns the runs of this user that can be attached to on this machine, ordered by directory;
/// sockets at which nobody listens any more are removed.
///
/// # Errors
/// Returns an error if the folder of sockets exists and cannot be read.
pub fn discover() -> Result<Vec<LiveRun>, SocketError> {
    let Ok(folder) = folder() else { return Ok(Vec::new()) };
    let entries =
        files::entries(&folder).map_err(SocketError::io("read", &folder))?.unwrap_or_default();
    let sockets = entries
        .iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "sock"));
    let mut runs: Vec<LiveRun> = sockets.filter_map(|socket| probe(Address { socket })).collect();
    runs.sort_by(|a, b| a.hello.run.cmp(&b.hello.run));
    Ok(runs)
}

fn probe(address: Address) -> Option<LiveRun> {
    for patience in [Duration::from_millis(50), Duration::ZERO] {
        match Connection::greet(&address) {
            Ok((hello, _)) => return Some(LiveRun { hello, address }),
            // A socket that was just created is listened at an instant later.
            Err(SocketError::Silent { .. }) => thread::sleep(patience),
            Err(_) => return None,
        }
    }
    // Another process may have removed it meanwhile.
    let _: io::Result<()> = fs::remove_file(&address.socket);
    None
}
