//! The study of docs/study.md in short: two seconds for every row of a minute's, one seed, the
//! embedded digits. It shows that the study works, not what it finds.
//!
//! `cargo bench --bench study`

use std::{io::ErrorKind, process::Command};

#[allow(clippy::print_stderr)] // What is skipped is said.
fn main() -> Result<(), String> {
    let kept = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let study = Command::new("python3")
        .args([
            concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/study.py"),
            "--program",
            env!("CARGO_BIN_EXE_gan-tui"),
        ])
        .args([
            "--data",
            "synthetic",
            "--seconds",
            "2",
            "--seeds",
            "1",
            "--rounds",
            "1",
            "--timed",
            "8",
        ])
        .arg("--keep")
        .arg(kept.path())
        .status();
    match study {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the study ended with {status}")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: there is no python3, which the study's script needs");
            Ok(())
        }
        Err(error) => Err(format!("cannot start python3: {error}")),
    }
}
