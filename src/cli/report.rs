//! Errors, warnings and notes, a line each on stderr, and the exit status.

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Error};

use super::Cli;
use gan_tui_core::{files, preset::PresetError, text::escaped, waiting};

/// The exit status of a command that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// Success.
    pub const DONE: Self = Self(0);
    /// Not everything was good; the reasons have been printed.
    pub const BAD: Self = Self(1);
}

/// A command line that cannot be carried out, as is only seen with what it names: status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Returns the exit status of a command that ran; prints its error in one line, with the causes.
pub fn outcome(result: anyhow::Result<Exit>) -> ExitCode {
    match result {
        Ok(Exit(status)) => status.into(),
        // The reader of our output has closed it, as `head` does; that is not a failure.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            self::error(&chain(&error));
            if is_usage(&error) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Returns the exit status of a command line that cannot be run, and prints why; help and version
/// go to stdout.
pub fn usage(error: &Error) -> ExitCode {
    if !error.use_stderr() {
        // Help that nobody reads is not a failure.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    self::error(&in_one_line(error, &called(env::args_os().skip(1))));
    ExitCode::from(2)
}

/// Prints an error to stderr; if stderr is gone, nobody can read it.
pub fn error(message: &str) {
    print_line("error", message);
}

/// Prints a warning to stderr: something that was worked around.
pub fn warn(message: &str) {
    print_line("warning", message);
}

/// Prints a note to stderr.
pub fn note(message: &str) {
    print_line("note", message);
}

fn print_line(kind: &str, message: &str) {
    let text = message
        .split(['\n', '\r'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    // Whatever a file or an argument has brought in must not reach a terminal as it is.
    let _ = writeln!(waiting::stderr(), "{kind}: {}", escaped(&text));
}

/// Returns an error and its causes, without those that a message before contains already.
pub fn chain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let reason = files::reason_in(&cause.to_string());
        if !text.to_lowercase().contains(&reason.to_lowercase()) {
            text = format!("{text}: {reason}");
        }
    }
    text
}

/// Whether the command line itself is wrong.
fn is_usage(error: &anyhow::Error) -> bool {
    let is_setting = |error: &PresetError| matches!(error, PresetError::Setting { .. });
    error.is::<Usage>() || error.downcast_ref().is_some_and(is_setting)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Returns clap's message in one line: what is wrong, what may have been meant, and which help to
/// read.
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

/// Returns the command that the arguments call, such as `gan-tui train`.
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
            Err("unexpected argument '--iteration' found; a similar argument exists: \
            '--iterations'; see `gan-tui train --help`"
                .into())
        );
        assert_eq!(
            line(&["gan-tui", "presets", "show"]),
            Err("the following required arguments were not provided: <PRESET>; see `gan-tui \
            presets show --help`"
                .into())
        );
        assert_eq!(
            line(&["gan-tui", "--batch", "0"]),
            Err(
                "invalid value '0' for '--batch <N>': expected a whole number from 1 to 1024; see \
            `gan-tui --help`"
                    .into()
            )
        );
    }
}
