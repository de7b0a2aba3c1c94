//! `gan-tui man`: the manual pages.

use gan_tui_core::text::shown;
use std::{fs, path::Path};

use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::Man;

use crate::cli::{Cli, output::print, report::Exit};

/// Writes the program's page to stdout, or a page for each command into a folder.
///
/// # Errors
/// Returns an error if standard output or the folder cannot be written.
pub fn run(dir: Option<&Path>) -> anyhow::Result<Exit> {
    let command = Cli::command();
    let Some(dir) = dir else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        print(page)?;
        return Ok(Exit::DONE);
    };
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", shown(dir)))?;
    clap_mangen::generate_to(command, dir)
        .with_context(|| format!("cannot write manual pages to {}", shown(dir)))?;
    Ok(Exit::DONE)
}
