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

/// A picture in colour, of its own for each `id`.
fn picture(path: &Path, side: u32, id: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let pixel = |x: u32, y: u32| image::Rgb([(255 * x / side) as u8, (255 * y / side) as u8, id]);
    image::RgbImage::from_fn(side, side, pixel).save(path).unwrap();
}

#[test]
fn pictures_in_colour_are_checked_and_exported_as_the_model_that_fits_takes_them() {
    let sandbox = Sandbox::empty();
    for (id, name) in ["cats/a.png", "cats/b.jpg", "dogs/c.webp"].into_iter().enumerate() {
        picture(&sandbox.join("pets").join(name), 64, id as u8);
    }
    sandbox.write("pets/dogs/notes.txt", "a dog");
    let page = sandbox.only_stdout(&["data", "check", "pets"]);
    for line in [
        "3 images of 32x32 in colour to train on",
        "all images scaled to 32x32",
        "up to 64 pixels wide or high: the model Colour64 would show more of them",
        "passed over: 1 other files (1 .txt in dogs)",
        "9.2 kB in memory",
        "      0       2 ######################################## cats",
        "      1       1 #################### dogs",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
    let json = |words: &[&str]| -> serde_json::Value {
        let all = [&["data", "check", "pets", "--json"], words].concat();
        serde_json::from_str(&sandbox.only_stdout(&all)).unwrap()
    };
    let found = json(&[]);
    assert_eq!((&found["width"], &found["channels"]), (&32.into(), &3.into()));
    assert_eq!(found["others"][0]["kind"], ".txt");
    let found = json(&["--model", "colour64", "--held-back", "1"]);
    assert_eq!((&found["width"], &found["images"]), (&64.into(), &2.into()));
    sandbox.stdout(&["data", "export", "--data", "pets", "--out", "x.npy"]);
    let written = fs::read(sandbox.join("x.npy")).unwrap();
    assert!(String::from_utf8_lossy(&written[..128]).contains("'shape': (3, 32, 32, 3)"));
    sandbox.stdout(&["data", "export", "--data", "x.npy", "--out", "sheet.png"]);
    let sheet = image::open(sandbox.join("sheet.png")).unwrap();
    assert_eq!((sheet.width(), sheet.color()), (64, image::ColorType::Rgb8));
    sandbox.assert_error(
        &["data", "check", "synthetic", "--fit", "cover"],
        1,
        "--fit has no effect on --data synthetic; it is for a folder or an archive of images",
    );
}

#[test]
fn a_run_records_how_its_pictures_were_read_and_lists_what_was_passed_over() {
    let sandbox = Sandbox::empty();
    for id in 0..150 {
        picture(&sandbox.join(format!("set/{id}.png")), 30, id);
    }
    sandbox.write("set/cut.png", b"\x89PNG\r\n\x1a\n");
    sandbox.write("set/list.csv", "a,b");
    let words = ["train", "--preset", "mlp", "--data", "set", "--batch", "2", "--iterations", "2"];
    let train = |more: &[&str]| sandbox.stdout(&[&words[..], more].concat());
    train(&["--out", "run", "--fit", "cover", "--invert", "never", "--held-back", "20%"]);
    let preset = fs::read_to_string(sandbox.join("run/preset.ron")).unwrap();
    for line in ["fit: Cover,", "invert: Never,", "held_back: Fraction(0.2),", "reader: 2,"] {
        assert!(preset.contains(&format!("    {line}\n")), "{line}: {preset}");
    }
    let skipped = fs::read_to_string(sandbox.join("run/skipped.txt")).unwrap();
    assert!(skipped.starts_with("cut.png: ") && skipped.ends_with("\n.: 1 .csv\n"), "{skipped}");
    let log = fs::read_to_string(sandbox.join("run/log.txt")).unwrap();
    assert!(log.contains("data set: passed over: 1 unreadable images (1 .png)"), "{log}");
    let text = fs::read_to_string(sandbox.join("run/run.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["dataset"]["count"], 120, "a fifth is held back");
    // What a requeued job asks for has to be the same experiment.
    let other = [&words[..], &["--out", "run", "--resume-auto"]].concat();
    let output = sandbox.command(&other).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("expected fit: Contain, found fit: Cover"), "{said}");
    let strict = [&words[..], &["--out", "strict", "--strict"]].concat();
    let output = sandbox.command(&strict).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("1 of 151 images cannot be read, and --strict allows none"), "{said}");
    assert!(!sandbox.join("strict").exists(), "nothing is left of a run that never began");
}

/// All versions of the reader read IDX files alike, so that a run on them records none: its
/// checkpoints are those of earlier versions.
#[test]
fn a_run_on_idx_files_records_no_reader() {
    let sandbox = Sandbox::new("");
    sandbox.train("plain", &["-n", "2"]);
    let checkpoint = fs::read(sandbox.join("plain/checkpoints/00000002.safetensors")).unwrap();
    let header = String::from_utf8_lossy(&checkpoint[..4096]).into_owned();
    assert!(header.contains("shapes") && !header.contains("reader"), "{header}");
}
