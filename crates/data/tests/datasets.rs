//! Datasets in folders of files, loaded as a preset or `--data` names them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::{fs, path::Path};

use gan_tui_core::{
    image::ImageShape,
    preset::{Data, HeldBack, Reading},
};
use gan_tui_data::{DataError, Dataset, DatasetRequest, PIXELS, synthetic};
use gan_tui_testing::{idx, need, needs};
use tempfile::TempDir;

fn load(folder: &Path) -> Result<std::sync::Arc<dyn Dataset>, DataError> {
    gan_tui_data::load(&DatasetRequest::grey(Data::Folder(folder.into())), &mut |_| {})
}

/// The error of a folder, without its path.
fn error_of(folder: &Path) -> String {
    let error = load(folder).map(|dataset| dataset.info()).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error.replace(&folder.display().to_string(), "DIR")
}

fn images(count: u32, shade: u8) -> Vec<u8> {
    idx::images(count, 28, 28, &vec![shade; count as usize * PIXELS])
}

fn png(path: &Path, side: u32, shade: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(&vec![shade; (side * side) as usize]).unwrap();
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
    assert_eq!(*dataset.image(2), [9; PIXELS]);
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
fn a_folder_that_is_no_dataset_is_refused_with_what_was_expected() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    assert_eq!(
        error_of(&here.join("none")).replace("/none", ""),
        "DIR: no such folder; expected auto, synthetic, faces, mnist, fashion-mnist, kmnist, or a \
         folder, an archive or a NumPy file with images"
    );
    assert_eq!(
        error_of(here),
        "DIR: expected images (PNG, JPEG, WebP, BMP, GIF), or a zip, tar, npz or npy of images, or \
         train-images-idx3-ubyte, train-images-idx3-ubyte.gz, found no files"
    );
    fs::write(here.join("file"), "").unwrap();
    assert_eq!(
        error_of(&here.join("file")),
        "DIR: expected an archive (zip, tar, npz, npy) or a folder, found a file of another kind; for \
         a picture or an IDX file, name its folder"
    );
    fs::write(here.join("train-images-idx3-ubyte"), &images(2, 0)[..100]).unwrap();
    assert_eq!(
        error_of(here),
        "DIR/train-images-idx3-ubyte: length: expected 1584 bytes, as its header says, found 100 \
         bytes"
    );
    fs::write(here.join("train-images-idx3-ubyte"), images(2, 0)).unwrap();
    fs::write(here.join("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 1, 99]).unwrap();
    let dataset = load(here).unwrap();
    assert_eq!((dataset.label(1), dataset.classes().len()), (Some(99), 100));
}

#[test]
fn the_embedded_digits_need_no_files() {
    let request = DatasetRequest::grey(Data::Synthetic);
    let mut reports = 0;
    let dataset = gan_tui_data::load(&request, &mut |_| reports += 1).unwrap();
    assert_eq!((dataset.info().name.as_str(), dataset.len()), ("synthetic", synthetic::COUNT));
    assert_eq!(reports, 0, "each is drawn when it is asked for");
    assert_eq!(dataset.label(59_999), Some(9));
    let reading = Reading { held_back: HeldBack::Images(100), ..Reading::default() };
    let dataset =
        gan_tui_data::load(&DatasetRequest { reading, ..request }, &mut |_| reports += 1).unwrap();
    assert!(reports > 10, "drawing all of them reports its progress");
    assert_eq!((dataset.len(), dataset.held_back().unwrap().len()), (59_900, 100));
}

#[test]
fn mnist_is_known_by_its_content() {
    let folder = need!(needs::mnist());
    let dataset = load(&folder).unwrap();
    assert_eq!(
        (dataset.info().name.as_str(), dataset.len(), dataset.label(0)),
        ("mnist", 60_000, Some(5))
    );
}

#[test]
fn colour_is_asked_of_the_embedded_faces_where_nothing_is_named() {
    let load = |data, shape| {
        gan_tui_data::load(
            &DatasetRequest { data, shape, reading: Reading::default() },
            &mut |_| {},
        )
    };
    let faces = load(Data::Auto, ImageShape::rgb(16, 16)).unwrap();
    assert_eq!((faces.info().name.as_str(), faces.image(5).len()), ("faces", 16 * 16 * 3));
    assert_eq!(faces.info().classes[5], "headphones");
    let grey = load(Data::Faces, ImageShape::grey(10, 10)).unwrap();
    assert_eq!((grey.len(), grey.image(5).len()), (faces.len(), 100));
    assert_eq!(faces.held_back().map(|faces| faces.len()), Some(5_000));
}
