//! Finds the runs of this user that can be attached to on this machine.

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{
    Address, Connection, SocketError,
    address::{self, Folders},
    protocol::Hello,
};
use gan_tui_store::run;

/// A socket that was just created is listened at an instant later.
const JUST_CREATED: Duration = Duration::from_millis(50);

/// What was found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The runs whose processes answer, ordered by directory.
    pub runs: Vec<Hello>,
    /// Why some may be missing.
    pub problems: Vec<SocketError>,
}

/// Returns the process that answers for a run directory on this machine, if one does.
pub fn answering(dir: &Path) -> Option<u32> {
    let (hello, _) = Connection::reach(&Address::of(dir).ok()?).ok()?;
    Some(hello.process)
}

/// Returns the runs of this user that can be attached to on this machine. What a run left whose
/// process was killed here is removed.
pub fn discover() -> Discovery {
    let folders = Folders::of_this_process();
    let (to_search, problem) = folders.list();
    let mut found = Discovery { runs: Vec::new(), problems: problem.into_iter().collect() };
    let mut silent = Vec::new();
    for folder in to_search {
        match address::sockets_in(&folder) {
            Ok(sockets) => found.probe(sockets, &mut silent),
            Err(error) => found.problems.push(error),
        }
    }
    // Those of other machines never answer here.
    silent.retain(|socket| folders.own().iter().any(|own| socket.starts_with(own)));
    if !silent.is_empty() {
        thread::sleep(JUST_CREATED);
        let again = std::mem::take(&mut silent);
        found.probe(again, &mut silent);
        silent.into_iter().for_each(remove_abandoned);
    }
    found.runs.sort_by(|a, b| (&a.run, a.process).cmp(&(&b.run, b.process)));
    found.runs.dedup_by(|a, b| (&a.run, a.process) == (&b.run, b.process));
    found
}

impl Discovery {
    fn probe(&mut self, sockets: Vec<PathBuf>, silent: &mut Vec<PathBuf>) {
        for socket in sockets {
            match Connection::greet(&socket) {
                Ok((hello, _)) => self.runs.push(hello),
                Err(SocketError::Silent { .. }) => silent.push(socket),
                Err(_) => {}
            }
        }
    }
}

/// Removes a socket at which nobody listens, if it is certain that its run's process is gone: it
/// may be that of another machine with the same name.
fn remove_abandoned(socket: PathBuf) {
    if let Some(dir) = address::named_run(&socket) {
        run::while_abandoned(&dir, || address::remove(&socket));
    }
}
