//! `data export`: images as NumPy arrays or one PNG sheet, labels as a NumPy array.

use std::{
    path::{Path, PathBuf},
    sync::PoisonError,
};

use anyhow::{Context, bail, ensure};
use rand::{SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;

use crate::{
    command::{
        bar,
        output::{grouped, print},
        signals,
    },
    dataset::{self, Dataset, SIDE, whole},
    image::{Grey, Stack},
    preset::Data,
};

/// More images than this make no sheet that a viewer opens.
const LARGEST_SHEET: usize = 10_000;

/// What to write, and where.
pub struct Request {
    pub data: String,
    pub count: Option<u64>,
    pub out: PathBuf,
    pub labels: Option<PathBuf>,
    pub seed: Option<u64>,
}

pub fn run(request: &Request) -> anyhow::Result<()> {
    let writing = signals::end_between_writes()?;
    let sheet = match ending(&request.out).as_deref() {
        Some("npy") => false,
        Some("png") => true,
        _ => bail!("{}: expected a name that ends in .npy or .png", request.out.display()),
    };
    if let Some(labels) = &request.labels {
        ensure!(ending(labels).as_deref() == Some("npy"), "{}: expected a name that ends in .npy", labels.display());
        ensure!(*labels != request.out, "{}: --out and --labels name the same file", labels.display());
    }
    let Ok(data) = request.data.parse::<Data>();
    let mut progress = bar::preparing();
    let dataset = dataset::load(&data, &mut progress)?;
    drop(progress);

    let chosen = choose(dataset.len(), request.count, request.seed)?;
    let labels: Option<Vec<u8>> = chosen.iter().map(|&index| dataset.label(index)).collect();
    let mut files = vec![(&request.out, images(&*dataset, &chosen, sheet)?)];
    if let Some(path) = &request.labels {
        let labels = labels.with_context(|| format!("--labels: {} has no labels", dataset.info().name))?;
        files.push((path, npy(&labels, &[labels.len()])));
    }
    let _held = writing.lock().unwrap_or_else(PoisonError::into_inner);
    for (path, content) in files {
        whole::write(path, &content).with_context(|| format!("{}", path.display()))?;
    }
    print(format!("{}: {} images of {}\n", request.out.display(), grouped(chosen.len()), dataset.info().name))
}

fn ending(path: &Path) -> Option<String> {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase())
}

/// The first `count`, or so many at random.
fn choose(there: usize, count: Option<u64>, seed: Option<u64>) -> anyhow::Result<Vec<usize>> {
    let count = count.map_or(there, |count| usize::try_from(count).unwrap_or(usize::MAX));
    ensure!(count <= there, "--count: expected at most {there}, as many as the dataset has, found {count}");
    Ok(match seed {
        Some(seed) => index::sample(&mut ChaCha8Rng::seed_from_u64(seed), there, count).into_vec(),
        None => (0..count).collect(),
    })
}

fn images(dataset: &dyn Dataset, chosen: &[usize], sheet: bool) -> anyhow::Result<Vec<u8>> {
    let mut pixels = Vec::with_capacity(chosen.len() * SIDE * SIDE);
    if !sheet {
        chosen.iter().for_each(|&index| pixels.extend_from_slice(dataset.image(index)));
        return Ok(npy(&pixels, &[chosen.len(), SIDE, SIDE]));
    }
    let count = chosen.len();
    ensure!(count <= LARGEST_SHEET, "--count: expected at most {LARGEST_SHEET} for a sheet, found {count}; a .npy takes all");
    chosen.iter().for_each(|&index| pixels.extend_from_slice(dataset.image(index)));
    let columns = (1..).find(|side| side * side >= count).unwrap_or(1);
    png(&Stack::new(SIDE, SIDE, pixels).grid(columns)).context("cannot encode the sheet")
}

/// NumPy's format, version 1.0, of unsigned bytes.
fn npy(bytes: &[u8], shape: &[usize]) -> Vec<u8> {
    let shape: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({}), }}", shape.trim_end());
    // Magic, version and length are 10 bytes; with them the header ends in a line feed at a multiple of 64.
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut out = Vec::with_capacity(10 + length + bytes.len());
    out.extend_from_slice(b"\x93NUMPY\x01\x00");
    out.extend_from_slice(&(length as u16).to_le_bytes());
    out.extend_from_slice(format!("{header:<0$}\n", length - 1).as_bytes());
    out.extend_from_slice(bytes);
    out
}

fn png(picture: &Grey) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, picture.width as u32, picture.height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&picture.pixels)?;
    Ok(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_as_numpy_writes_it() {
        let array = npy(&[7; 6], &[1, 2, 3]);
        assert_eq!(array.len(), 128 + 6);
        assert!(array.starts_with(b"\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 3,), }  "));
        assert_eq!(array[127], b'\n');
        assert!(String::from_utf8_lossy(&npy(&[1], &[1])).contains("'shape': (1,), }"));
    }

    #[test]
    fn images_are_chosen_in_order_or_by_seed_and_none_twice() {
        assert_eq!(choose(9, Some(3), None).unwrap(), [0, 1, 2]);
        assert_eq!(choose(4, None, None).unwrap(), [0, 1, 2, 3]);
        let mut some = choose(50, Some(50), Some(4)).unwrap();
        assert_ne!(some, (0..50).collect::<Vec<_>>());
        assert_eq!(some, choose(50, Some(50), Some(4)).unwrap());
        some.sort_unstable();
        assert_eq!(some, (0..50).collect::<Vec<_>>());
        assert_eq!(choose(9, Some(10), None).unwrap_err().to_string(), "--count: expected at most 9, as many as the dataset has, found 10");
    }
}
