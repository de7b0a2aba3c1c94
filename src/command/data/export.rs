//! `data export`: images as NumPy arrays or one PNG sheet, labels as a NumPy array.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use rand::{SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;

use crate::cli::{
    DatasetOptions, bar,
    output::{can_write, grouped, print_written},
    plan,
};
use crate::session::{samples::square_columns, signals};
use gan_tui_core::{
    image::png,
    preset::HeldBack,
    text::{escaped, shown},
};
use gan_tui_data::Dataset;
use gan_tui_store::export::npy;

/// More images than this make no sheet that a viewer opens.
const LARGEST_SHEET: usize = 10_000;

/// What to write, and where.
pub struct Request {
    pub data: String,
    pub options: DatasetOptions,
    pub count: Option<u64>,
    pub out: PathBuf,
    pub labels: Option<PathBuf>,
    pub seed: Option<u64>,
    /// Say nothing but errors.
    pub quiet: bool,
}

pub fn run(request: &Request) -> anyhow::Result<()> {
    let writing = signals::end_between_writes()?;
    let sheet = match ending(&request.out).as_deref() {
        Some("npy") => false,
        Some("png") => true,
        _ => bail!("{}: expected the file extension .npy or .png", shown(&request.out)),
    };
    if let Some(labels) = &request.labels {
        ensure!(
            ending(labels).as_deref() == Some("npy"),
            "{}: expected the file extension .npy",
            shown(labels)
        );
        ensure!(*labels != request.out, "{}: --out and --labels name the same file", shown(labels));
    }
    can_write(&request.out)?;
    request.labels.as_deref().map_or(Ok(()), can_write)?;
    let data = plan::dataset(&request.data)?;
    let mut progress = bar::preparing();
    // All images are written, unless some are to be held back.
    let mut wanted = request.options.request(data)?;
    if wanted.reading.held_back == HeldBack::Auto {
        wanted.reading.held_back = HeldBack::Images(0);
    }
    let dataset = gan_tui_data::load(&wanted, &mut progress)?;
    drop(progress);

    let chosen = choose(dataset.len(), request.count, request.seed)?;
    let images = images(&*dataset, &chosen, sheet)?;
    let labels = request.labels.is_some().then(|| labels(&*dataset, &chosen)).transpose()?;
    let mut files: Vec<(&Path, &[u8])> = vec![(&request.out, &images)];
    if let (Some(path), Some(labels)) = (&request.labels, &labels) {
        files.push((path, labels));
    }
    signals::write_uninterrupted(&writing, &files)?;
    if request.quiet {
        return Ok(());
    }
    let written = format!(
        "{}: {} images of {}\n",
        shown(&request.out),
        grouped(chosen.len()),
        escaped(&dataset.info().name)
    );
    print_written(&request.out, written)
}

fn ending(path: &Path) -> Option<String> {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase())
}

/// The first `count`, or so many at random.
fn choose(there: usize, count: Option<u64>, seed: Option<u64>) -> anyhow::Result<Vec<usize>> {
    let count = count.map_or(there, |count| usize::try_from(count).unwrap_or(usize::MAX));
    ensure!(
        count <= there,
        "--count: expected at most {there}, as many as the dataset has, found {count}"
    );
    Ok(match seed {
        Some(seed) => index::sample(&mut ChaCha8Rng::seed_from_u64(seed), there, count).into_vec(),
        None => (0..count).collect(),
    })
}

/// The labels as a NumPy array.
fn labels(dataset: &dyn Dataset, chosen: &[usize]) -> anyhow::Result<Vec<u8>> {
    let labels: Option<Vec<u8>> = chosen.iter().map(|&index| dataset.label(index)).collect();
    let labels = labels
        .with_context(|| format!("--labels: {} has no labels", escaped(&dataset.info().name)))?;
    Ok(npy::write_labels(&labels))
}

fn images(dataset: &dyn Dataset, chosen: &[usize], sheet: bool) -> anyhow::Result<Vec<u8>> {
    let count = chosen.len();
    ensure!(
        !sheet || count <= LARGEST_SHEET,
        "--count: expected at most {LARGEST_SHEET} for a sheet, found {count}; a .npy takes all"
    );
    let stack = dataset.images(&mut chosen.iter().copied());
    if !sheet {
        return Ok(npy::write_images(&stack));
    }
    png::encode(&stack.grid(square_columns(count))).context("cannot encode the sheet")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn images_are_chosen_in_order_or_by_seed_and_none_twice() {
        assert_eq!(choose(9, Some(3), None).unwrap(), [0, 1, 2]);
        assert_eq!(choose(4, None, None).unwrap(), [0, 1, 2, 3]);
        let mut some = choose(50, Some(50), Some(4)).unwrap();
        assert_ne!(some, (0..50).collect::<Vec<_>>());
        assert_eq!(some, choose(50, Some(50), Some(4)).unwrap());
        some.sort_unstable();
        assert_eq!(some, (0..50).collect::<Vec<_>>());
        assert_eq!(
            choose(9, Some(10), None).unwrap_err().to_string(),
            "--count: expected at most 9, as many as the dataset has, found 10"
        );
    }
}
