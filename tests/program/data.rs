//! `data export`: images and labels of a dataset written as arrays and contact sheets.

use std::{fs, io::BufReader, path::Path};

use gan_tui_testing::Sandbox;

const PIXELS: usize = 28 * 28;

fn png(path: &Path, side: u32, shade: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(&vec![shade; (side * side) as usize]).unwrap();
}

#[test]
fn images_and_labels_are_exported_as_arrays_and_sheets() {
    let sandbox = Sandbox::empty();
    png(&sandbox.join("set/4/a.png"), 28, 10);
    png(&sandbox.join("set/7/b.png"), 28, 20);
    let export = |words: &[&str]| {
        sandbox.stdout(&[&["data", "export", "--data", "set", "--out"], words].concat());
    };
    export(&["x.npy", "--labels", "y.npy"]);
    let written = fs::read(sandbox.join("x.npy")).unwrap();
    assert!(String::from_utf8_lossy(&written[..128]).contains("'shape': (2, 28, 28)"));
    assert_eq!(written[128..], [[10; PIXELS], [20; PIXELS]].concat());
    assert_eq!(fs::read(sandbox.join("y.npy")).unwrap()[128..], [4, 7]);
    export(&["sheet.png", "--count", "2"]);
    let sheet = BufReader::new(fs::File::open(sandbox.join("sheet.png")).unwrap());
    let reader = png::Decoder::new(sheet).read_info().unwrap();
    assert_eq!((reader.info().width, reader.info().height), (56, 28));
    assert_eq!(fs::read_dir(sandbox.path()).unwrap().count(), 4, "no temporary file stays");
}

#[test]
fn an_export_that_cannot_be_is_refused_in_one_line() {
    let sandbox = Sandbox::empty();
    png(&sandbox.join("set/a.png"), 28, 10);
    let refused = |words: &[&str], status: i32, message: &str| {
        let all = [&["data", "export", "--data", "set", "--out"], words].concat();
        sandbox.assert_error(&all, status, message);
    };
    refused(&["x.jpg"], 1, "x.jpg: expected the file extension .npy or .png");
    refused(&["x.npy", "--labels", "y.npy"], 1, "--labels: set has no labels");
    refused(&["x.npy", "--labels", "x.npy"], 1, "x.npy: --out and --labels name the same file");
    refused(&["x.npy", "--labels", "y.txt"], 1, "y.txt: expected the file extension .npy");
    let message = "--count: expected at most 1, as many as the dataset has, found 2";
    refused(&["x.npy", "--count", "2"], 1, message);
    refused(&["no/x.npy"], 1, "cannot write no/x.npy: no such folder");
    let message = "invalid value '0' for '--count <N>': expected a whole number from 1 to \
                   18446744073709551615; see `gan-tui data export --help`";
    refused(&["x.npy", "--count", "0"], 2, message);
    assert_eq!(fs::read_dir(sandbox.path()).unwrap().count(), 1, "nothing was written");
}

#[test]
fn the_embedded_faces_are_listed_checked_and_exported_in_colour() {
    let sandbox = Sandbox::empty();
    assert!(sandbox.stdout(&["data", "list"]).contains("faces          the embedded faces, in co"));
    let summary: serde_json::Value =
        serde_json::from_str(&sandbox.stdout(&["data", "check", "faces", "--json"])).unwrap();
    assert_eq!((&summary["images"], &summary["width"]), (&60_000.into(), &32.into()));
    assert_eq!(summary["labels"].as_object().map(|labels| labels.len()), Some(8));
    let page = sandbox.stdout(&["data", "check", "faces"]);
    assert!(page.starts_with("faces: the embedded faces, drawn by the program (seed 16)\n60,000 "));
    sandbox.stdout(&["data", "export", "--data", "faces", "--count", "9", "--out", "x.npy"]);
    let written = fs::read(sandbox.join("x.npy")).unwrap();
    assert!(String::from_utf8_lossy(&written[..128]).contains("'shape': (9, 32, 32, 3)"));
    sandbox.stdout(&["data", "export", "--data", "faces", "--count", "4", "--out", "x.png"]);
    let sheet = BufReader::new(fs::File::open(sandbox.join("x.png")).unwrap());
    let reader = png::Decoder::new(sheet).read_info().unwrap();
    assert_eq!((reader.info().width, reader.info().color_type), (64, png::ColorType::Rgb));
}
