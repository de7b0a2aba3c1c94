//! The last word of the program: one line on stderr where something went wrong, and the exit
//! status.

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Error};

use super::Cli;
use gan_tui_core::files;

/// How a command ended that did not fail: the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// Done.
    pub const DONE: Self = Self(0);
    /// Not all of it was good; why has been told already.
    pub const BAD: Self = Self(1);
}

/// The status of a command that ran; an error is told in one line, with its causes.
pub fn outcome(result: anyhow::Result<Exit>) -> ExitCode {
    match result {
        Ok(Exit(status)) => status.into(),
        // The reader of our output has seen enough, as `head` does; that is no failure.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// The status of a command line that cannot be run; help and version go to stdout.
pub fn usage(error: &Error) -> ExitCode {
    if !error.use_stderr() {
        // Help that nobody reads is no failure.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    tell(&in_one_line(error, &called(env::args_os().skip(1))));
    ExitCode::from(2)
}

/// Tells what went wrong. There is nobody to tell where stderr is gone.
pub fn tell(message: &str) {
    line("error", message);
}

/// Tells what is not as it should be but was worked around.
pub fn warn(message: &str) {
    line("warning", message);
}

/// Tells what has happened.
pub fn note(message: &str) {
    line("note", message);
}

fn line(kind: &str, message: &str) {
    let text = message
        .split(['\n', '\r'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let _ = writeln!(io::stderr(), "{kind}: {text}");
}

/// An error and its causes, but for those that a message before has told already.
fn chain(error: &anyhow::Error) -> String {
    let mut told = error.to_string();
    for cause in error.chain().skip(1) {
        let reason = files::reason_in(&cause.to_string());
        if !told.to_lowercase().contains(&reason.to_lowercase()) {
            told = format!("{told}: {reason}");
        }
    }
    told
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Clap's message without its paragraphs: what is wrong, what may have been meant, where to read
/// on.
fn in_one_line(error: &Error, command: &str) -> String {
    let text = error.to_string();
    let mut parts = Vec::new();
    for paragraph in text.split("\n\n") {
        let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.starts_with("Usage:") || line.is_empty() || line.starts_with("For more information")
        {
            continue;
        }
        let line = line.strip_prefix("error: ").unwrap_or(&line);
        parts.push(line.strip_prefix("tip: ").unwrap_or(line).to_owned());
    }
    parts.push(format!("see `{command} --help`"));
    parts.join("; ")
}

/// The command that the words call, such as `gan-tui train`.
fn called(words: impl Iterator<Item = OsString>) -> String {
    let mut command = Cli::command();
    let mut name = String::from("gan-tui");
    for word in words {
        let Some(found) = word.to_str().and_then(|word| command.find_subcommand(word)).cloned()
        else {
            continue;
        };
        name = format!("{name} {}", found.get_name());
        command = found;
    }
    name
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};
    use clap::Parser;

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(
            chain(&anyhow!(denied()).context("cannot write x.png")),
            "cannot write x.png: permission denied"
        );
        let told: Result<(), _> = Err(denied()).context("cannot write x.png: permission denied");
        assert_eq!(
            told.map_err(|error| chain(&error)),
            Err("cannot write x.png: permission denied".into())
        );
    }

    #[test]
    fn wrong_usage_is_one_line_that_says_where_to_read_on() {
        let name = |words: &[&str]| called(words.iter().skip(1).map(OsString::from));
        let line = |words: &[&str]| {
            Cli::try_parse_from(words)
                .map(|_| ())
                .map_err(|error| in_one_line(&error, &name(words)))
        };
        assert_eq!(
            line(&["gan-tui", "train", "--iteration", "5"]),
            Err("unexpected argument '--iteration' found; a similar argument exists: '--iterations'; see `gan-tui train --help`".into())
        );
        assert_eq!(
            line(&["gan-tui", "presets", "show"]),
            Err("the following required arguments were not provided: <PRESET>; see `gan-tui presets show --help`".into())
        );
        assert_eq!(
            line(&["gan-tui", "--batch", "0"]),
            Err("invalid value '0' for '--batch <N>': expected a whole number from 1 to 1024; see `gan-tui --help`".into())
        );
    }
}
