//! Bad input to presets and data, and the exact message that each gets: one list, one snapshot for
//! each half of it.

use std::{fs, io::Write};

use flate2::{Compression, write::GzEncoder};
use gan_tui_testing::{
    Sandbox,
    idx::{self, IMAGES, LABELS, labels},
};
use insta::assert_snapshot;

/// What the program says of bad input: every line of stderr, without the path of the folder it ran
/// in. It says nothing else and fails.
fn told(sandbox: &Sandbox, words: &[&str]) -> String {
    let mut command = sandbox.command(words);
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"] {
        command.env(name, sandbox.join("home"));
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{words:?}: {:?}: {said}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{words:?}");
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{words:?}: {said}");
    let here = fs::canonicalize(sandbox.path()).unwrap().display().to_string();
    let folder = format!("{}/", sandbox.path().display());
    said.trim_end().replace(&folder, "").replace(&format!("{here}/"), "")
}

/// Presets that are none.
const PRESETS: [&str; 67] = [
    // No preset at all.
    "",
    "()\n\n and more",
    "[]",
    "{\"batch\": 32}",
    "batch: 32",
    "(",
    "(\n    batch: 32",
    "(\n    /* batch: 32 )",
    // Signs that are missing or too many.
    "(batch 32)",
    "(batch: 32 iterations: 5)",
    "(batch: 32,, seed: 1)",
    "(batch:)",
    "(name: \"mine)",
    "(generator: (beta1: 0.5)",
    // Fields that are not known, twice there or in another's place.
    "(bacth: 32)",
    "(iteration: 500)",
    "(momentum: 0.9)",
    "(learning_rate: 0.001)",
    "(\n    generator: (\n        learningrate: 0.001,\n    ),\n)",
    "(generator: (dropout: 0.5))",
    "(generator: (momentum: 0.5))",
    "(batch: 32, seed: 1, batch: 64)",
    // Names.
    "(model: Dcgn)",
    "(model: dcgan-small)",
    "(model: Transformer)",
    "(model: \"Dcgan\")",
    "(model: 3)",
    "(data: Mnits)",
    "(data: fashion-mnist)",
    "(data: \"mnist\")",
    "(data: Folder)",
    "(data: Folder())",
    "(data: Folder(3))",
    "(data: Folder(\"\"))",
    // Types.
    "(batch: \"32\")",
    "(batch: 1.5)",
    "(batch: [32])",
    "(batch: true)",
    "(dropout: 'a')",
    "(name: mine)",
    "(generator: 0.001)",
    "(instance_noise: 0.1)",
    "(wrong_labels: 1)",
    "(reuse_fakes: True)",
    // Names with numbers of their own.
    "(norm: \"Off\")",
    "(norm: off)",
    "(norm: 1)",
    "(objective: \"Hinge\")",
    "(objective: Hinje)",
    "(objective: Wasserstein)",
    "(objective: Wasserstein(0.1))",
    "(objective: Wasserstein(clp: 0.1))",
    "(objective: Wasserstein(clip: 0.1, clop: 2))",
    "(schedule: 3)",
    "(schedule: Linear(from: 1, untill: 3))",
    "(schedule: Cosine(from: 9))",
    // Ranges.
    "(\n    // Images in a batch.\n    batch: 0,\n)",
    "(batch: 2000)",
    "(iterations: -1)",
    "(seed: 99999999999999999999999)",
    "(dropout: 1.0)",
    "(dropout: NaN)",
    "(discriminator: (learning_rate: 0))",
    "(name: \"my preset\")",
    "(description: \"two\nlines\")",
    "(keep_checkpoints: 0)",
    // A rule across fields.
    "(\n    model: Mlp,\n    latent: 99,\n)",
];

#[test]
fn presets() {
    let sandbox = Sandbox::empty();
    let mut list = String::new();
    for text in PRESETS {
        fs::write(sandbox.join("mine.ron"), text).unwrap();
        list += &format!("{text}\n    {}\n\n", told(&sandbox, &["presets", "check", "mine.ron"]));
    }
    fs::write(sandbox.join("mine.ron"), b"(name: \"\xff\")").unwrap();
    for words in [
        &["presets", "check", "mine.ron"][..],
        &["presets", "check", "mien.ron"],
        &["presets", "show", "dcgan-smal"],
        &["presets", "diff", "quick", "mpl"],
        &["presets", "shwo", "quick"],
        &["train", "--preset", "wgan-gp"],
        &["train", "--preset", "."],
    ] {
        list += &format!("{}\n    {}\n\n", words.join(" "), told(&sandbox, words));
    }
    assert_snapshot!(list);
}

fn images(count: u32, height: u32, width: u32, bytes: usize) -> Vec<u8> {
    idx::images(count, height, width, &vec![7; bytes])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn png(side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(&vec![9; (side * side) as usize]).unwrap();
    bytes
}

/// Names and contents.
type Files = Vec<(&'static str, Vec<u8>)>;

/// Folders that are no datasets: what they are, and the files in them.
fn folders() -> Vec<(&'static str, Files)> {
    const PACKED: &str = "train-images-idx3-ubyte.gz";
    let good = images(2, 28, 28, 1568);
    let packed = gzip(&good);
    let mut flipped = packed.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    let picture = png(28);
    vec![
        ("no files", vec![]),
        ("other files", vec![("a.jpg", vec![1]), ("b.jpg", vec![2])]),
        ("an empty file", vec![(IMAGES, vec![])]),
        ("a file that ends in its header", vec![(IMAGES, good[..10].to_vec())]),
        ("labels named images", vec![(IMAGES, labels(2, &[1, 2]))]),
        ("images of 32x32", vec![(IMAGES, images(2, 32, 32, 2048))]),
        ("no images", vec![(IMAGES, images(0, 28, 28, 0))]),
        ("a promise of four billion images", vec![(IMAGES, images(u32::MAX, 28, 28, 1568))]),
        ("a file cut short", vec![(IMAGES, good[..1000].to_vec())]),
        ("a file with more behind it", vec![(IMAGES, [&good[..], b"more"].concat())]),
        ("an archive named as if unpacked", vec![(IMAGES, packed.clone())]),
        ("an archive cut short", vec![(PACKED, packed[..packed.len() / 2].to_vec())]),
        ("an archive with a wrong checksum", vec![(PACKED, flipped)]),
        ("an archive of something else", vec![(PACKED, gzip(b"hello, world: no images here"))]),
        ("too few labels", vec![(IMAGES, good.clone()), (LABELS, labels(1, &[1]))]),
        ("labels cut short", vec![(IMAGES, good), (LABELS, labels(2, &[3]))]),
        ("a text named .png", vec![("a.png", b"no picture".to_vec())]),
        ("a picture cut short", vec![("a.png", picture[..picture.len() / 2].to_vec())]),
        ("a picture of 25 million pixels", vec![("a.png", png(5000))]),
        (
            "pictures beside sub-folders",
            vec![
                ("a.png", picture.clone()),
                ("cats/b.png", picture.clone()),
                ("dogs/c.png", picture),
            ],
        ),
    ]
}

#[test]
fn data() {
    let sandbox = Sandbox::empty();
    let mut list = String::new();
    for (what, files) in folders() {
        let set = sandbox.join("set");
        fs::create_dir(&set).unwrap();
        for (name, content) in files {
            fs::create_dir_all(set.join(name).parent().unwrap()).unwrap();
            fs::write(set.join(name), content).unwrap();
        }
        list += &format!("{what}\n    {}\n\n", told(&sandbox, &["data", "check", "set"]));
        fs::remove_dir_all(set).unwrap();
    }
    fs::create_dir_all(sandbox.join("data/mnist")).unwrap();
    fs::write(sandbox.join("data/mnist/train-images-idx3-ubyte"), images(2, 28, 28, 1568)).unwrap();
    fs::write(sandbox.join("file"), "").unwrap();
    fs::create_dir(sandbox.join("mine")).unwrap();
    fs::write(sandbox.join("mine/a.png"), png(28)).unwrap();
    for words in [
        &["data", "check", "mnits"][..],
        &["data", "check", "none/such"],
        &["data", "check", "file"],
        &["data", "check", "kmnist"],
        &["data", "check", "mnist"],
        &["train", "--data", "fashion"],
        &["train", "--data", "fashion-mnist", "--out", "run", "--quiet"],
        &["data", "export", "--data", "mine", "--out", "x.jpg"],
        &["data", "export", "--data", "mine", "--out", "none/x.npy"],
        &["data", "export", "--data", "mine", "--out", "x.npy", "--count", "2"],
        &["data", "export", "--data", "mine", "--out", "x.npy", "--labels", "y.npy"],
        &["data", "export", "--data", "mine", "--out", "x.npy", "--labels", "x.npy"],
        &["data", "export", "--data", "mine", "--out", "x.npy", "--count", "0"],
        &["data", "fetch", "mnits"],
        &["data", "fetch", "mnist", "--mirror", "no address", "--to", "new"],
        &["data", "fetch", "mnist", "--mirror", "ftp://127.0.0.1/", "--to", "new"],
        &["data", "fetch", "mnist", "--to", "file/new"],
        &["data", "chekc", "mine"],
    ] {
        list += &format!("{}\n    {}\n\n", words.join(" "), told(&sandbox, words));
    }
    assert!(
        !sandbox.join("new").exists()
            && !sandbox.join("run").exists()
            && !sandbox.join("x.npy").exists()
    );
    assert_snapshot!(list);
}
