//! Every reader of what others wrote, given damaged files: it ends in a value or an error, never in
//! a panic, and takes memory in proportion to its input.
//!
//! `PROPTEST_CASES` says how many inputs each reader is given (256 unless it does), and
//! `GAN_TUI_READERS` chooses those whose name contains it; CONTRIBUTING.md has what longer runs
//! found.
#![allow(clippy::unwrap_used)]

use std::{
    cell::Cell,
    env, fs,
    io::{Cursor, Write as _},
    path::Path,
    sync::Arc,
};

use flate2::{Compression, write::GzEncoder};
use gan_tui::session::socket::protocol::{self, Line};
use gan_tui_core::{
    event::{Event, Frame, Metrics, NamedTensor, Series, Snapshot},
    image::{Image, ImageBatch, ImageShape, png},
    preset::{Data, Preset, Reading},
};
use gan_tui_data::{DatasetRequest, idx};
use gan_tui_store::{
    export::npy,
    logs::{self, Content, Feed, Found, Item, Kind},
    run::{Manifest, changes, checkpoint, metrics::MetricsLog},
    tensorboard::{Message as _, messages, record},
};
use image::ImageFormat;
use peak_alloc::PeakAlloc;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What any reader may take, however little it is given: most of it is what unpacking takes.
const SLACK: usize = 192 << 10;

/// One way to damage a file.
#[derive(Debug, Clone)]
enum Damage {
    Flip(u32, u8),
    Cut(u32),
    /// Bytes put in at a place.
    Insert(u32, Vec<u8>),
    /// A part that is there twice.
    Repeat(u32, u16),
    /// A number in text becomes another one, such as no reader wants.
    Number(u32, &'static str),
    /// Four bytes become those of a count.
    Count(u32, u32),
}

const NUMBERS: [&str; 10] = [
    "0",
    "-1",
    "18446744073709551615",
    "18446744073709551616",
    "4611686018427387904",
    "1e308",
    "1e999",
    "NaN",
    "null",
    "0.1",
];

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<u32>(), 1u8..).prop_map(|(at, by)| Damage::Flip(at, by)),
        any::<u32>().prop_map(Damage::Cut),
        (any::<u32>(), proptest::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<u32>(), any::<u16>()).prop_map(|(at, length)| Damage::Repeat(at, length)),
        (any::<u32>(), 0..NUMBERS.len())
            .prop_map(|(at, number)| Damage::Number(at, NUMBERS[number])),
        (any::<u32>(), prop_oneof![Just(u32::MAX), Just(1 << 31), Just(1 << 28), 0u32..100])
            .prop_map(|(at, count)| Damage::Count(at, count)),
    ]
}

fn damaged(whole: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for damage in damages {
        let at = |at: u32| at as usize % bytes.len().max(1);
        match damage {
            Damage::Flip(place, by) => {
                let at = at(*place);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= by;
                }
            }
            Damage::Cut(place) => bytes.truncate(at(*place)),
            Damage::Insert(place, more) => {
                let at = at(*place).min(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
            Damage::Repeat(place, length) => {
                let from = at(*place).min(bytes.len());
                let to = (from + usize::from(*length) % 512).min(bytes.len());
                let part = bytes[from..to].to_vec();
                bytes.splice(from..from, part);
            }
            Damage::Number(place, number) => {
                let from = at(*place).min(bytes.len());
                let is_digit = |byte: &u8| byte.is_ascii_digit();
                if let Some(start) =
                    bytes[from..].iter().position(is_digit).map(|start| from + start)
                {
                    let end = bytes[start..]
                        .iter()
                        .position(|byte| !is_digit(byte))
                        .map_or(bytes.len(), |length| start + length);
                    bytes.splice(start..end, number.bytes());
                }
            }
            Damage::Count(place, count) => {
                let at = at(*place);
                if let Some(four) = bytes.get_mut(at..at + 4) {
                    four.copy_from_slice(&count.to_be_bytes());
                }
            }
        }
    }
    bytes
}

/// Gives a reader damaged forms of a good file. `times` is how many times its size a file may take
/// in memory.
#[allow(clippy::print_stderr)]
fn torment(name: &str, whole: &[u8], times: usize, read: impl Fn(&[u8]) -> bool) {
    if env::var("GAN_TUI_READERS").is_ok_and(|chosen| !name.contains(&chosen)) {
        return;
    }
    assert!(read(whole), "{name}: the good file is read");
    let config = Config { failure_persistence: None, ..Config::default() };
    let cases = config.cases;
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (accepted, most) = (Cell::new(0u32), Cell::new(0f64));
    let outcome = runner.run(&proptest::collection::vec(damage(), 1..6), |damages| {
        let bytes = damaged(whole, &damages);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let good = read(&bytes);
        let taken = MEMORY.peak_usage().saturating_sub(before);
        accepted.set(accepted.get() + u32::from(good));
        most.set(most.get().max(taken.saturating_sub(SLACK) as f64 / bytes.len().max(1) as f64));
        prop_assert!(taken <= SLACK + times * bytes.len(), "{} bytes took {taken}", bytes.len());
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
    eprintln!(
        "{name}: {cases} inputs, {} of them good still, at most {} KB and {:.1} times their size",
        accepted.get(),
        SLACK >> 10,
        most.get()
    );
}

fn snapshot() -> Snapshot {
    let tensor = |name: &str, shape: &[usize]| NamedTensor {
        name: name.into(),
        shape: shape.into(),
        data: vec![0.5; shape.iter().product()],
    };
    Snapshot {
        iteration: 7,
        seed: 1,
        model: "mlp".into(),
        latent: 64,
        classes: Vec::new(),
        preset: Preset::default().recorded(),
        generator_steps: 7,
        discriminator_steps: 14,
        tensors: vec![
            tensor("discriminator.dense1.bias", &[8]),
            tensor("generator.dense1.kernel", &[8, 4]),
            tensor("generator.none", &[0, 3]),
        ],
    }
}

fn metrics(iteration: u64) -> Metrics {
    Metrics::new(iteration, 1.0, 2.5).with([
        (Series::D_LOSS, 0.5),
        (Series::D_LOSS_REAL, 0.25),
        (Series::D_LOSS_FAKE, 0.75),
        (Series::G_LOSS, 1.5),
        (Series::D_ACCURACY, 0.5),
        (Series::D_REAL, 0.5),
        (Series::D_FAKE, 0.5),
    ])
}

fn line(event: Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    protocol::write(&mut bytes, &Line::Event(event)).unwrap();
    bytes
}

fn read_lines(mut bytes: &[u8]) -> bool {
    let mut buffer = Vec::new();
    loop {
        match protocol::read::<Line>(&mut bytes, protocol::MOST_BYTES, &mut buffer) {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// Decoders take memory for the pixels that a header promises: at most this many bytes for each of
/// a file's.
const OF_PICTURES: usize = 300_000;

/// Damages pictures of every kind, and archives and arrays of pictures.
fn torment_pictures(folder: &Path) {
    let load = |name: &str, bytes: &[u8]| {
        let path = folder.join("pictures").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        // A lone picture is read as a folder of one.
        let is_alone = ImageFormat::from_path(&path).is_ok();
        let data =
            Data::Folder(if is_alone { path.parent().unwrap().into() } else { path.clone() });
        let (shape, reading) = (ImageShape::rgb(8, 8), Reading::default());
        let loaded = gan_tui_data::load(&DatasetRequest { data, shape, reading }, &mut |_| {});
        fs::remove_file(path).unwrap();
        loaded.is_ok()
    };
    let mut archives =
        (zip::ZipWriter::new(Cursor::new(Vec::new())), tar::Builder::new(Vec::new()));
    for format in
        [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif]
    {
        let name = format!("a.{}", format.extensions_str()[0]);
        let picture =
            image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([20 * x as u8, y as u8, 99]));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        let bytes = bytes.into_inner();
        torment(&name, &bytes, OF_PICTURES, |bytes| load(&name, bytes));
        let (zip, tar) = &mut archives;
        zip.start_file(&name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        tar.append_data(&mut header, &name, &bytes[..]).unwrap();
    }
    let zip = archives.0.finish().unwrap().into_inner();
    torment("pictures.zip", &zip, OF_PICTURES, |bytes| load("a.zip", bytes));
    let tar = archives.1.into_inner().unwrap();
    torment("pictures.tar", &tar, OF_PICTURES, |bytes| load("a.tar", bytes));
    torment("pictures.tar.gz", &packed(&tar), OF_PICTURES, |bytes| load("a.tar.gz", bytes));
    let array = npy::write_images(&ImageBatch::grey(9, 7, vec![3; 4 * 63]));
    torment("array of pictures", &array, OF_PICTURES, |bytes| load("a.npy", bytes));
    let mut npz = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [("images.npy", &array), ("labels.npy", &npy::write_labels(&[1, 2, 3, 4]))]
    {
        npz.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        npz.write_all(bytes).unwrap();
    }
    let npz = npz.finish().unwrap().into_inner();
    torment("arrays", &npz, OF_PICTURES, |bytes| load("a.npz", bytes));
}

/// One test, since memory is counted for the whole process.
#[test]
fn no_file_is_too_strange_for_any_reader() {
    // In memory where there is such a place: there are many files.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let in_file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    torment("checkpoint", &checkpoint::encode(&snapshot()).unwrap(), 24, |bytes| {
        checkpoint::decode(bytes).is_ok()
    });
    let images = [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28][..], &[9; 2 * 784]].concat();
    torment("IDX images", &images, 4, |bytes| idx::read_images(&in_file("images", bytes)).is_ok());
    torment("IDX images, packed", &packed(&images), 1200, |bytes| {
        idx::read_images(&in_file("images.gz", bytes)).is_ok()
    });
    torment("IDX labels", &[0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3], 4, |bytes| {
        idx::read_labels(&in_file("labels", bytes), 3).is_ok()
    });
    let preset = Preset::default().to_ron();
    torment("preset", preset.as_bytes(), 16, |bytes| {
        Preset::parse(&String::from_utf8_lossy(bytes), "a preset").is_ok()
    });
    torment("configuration", gan_tui_monitor::defaults().as_bytes(), 64, |bytes| {
        gan_tui_monitor::Config::parse(&String::from_utf8_lossy(bytes), "a configuration").is_ok()
    });
    torment_pictures(folder.path());
    let recorded = Preset::default().recorded();
    torment("preset in a checkpoint", recorded.as_bytes(), 16, |bytes| {
        Preset::from_recorded(&String::from_utf8_lossy(bytes), 10).is_ok()
    });
    let stack = ImageBatch::grey(28, 28, vec![3; 2 * 784]);
    let frame = Event::Frame(Arc::new(Frame { iteration: 3, images: stack.clone() }));
    let lines = [line(Event::Metrics(metrics(3))), line(frame), line(Event::Paused(true))].concat();
    torment("protocol, reports", &lines, 24, read_lines);
    let command = br#"{"learning_rates":{"generator":0.0002,"discriminator":0.0001}}"#;
    torment("protocol, commands", command, 24, |bytes| protocol::parse_command(bytes).is_ok());
    torment("npy, images", &npy::write_images(&stack), 4, |bytes| {
        npy::read_images(&in_file("images.npy", bytes)).is_ok()
    });
    let latents = npy::write_latents(4, &[0.5; 16]);
    torment("npy, latents", &latents, 4, |bytes| {
        npy::read_latents(&in_file("latents.npy", bytes), 4).is_ok()
    });
    let picture = png::encode(&Image::filled(224, 224, 9)).unwrap();
    torment("frame", &picture, 1200, |bytes| png::decode(bytes).is_ok());
    torment("image of a folder", &picture, 1200, |bytes| png::decode_grey(bytes).is_ok());
    run_files(folder.path());
    log_files(folder.path());
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What is read from a run directory beside checkpoints and frames.
fn run_files(dir: &Path) {
    let put = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).unwrap();
    let rows: Vec<u8> = (1..5)
        .flat_map(|iteration| {
            [serde_json::to_vec(&metrics(iteration)).unwrap(), vec![b'\n']].concat()
        })
        .collect();
    torment("metrics.jsonl", &rows, 16, |bytes| {
        put("metrics.jsonl", bytes);
        MetricsLog::read(dir).is_ok()
    });
    let change =
        br#"{"iteration":120,"field":"generator.learning_rate","old":0.0002,"new":0.0001}"#;
    torment("changes.jsonl", change, 16, |bytes| {
        put("changes.jsonl", bytes);
        changes::read(dir).is_ok()
    });
    let manifest = br#"{"format_version":1,"program_version":"0.1.0","preset":"mlp","model":"mlp",
        "seed":1,"iterations":9,"threads":2,
        "kernel_path":"avx2","dataset":{"name":"shapes","count":64,"sha256":"00"},
        "start_time":"2026-01-01T00:00:00Z","end_time":null,
        "state":"running","reason":null,"last_iteration":3,"resumed":[]}"#;
    torment("run.json", manifest, 16, |bytes| {
        put("run.json", bytes);
        Manifest::read(dir).is_ok()
    });
}

/// What other programs log: event files in both forms, with the pictures in them, and rows.
fn log_files(dir: &Path) {
    let picture = png::encode(&Image::filled(64, 64, 9)).unwrap();
    let of_images = |strings: Vec<Vec<u8>>| {
        let plugin = messages::Plugin { name: "images".into(), content: Vec::new() };
        let metadata = messages::Metadata { plugin: Some(plugin), ..Default::default() };
        let tensor = messages::Tensor {
            dtype: messages::Tensor::STRING,
            strings,
            ..messages::Tensor::default()
        };
        let (tag, metadata) = ("images".into(), Some(metadata));
        messages::Value { tag, metadata, content: Some(messages::Content::Tensor(tensor)) }
    };
    let image = messages::Image { encoded: picture.clone(), ..messages::Image::default() };
    let events = [
        messages::Event::file_version(1.0),
        messages::Event::summary(2.0, 1, vec![messages::Value::scalar("loss/d", 0.5)]),
        messages::Event::summary(3.0, 2, vec![messages::Value::image("samples", image)]),
        messages::Event::summary(3.0, 2, vec![messages::Value::text("notes", "some words")]),
        messages::Event::summary(
            4.0,
            3,
            vec![of_images(vec![b"64".to_vec(), b"64".to_vec(), picture])],
        ),
    ]
    .map(|event| event.encode_to_vec());
    let read = |name: &str, kind: Kind, bytes: &[u8]| {
        let path = dir.join(name);
        fs::write(&path, bytes).unwrap();
        let mut feed = Feed::open(&Found { path, name: name.into(), kind });
        let mut count = 0;
        while let Ok(progress) = feed.poll(1 << 20) {
            for item in progress.items {
                count += 1;
                if let Item::Entry(logs::Entry { content: Content::Picture(place), .. }) = item {
                    // A damaged picture is an error.
                    let _ = logs::load(&place);
                }
            }
            if !progress.is_behind {
                break;
            }
        }
        count > 0
    };
    // Messages of two bytes become values of some hundred; pictures are compressed.
    let mut file = Vec::new();
    events.iter().for_each(|event| record::write(&mut file, event).unwrap());
    torment("event file", &file, 1200, |bytes| read("tfevents", Kind::Events, bytes));
    // What is wrong there is caught by a checksum; here the checksum is that of what is wrong.
    for (event, name) in events[1..].iter().zip(["number", "image", "text", "tensor"]) {
        torment(&format!("event file, {name} with its checksum"), event, 1200, |bytes| {
            let mut file = Vec::new();
            record::write(&mut file, bytes).unwrap();
            read("tfevents", Kind::Events, &file)
        });
    }
    let rows = br#"{"step": 3, "loss": {"d": 0.5, "g": NaN}, "name": "x", "list": [1, {"a": 2}]}
{"step": 4, "loss": {"d": 0.25}, "time": 1.5}
"#;
    torment("rows, JSON", rows, 64, |bytes| read("rows.jsonl", Kind::Rows, bytes));
    let rows = b"step,\"loss, d\",g\n1,0.5,1\n2,,2\n3,nan,3\n";
    torment("rows, CSV", rows, 64, |bytes| read("rows.csv", Kind::Rows, bytes));
}
