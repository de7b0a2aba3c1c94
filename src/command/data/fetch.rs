//! `data fetch`: downloads a published dataset and shows the progress.

use std::{io::Write, path::PathBuf, time::Duration};

use anyhow::Context;
use indicatif::ProgressBar;

use crate::cli::{
    bar::{self, Bar},
    output::{print, size},
};
use crate::session::signals;
use gan_tui_core::{
    dataset::KnownDataset,
    text::{quoted, shown},
    waiting,
};
use gan_tui_data::{
    fetch::{Fetch, FetchEvent},
    places,
};

/// Between two attempts at one mirror.
const PAUSE: Duration = Duration::from_secs(1);

pub fn run(
    name: &str,
    mirrors: Vec<String>,
    to: Option<PathBuf>,
    timeout: u64,
    quiet: bool,
) -> anyhow::Result<()> {
    let set = KnownDataset::named(name).with_context(|| format!("{name}: no such dataset"))?;
    let place = || places::user_folder().map(|folder| folder.join(name));
    let elsewhere = to.is_some();
    let to = to
        .or_else(place)
        .context("no home folder is known: say where to put the files with --to DIR")?;
    let mirrors = if mirrors.is_empty() {
        set.mirrors.iter().map(|&mirror| mirror.into()).collect()
    } else {
        mirrors
    };
    let patience = Duration::from_secs(timeout);
    let fetch = Fetch {
        set,
        mirrors,
        to: to.clone(),
        patience,
        pause: PAUSE,
        writing: signals::end_between_writes()?,
    };

    if quiet {
        return Ok(fetch.run(&mut |_| {})?);
    }
    let bar = Bar(ProgressBar::new(0));
    bar.0.set_style(bar::style("{msg:<28}  {wide_bar}  {bytes} of {total_bytes}  {bytes_per_sec}"));
    bar.0.enable_steady_tick(bar::TICK);
    fetch.run(&mut |step| show(&bar.0, step))?;
    drop(bar);
    let data = if elsewhere { quoted(&to) } else { name.to_owned() };
    print(format!("{name} is in {}; train on it with --data {data}\n", shown(&to)))
}

fn show(bar: &ProgressBar, step: FetchEvent) {
    let line = match step {
        FetchEvent::Arrived { file, bytes, of } => {
            if bar.message() != file {
                bar.reset();
                bar.set_message(file);
            }
            bar.set_length(of);
            bar.set_position(bytes);
            return;
        }
        FetchEvent::Kept { file } => format!("{file}: here already"),
        FetchEvent::Trouble { url, reason } => format!("{url}: {reason}; trying the next mirror"),
        FetchEvent::Installed { file, bytes } => format!("{file}: {}, checked", size(bytes)),
    };
    // If stderr is closed, the download continues.
    bar.suspend(|| {
        let _ = writeln!(waiting::stderr(), "{line}");
    });
}
