//! Whether this process may use the terminal that it was started from.

use std::{
    io::{IsTerminal, stderr, stdin, stdout},
    os::fd::{AsFd, BorrowedFd},
};

use rustix::{process::getpgrp, termios::tcgetpgrp};

/// Returns whether this process is in the foreground of its terminal: only then may it change the
/// terminal and read from it. `gan-tui &` is not, nor what `timeout` starts in a script. A terminal
/// that does not control this process, or does not tell, has no background.
pub fn is_foreground() -> bool {
    fn in_group(fd: BorrowedFd<'_>) -> Option<bool> {
        fd.is_terminal().then(|| tcgetpgrp(fd).map_or(true, |group| group == getpgrp()))
    }
    let (input, output, errors) = (stdin(), stdout(), stderr());
    let told = [input.as_fd(), output.as_fd(), errors.as_fd()].into_iter().find_map(in_group);
    told.unwrap_or(true)
}
