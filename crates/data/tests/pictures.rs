//! Pictures of every kind, in folders and archives as people have them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::{
    fs::{self, File},
    io::{Cursor, Write as _},
    path::Path,
    sync::Arc,
};

use gan_tui_core::{
    image::ImageShape,
    preset::{Data, Fit, HeldBack, Invert, MNIST_SHAPE, Reading},
};
use gan_tui_data::{DataError, Dataset, DatasetRequest};
use gan_tui_testing::idx;
use image::{DynamicImage, ImageFormat};
use tempfile::TempDir;

const SHAPE: ImageShape = ImageShape::rgb(8, 8);

fn request(path: &Path, shape: ImageShape) -> DatasetRequest {
    DatasetRequest { data: Data::Folder(path.into()), shape, reading: Reading::default() }
}

fn load(request: &DatasetRequest) -> Result<Arc<dyn Dataset>, DataError> {
    gan_tui_data::load(request, &mut |_| {})
}

fn loaded(path: &Path) -> Arc<dyn Dataset> {
    load(&request(path, SHAPE)).unwrap()
}

/// The error of a path, without the path.
fn error_of(path: &Path) -> String {
    let error = load(&request(path, SHAPE)).map(|dataset| dataset.info()).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error.replace(&path.display().to_string(), "PATH")
}

/// A picture of one colour with a mark, so that every one has a hash of its own.
fn picture(id: u8, format: ImageFormat) -> Vec<u8> {
    let pixel =
        |x: u32, y: u32| image::Rgb(if (x, y) == (3, 4) { [255; 3] } else { [id, 90, 200] });
    let picture = DynamicImage::ImageRgb8(image::RgbImage::from_fn(8, 8, pixel));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn png(id: u8) -> Vec<u8> {
    picture(id, ImageFormat::Png)
}

fn encoded(picture: DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A folder with these files.
fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    files.iter().for_each(|(name, bytes)| write(&folder.path().join("set").join(name), bytes));
    folder
}

fn zip(path: &Path, files: &[(&str, Vec<u8>)]) {
    let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        // Written here, for the builder refuses names that lead out of the archive.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A NumPy array of bytes that are the values of this type.
fn npy(descr: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut array = b"\x93NUMPY\x01\x00".to_vec();
    array.extend((text.len() as u16).to_le_bytes());
    array.extend(text.as_bytes());
    array.extend(bytes);
    array
}

#[test]
fn a_folder_a_zip_and_tars_of_the_same_pictures_are_the_same_dataset() {
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("dogs/b.png", png(1)),
        ("cats/z.png", png(2)),
        ("cats/deep/a.png", png(3)),
        ("cats-and-dogs/a.png", png(4)),
        ("readme.txt", b"about".to_vec()),
    ];
    let folder = folder(&files);
    let dataset = loaded(&folder.path().join("set"));
    assert_eq!(dataset.classes(), ["cats", "cats-and-dogs", "dogs"]);
    assert_eq!((0..4).map(|index| dataset.label(index).unwrap()).collect::<Vec<_>>(), [0, 0, 1, 2]);
    assert_eq!([0, 1, 2, 3].map(|index| dataset.image(index)[0]), [3, 2, 4, 1]);
    assert_eq!(dataset.report().skipped_summary(), ["passed over: 1 other files (1 .txt)"]);

    zip(&folder.path().join("set.zip"), &files);
    write(&folder.path().join("set.tar"), tar(&files));
    write(&folder.path().join("set.tar.gz"), gzip(&tar(&files)));
    for name in ["set.zip", "set.tar", "set.tar.gz"] {
        let packed = loaded(&folder.path().join(name));
        assert_eq!(packed.info(), dataset.info(), "{name}");
        assert_eq!(packed.report().others, dataset.report().others, "{name}");
        let labels =
            |dataset: &dyn Dataset| (0..4).map(|index| dataset.label(index)).collect::<Vec<_>>();
        assert_eq!(labels(&*packed), labels(&*dataset), "{name}");
    }
}

#[test]
fn pictures_of_every_kind_are_read_whatever_their_name() {
    let kinds = [
        ("a.png", ImageFormat::Png, 0),
        ("b.JPG", ImageFormat::Jpeg, 12),
        ("c.webp", ImageFormat::WebP, 0),
        ("d.bmp", ImageFormat::Bmp, 0),
        ("e.gif", ImageFormat::Gif, 6),
        ("f.png", ImageFormat::Bmp, 0),
    ];
    let files: Vec<(&str, Vec<u8>)> =
        kinds.iter().map(|&(name, format, _)| (name, picture(40, format))).collect();
    let folder = folder(&files);
    let dataset = loaded(&folder.path().join("set"));
    assert_eq!((dataset.len(), dataset.label(0)), (6, None));
    for (index, (name, _, tolerance)) in kinds.into_iter().enumerate() {
        let found = &dataset.image(index)[..3];
        let is_near = |(&found, expected): (&u8, u8)| found.abs_diff(expected) <= tolerance;
        assert!(found.iter().zip([40, 90, 200]).all(is_near), "{name}: {found:?}");
    }
}

#[test]
fn palettes_16_bits_transparency_and_grey_become_what_the_model_wants() {
    let deep = image::ImageBuffer::from_fn(8, 8, |x, _| image::Luma([x as u16 * 9_000]));
    let clear = image::RgbaImage::from_fn(8, 8, |x, _| {
        image::Rgba([9, 0, 0, if x == 0 { 255 } else { 0 }])
    });
    let folder = folder(&[
        ("a.png", encoded(DynamicImage::ImageLuma16(deep))),
        ("b.png", encoded(DynamicImage::ImageRgba8(clear))),
        ("c.png", png(250)),
    ]);
    let dataset = loaded(&folder.path().join("set"));
    assert_eq!(
        dataset.image(0)[18..24],
        [210, 210, 210, 245, 245, 245],
        "54000 and 63000 of 65535"
    );
    assert_eq!(dataset.image(1)[..6], [9, 0, 0, 255, 255, 255], "white behind dark ink");
    let grey = load(&request(&folder.path().join("set"), ImageShape::grey(8, 8))).unwrap();
    assert_eq!(grey.image(2)[0], 150, "the luma");
    let notes = grey.report().notes.join("\n");
    assert!(notes.contains("2 of 3 images in colour, made grey"), "{notes}");
}

#[test]
fn a_photograph_is_turned_as_its_camera_says() {
    // A JPEG of two halves, light above dark, with the orientation 3: upside down.
    let halves =
        image::GrayImage::from_fn(16, 16, |_, y| image::Luma([if y < 8 { 250 } else { 5 }]));
    let mut jpeg = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(halves).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0";
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let turned = [&jpeg[..2], &[0xFF, 0xE1], &length, exif, &jpeg[2..]].concat();
    let folder = folder(&[("a.jpg", jpeg), ("b.jpg", turned)]);
    let dataset = loaded(&folder.path().join("set"));
    let top = |index: usize| dataset.image(index)[0];
    assert!(top(0) > 200 && top(1) < 50, "{} {}", top(0), top(1));
}

#[test]
fn a_few_bad_pictures_are_passed_over_and_more_are_an_error_that_lists_them() {
    let whole = png(7);
    let mut wrong_crc = whole.clone();
    let data = whole.windows(4).position(|name| name == b"IDAT").unwrap() + 6;
    wrong_crc[data] ^= 0x55;
    let jpeg = picture(9, ImageFormat::Jpeg);
    let bad = [
        ("bad/empty.png", Vec::new()),
        ("bad/cut.png", whole[..whole.len() / 2].to_vec()),
        ("bad/crc.png", wrong_crc),
        ("bad/cut.jpg", jpeg[..jpeg.len() - 40].to_vec()),
    ];
    let names: Vec<String> = (0..500).map(|id| format!("good/{id:03}.png")).collect();
    let good: Vec<(&str, Vec<u8>)> =
        names.iter().enumerate().map(|(id, name)| (name.as_str(), png(id as u8))).collect();
    let set = folder(&[&good[..], &bad[..]].concat());
    let path = set.path().join("set");
    let mut wanted = request(&path, SHAPE);
    let dataset = load(&wanted).unwrap();
    assert_eq!((dataset.len(), dataset.report().unreadable.len()), (500, 4));
    assert_eq!(dataset.classes(), ["bad", "good"]);
    assert!((0..500).all(|index| dataset.label(index) == Some(1)), "labels stay with their images");
    assert_eq!(dataset.image(499)[0], 499u32 as u8);
    assert_eq!(
        dataset.report().skipped_summary(),
        ["passed over: 4 unreadable images (3 .png in bad, 1 .jpg in bad)"]
    );
    let text = dataset.report().skipped_text();
    assert!(text.contains("bad/empty.png: an empty file\n"), "{text}");
    assert_eq!(text.lines().count(), 4);

    wanted.reading.strict = true;
    let error = load(&wanted).map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("4 of 504 images cannot be read, and --strict allows none: bad/crc.png: "),
        "{error}"
    );
    let few = folder(&[&good[..50], &bad[..1]].concat());
    assert_eq!(
        error_of(&few.path().join("set")),
        "PATH: 1 of 51 images cannot be read, 1% or more: bad/empty.png: an empty file"
    );
}

#[test]
fn links_that_lead_nowhere_or_around_are_told() {
    use std::os::unix::fs::symlink;
    let set = folder(&[("a/1.png", png(1)), ("b/2.png", png(2))]);
    let path = set.path().join("set");
    symlink("..", path.join("b/up")).unwrap();
    let dataset = loaded(&path);
    assert_eq!(dataset.len(), 2);
    assert_eq!(dataset.report().skipped_text(), "b: 1 links to a folder that is read already\n");
    symlink("0.png", path.join("a/0.png")).unwrap();
    assert_eq!(
        error_of(&path),
        "PATH: 1 of 3 images cannot be read, 1% or more: a/0.png: too many levels of symbolic links"
    );
    symlink("/mnt/off/birds", path.join("birds")).unwrap();
    assert_eq!(
        error_of(&path),
        "PATH/birds: it is a link to /mnt/off/birds, which does not exist",
        "a class is not left out silently"
    );
}

#[test]
fn an_archive_cannot_lead_out_of_itself_or_unpack_without_end() {
    let names = ["../out.png", "/abs.png", "in/ok.png", "in/more.zip", "in/.hidden.png"];
    let files: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (*name, png(1))).collect();
    let place = TempDir::new().unwrap();
    zip(&place.path().join("set.zip"), &files);
    write(&place.path().join("set.tar"), tar(&files));
    for name in ["set.zip", "set.tar"] {
        let dataset = loaded(&place.path().join(name));
        assert_eq!(dataset.len(), 1, "{name}");
        assert_eq!(
            dataset.report().skipped_text(),
            ".: 2 entries whose names lead out of the archive\n\
             in: 1 archives inside of the archive\n",
            "{name}"
        );
    }
    // 300 MB of nothing in 1 MB: the archive is given up, and nothing is kept of it.
    let bomb = tar(&[
        ("a.png", vec![0; 100 << 20]),
        ("b.png", vec![0; 100 << 20]),
        ("c.png", vec![0; 100 << 20]),
    ]);
    write(&place.path().join("bomb.tar.gz"), gzip(&bomb));
    let error = error_of(&place.path().join("bomb.tar.gz"));
    assert_eq!(
        error,
        "PATH: unreadable archive: it unpacks to more than 100 times its size, which pictures do not"
    );
    let whole = fs::read(place.path().join("set.zip")).unwrap();
    write(&place.path().join("cut.zip"), &whole[..whole.len() / 2]);
    assert!(error_of(&place.path().join("cut.zip")).starts_with("PATH: unreadable archive: "));
}

#[test]
fn a_picture_of_30000_pixels_a_side_is_passed_over_without_being_unpacked() {
    let mut huge = png(1);
    huge[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    let mut crc = flate2::Crc::new();
    crc.update(&huge[12..29]);
    huge[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    let set = folder(&[("a.png", huge)]);
    let error = error_of(&set.path().join("set"));
    assert!(error.contains("expected at most 16777216 pixels, found 30000x30000"), "{error}");
}

#[test]
fn files_that_use_a_hundredth_of_their_range_are_brightened() {
    let grey = |white: u8| {
        let image =
            image::GrayImage::from_fn(28, 28, |x, y| image::Luma([if x == y { white } else { 0 }]));
        encoded(DynamicImage::ImageLuma8(image))
    };
    let deep = |white: u16| {
        let image = image::ImageBuffer::from_fn(28, 28, |x, y| {
            image::Luma([if x == y { white } else { 0 }])
        });
        encoded(DynamicImage::ImageLuma16(image))
    };
    for (file, note) in [(grey(1), "1 is taken for white"), (deep(255), "255 is taken for white")] {
        let set = folder(&[("a.png", file)]);
        let dataset = load(&request(&set.path().join("set"), MNIST_SHAPE)).unwrap();
        assert_eq!((dataset.image(0)[0], dataset.image(0)[1]), (255, 0), "{note}");
        assert!(dataset.report().notes.iter().any(|line| line.ends_with(note)), "{note}");
    }
    let set = folder(&[("a.png", grey(1)), ("b.png", grey(200))]);
    let dataset = load(&request(&set.path().join("set"), MNIST_SHAPE)).unwrap();
    assert_eq!(dataset.image(0)[0], 1, "one bright file is enough");
}

#[test]
fn drawings_on_paper_are_inverted_and_mixed_ones_are_told() {
    let drawing = |paper: u8| {
        let image = image::GrayImage::from_fn(28, 28, |x, _| {
            image::Luma([if x == 14 { 255 - paper } else { paper }])
        });
        encoded(DynamicImage::ImageLuma8(image))
    };
    let set = folder(&[("a.png", drawing(255)), ("b.png", drawing(255)), ("c.png", drawing(0))]);
    let mut wanted = request(&set.path().join("set"), MNIST_SHAPE);
    let corners = |wanted: &DatasetRequest| {
        let dataset = load(wanted).unwrap();
        ([0, 1, 2].map(|index| dataset.image(index)[0]), dataset.report().notes.join("\n"))
    };
    let (auto, notes) = corners(&wanted);
    assert_eq!(auto, [0, 0, 255]);
    assert!(
        notes.contains("2 images have a dark background and 1 image has a light background"),
        "{notes}"
    );
    wanted.reading.invert = Invert::Never;
    assert_eq!(corners(&wanted).0, [255, 255, 0]);
    wanted.reading.invert = Invert::Auto;
    wanted.shape = ImageShape::rgb(28, 28);
    assert_eq!(corners(&wanted).0, [255, 255, 0], "colour is never inverted by itself");
    wanted.reading.invert = Invert::Always;
    assert_eq!(corners(&wanted).0, [0, 0, 255]);
}

#[test]
fn fit_decides_what_becomes_of_a_wide_picture() {
    let wide = image::RgbImage::from_fn(24, 8, |x, _| {
        image::Rgb([if (8..16).contains(&x) { 200 } else { 0 }; 3])
    });
    let set = folder(&[("a.png", encoded(DynamicImage::ImageRgb8(wide)))]);
    let mut wanted = request(&set.path().join("set"), SHAPE);
    let mut of = |fit: Fit| {
        wanted.reading.fit = fit;
        load(&wanted).unwrap()
    };
    assert!(of(Fit::Cover).image(0).iter().all(|&value| value == 200));
    assert_eq!(of(Fit::Stretch).image(0)[..3], [0; 3]);
    let contained = of(Fit::Contain);
    assert!(contained.report().notes.iter().any(|note| note.contains("bars were added")));
}

#[test]
fn arrays_of_every_layout_and_range_are_read() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("x.npy");
    let read = |descr: &str, shape: &str, bytes: &[u8]| {
        write(&path, npy(descr, shape, bytes));
        let dataset = load(&request(&path, ImageShape::rgb(2, 1))).unwrap();
        (0..dataset.len()).flat_map(|index| dataset.image(index).to_vec()).collect::<Vec<u8>>()
    };
    let grey = [10, 10, 10, 20, 20, 20];
    assert_eq!(read("|u1", "(1, 1, 2)", &[10, 20]), grey);
    assert_eq!(read("|u1", "(1, 1, 2, 1)", &[10, 20]), grey);
    assert_eq!(read("|u1", "(1, 1, 1, 2)", &[10, 20]), grey);
    assert_eq!(read("|u1", "(1, 1, 2, 3)", &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
    assert_eq!(read("|u1", "(1, 3, 1, 2)", &[1, 4, 2, 5, 3, 6]), [1, 2, 3, 4, 5, 6]);
    let floats = |values: [f32; 2]| values.map(f32::to_le_bytes).concat();
    assert_eq!(read("<f4", "(1, 1, 2)", &floats([0.0, 1.0]))[2..4], [0, 255]);
    assert_eq!(read("<f4", "(1, 1, 2)", &floats([-1.0, 1.0]))[2..4], [0, 255]);
    assert_eq!(read("<f4", "(1, 1, 2)", &floats([7.0, 254.6]))[2..4], [7, 255]);
    assert_eq!(
        read("<f8", "(1, 1, 2)", &[0.5f64, 0.0].map(f64::to_le_bytes).concat())[2..4],
        [128, 0]
    );
    assert_eq!(read(">u2", "(1, 1, 2)", &[1, 0, 255, 255])[2..4], [1, 255]);
    assert_eq!(
        read("<i8", "(1, 1, 2)", &[3i64, 200].map(i64::to_le_bytes).concat())[2..4],
        [3, 200]
    );
    assert_eq!(read("|b1", "(1, 1, 2)", &[0, 1])[2..4], [0, 255]);

    let refused = |descr: &str, shape: &str, bytes: &[u8]| {
        write(&path, npy(descr, shape, bytes));
        error_of(&path)
    };
    let error = refused("<f4", "(1, 1, 2)", &floats([f32::NAN, 1.0]));
    assert_eq!(error, "PATH: unreadable array: expected finite numbers, found NaN or an infinity");
    let error = refused("<f4", "(1, 1, 2)", &floats([-7.0, 1.0]));
    assert!(
        error.ends_with("expected values from 0 to 1, -1 to 1 or 0 to 255, found -7 to 1"),
        "{error}"
    );
    let error = refused("|u1", "(4, 784)", &[0; 4 * 784]);
    assert!(error.ends_with("found [4, 784]; `array.reshape(-1, 28, 28)` is read"), "{error}");
    assert_eq!(
        refused("|u1", "(2, 1, 2)", &[1, 2, 3]),
        "PATH: unreadable array: it ends too early"
    );
    assert!(
        refused("|O", "(1, 1, 2)", &[])
            .ends_with("expected an array of numbers, found the type |O")
    );
}

#[test]
fn an_npz_has_images_and_labels_under_the_names_that_tools_write() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("mnist.npz");
    let images = npy("|u1", "(2, 28, 28)", &[[9; 784], [8; 784]].concat());
    let labels = npy("<i8", "(2,)", &[3i64, 1].map(i64::to_le_bytes).concat());
    let test = npy("|u1", "(1, 28, 28)", &[0; 784]);
    zip(&path, &[("x_test.npy", test), ("x_train.npy", images.clone()), ("y_train.npy", labels)]);
    let dataset = load(&request(&path, MNIST_SHAPE)).unwrap();
    assert_eq!(dataset.info().name, "mnist");
    assert_eq!(
        [0, 1].map(|index| (dataset.image(index)[0], dataset.label(index))),
        [(9, Some(3)), (8, Some(1))]
    );
    assert_eq!(
        dataset.report().notes[0],
        "the images of the array x_train, labelled by y_train; 1 other arrays are left out"
    );
    zip(&path, &[("a.npy", images.clone()), ("b.npy", images)]);
    let error = error_of(&path);
    assert!(
        error.contains("expected an array of images called x_train, ")
            && error.ends_with("found a, b"),
        "{error}"
    );
}

#[test]
fn tables_are_answered_with_the_line_that_converts_them() {
    let place = TempDir::new().unwrap();
    write(&place.path().join("train.csv"), "label,pixel0,pixel1\n1,0,0\n");
    write(&place.path().join("train.parquet"), b"PAR1....PAR1");
    let csv = error_of(&place.path().join("train.csv"));
    assert!(
        csv.contains("a CSV table is not read; this converts it: python3 -c \"import numpy"),
        "{csv}"
    );
    assert!(csv.contains("skiprows=1") && csv.contains("labels=t[:, 0]"), "{csv}");
    let parquet = error_of(&place.path().join("train.parquet"));
    assert!(parquet.contains("this converts it: python3 -c \"import pandas"), "{parquet}");
}

#[test]
fn idx_files_are_found_where_tools_put_them() {
    let images = idx::images(2, 28, 28, &[[1; 784], [2; 784]].concat());
    for name in [
        "train-images-idx3-ubyte/train-images-idx3-ubyte",
        "train-images-idx3-ubyte/train-images.idx3-ubyte",
        "raw/train-images-idx3-ubyte",
        "MNIST/raw/train-images-idx3-ubyte",
        "emnist-digits-train-images-idx3-ubyte",
    ] {
        let set = folder(&[(name, images.clone())]);
        let dataset = load(&request(&set.path().join("set"), MNIST_SHAPE)).unwrap();
        assert_eq!((dataset.len(), dataset.image(1)[0]), (2, 2), "{name}");
    }
    let both = folder(&[
        ("MNIST/raw/train-images-idx3-ubyte", images.clone()),
        ("FashionMNIST/raw/train-images-idx3-ubyte", images),
    ]);
    assert_eq!(
        error_of(&both.path().join("set")),
        "PATH: holds several datasets; name one of them: PATH/FashionMNIST/raw, PATH/MNIST/raw"
    );
}

#[test]
fn some_pictures_are_held_back_the_same_for_every_run() {
    let names: Vec<String> = (0..40).map(|id| format!("{}/{id:02}.png", id % 2)).collect();
    let files: Vec<(&str, Vec<u8>)> =
        names.iter().enumerate().map(|(id, name)| (name.as_str(), png(id as u8))).collect();
    let set = folder(&files);
    let mut wanted = request(&set.path().join("set"), SHAPE);
    assert!(load(&wanted).unwrap().held_back().is_none(), "few are all trained on");
    wanted.reading.held_back = HeldBack::Fraction(0.1);
    let dataset = load(&wanted).unwrap();
    let held_back = dataset.held_back().unwrap();
    assert_eq!((dataset.len(), held_back.len()), (36, 4));
    let ids = |dataset: &dyn Dataset| {
        let id = |index: usize| {
            let id = dataset.image(index)[0];
            assert_eq!(dataset.label(index), Some(id % 2), "labels stay with their images");
            id
        };
        (0..dataset.len()).map(id).collect::<Vec<_>>()
    };
    let (kept, held) = (ids(&*dataset), ids(&*held_back));
    assert_eq!(held, [0, 6, 15, 25], "fixed by the number of images");
    let mut all = [kept, held].concat();
    all.sort_unstable();
    assert_eq!(all, (0..40).collect::<Vec<u8>>());
}

#[test]
fn pictures_of_another_shape_than_the_models_are_converted_and_told() {
    let set = folder(&[("train-images-idx3-ubyte", idx::images(1, 28, 28, &[7; 784]))]);
    let dataset = load(&request(&set.path().join("set"), ImageShape::rgb(32, 32))).unwrap();
    assert_eq!((dataset.shape(), &*dataset.image(0)), (ImageShape::rgb(32, 32), &[7; 3072][..]));
    assert_eq!(dataset.report().notes, ["every image was 28x28 grey, made 32x32 RGB"]);
}
