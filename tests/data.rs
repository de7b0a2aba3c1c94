//! Datasets as a person brings them: folders of files, loaded by what a preset or `--data` says,
//! and taken elsewhere by `data export`.
#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

use clap::Parser;
use gan_tui::{cli::DataCommand, command::data::run};
use gan_tui_core::preset::Data;
use gan_tui_engine::dataset::{self, DataError, Dataset, PIXELS, synthetic};
use tempfile::TempDir;

fn load(folder: &Path) -> Result<std::sync::Arc<dyn Dataset>, DataError> {
    dataset::load(&Data::Folder(folder.into()), &mut |_| {})
}

/// The error of a folder, without its path.
fn error_of(folder: &Path) -> String {
    let error = load(folder).map(|dataset| dataset.info()).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error.replace(&folder.display().to_string(), "DIR")
}

fn images(count: u32, shade: u8) -> Vec<u8> {
    let header = [0x803, count, 28, 28].map(u32::to_be_bytes).concat();
    [header, vec![shade; count as usize * PIXELS]].concat()
}

fn png(path: &Path, side: u32, shade: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(&vec![shade; (side * side) as usize]).unwrap();
}

/// Runs `data ...` as the command line does.
fn data(arguments: &[&str]) -> Result<(), String> {
    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: DataCommand,
    }
    let line = Line::try_parse_from(["data"].iter().chain(arguments))
        .map_err(|error| error.to_string())?;
    run(line.command).map_err(|error| format!("{error:#}"))
}

#[test]
fn a_folder_of_idx_files_is_named_after_itself_where_its_content_is_unknown() {
    let folder = TempDir::new().unwrap();
    let mine = folder.path().join("my-letters");
    fs::create_dir(&mine).unwrap();
    fs::write(mine.join("train-images-idx3-ubyte"), images(3, 9)).unwrap();
    let dataset = load(&mine).unwrap();
    let info = dataset.info();
    assert_eq!((info.name.as_str(), info.count, dataset.label(2)), ("my-letters", 3, None));
    assert_eq!(dataset.image(2), [9; PIXELS]);
    assert_eq!(info.sha256, "75bf88924673e915fc2961d6a95bfc4621e0b13a41ae4a8c5add4d080bcfa31b");
}

#[test]
fn a_folder_of_images_with_sub_folders_has_labels() {
    let folder = TempDir::new().unwrap();
    png(&folder.path().join("cats/a.png"), 56, 200);
    png(&folder.path().join("dogs/b.png"), 28, 10);
    png(&folder.path().join("dogs/c.png"), 28, 20);
    let dataset = load(folder.path()).unwrap();
    assert_eq!(
        (0..3).map(|index| dataset.label(index)).collect::<Vec<_>>(),
        [Some(0), Some(1), Some(1)]
    );
    assert_eq!(
        [0, 1, 2].map(|index| dataset.image(index)[400]),
        [200, 10, 20],
        "most are dark, so none is inverted"
    );
}

#[test]
fn a_folder_that_is_no_dataset_is_told_with_what_was_expected() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    assert_eq!(
        error_of(&here.join("none")).replace("/none", ""),
        "DIR: no such folder; expected auto, synthetic, mnist, fashion-mnist, kmnist, or a folder of IDX files or PNG images"
    );
    assert_eq!(
        error_of(here),
        "DIR: expected train-images-idx3-ubyte, train-images-idx3-ubyte.gz or PNG images, found no files"
    );
    fs::write(here.join("file"), "").unwrap();
    assert_eq!(error_of(&here.join("file")), "DIR: is a file; expected the folder that holds it");
    fs::write(here.join("train-images-idx3-ubyte"), &images(2, 0)[..100]).unwrap();
    assert_eq!(
        error_of(here),
        "DIR/train-images-idx3-ubyte: length: expected 1584 bytes, as its header says, found 100 bytes"
    );
    fs::write(here.join("train-images-idx3-ubyte"), images(2, 0)).unwrap();
    fs::write(here.join("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 1, 99]).unwrap();
    assert_eq!(
        error_of(here),
        "DIR/train-labels-idx1-ubyte: label: expected 0 to 9, found 99 at place 1"
    );
}

#[test]
fn images_and_labels_are_exported_as_arrays_and_sheets() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    png(&folder.path().join("set/4/a.png"), 28, 10);
    png(&folder.path().join("set/7/b.png"), 28, 20);
    let (set, out, labels) = (path("set"), path("x.npy"), path("y.npy"));
    data(&["export", "--data", &set, "--out", &out, "--labels", &labels]).unwrap();
    let written = fs::read(&out).unwrap();
    assert!(String::from_utf8_lossy(&written[..128]).contains("'shape': (2, 28, 28)"));
    assert_eq!(written[128..], [[10; PIXELS], [20; PIXELS]].concat());
    assert_eq!(fs::read(&labels).unwrap()[128..], [4, 7]);
    let sheet = path("sheet.png");
    data(&["export", "--data", &set, "--count", "2", "--out", &sheet]).unwrap();
    let reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(&sheet).unwrap()))
        .read_info()
        .unwrap();
    assert_eq!((reader.info().width, reader.info().height), (56, 28));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "no temporary file stays");
}

#[test]
fn an_export_that_cannot_be_is_refused_in_one_line() {
    let folder = TempDir::new().unwrap();
    png(&folder.path().join("set/a.png"), 28, 10);
    let (set, here) =
        (folder.path().join("set").display().to_string(), folder.path().display().to_string());
    let error = |arguments: &[&str]| {
        let all = [&["export", "--data", &set], arguments].concat();
        data(&all).unwrap_err().replace(&here, "DIR")
    };
    assert_eq!(error(&["--out", "x.jpg"]), "x.jpg: expected a name that ends in .npy or .png");
    let (x, y) = (format!("{here}/x.npy"), format!("{here}/y.npy"));
    assert_eq!(error(&["--out", &x, "--labels", &y]), "--labels: set has no labels");
    assert_eq!(
        error(&["--out", &x, "--labels", &x]),
        "DIR/x.npy: --out and --labels name the same file"
    );
    assert_eq!(
        error(&["--out", &x, "--labels", "y.txt"]),
        "y.txt: expected a name that ends in .npy"
    );
    assert_eq!(
        error(&["--out", &x, "--count", "2"]),
        "--count: expected at most 1, as many as the dataset has, found 2"
    );
    assert!(
        error(&["--out", &format!("{here}/no/x.npy")])
            .starts_with("cannot write DIR/no/x.npy: no such folder")
    );
    assert!(error(&["--out", &x, "--count", "0"]).contains("expected a whole number from 1 to "));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
}

#[test]
fn the_embedded_digits_need_no_files() {
    let mut told = 0;
    let dataset = dataset::load(&Data::Synthetic, &mut |_| told += 1).unwrap();
    assert_eq!((dataset.info().name.as_str(), dataset.len()), ("synthetic", synthetic::COUNT));
    assert!(told > 10, "drawing tells how far it is");
    assert_eq!(dataset.label(59_999), Some(9));
}

/// The real thing, where `GAN_TUI_MNIST` names its folder.
#[test]
fn mnist_is_known_by_its_content() {
    let Some(folder) = std::env::var_os("GAN_TUI_MNIST") else {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: GAN_TUI_MNIST names no folder with MNIST");
        }
        return;
    };
    let dataset = load(Path::new(&folder)).unwrap();
    assert_eq!(
        (dataset.info().name.as_str(), dataset.len(), dataset.label(0)),
        ("mnist", 60_000, Some(5))
    );
}
