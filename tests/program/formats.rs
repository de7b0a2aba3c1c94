//! Everything that `export` writes, opened by programs that are not ours; and what an interruption
//! leaves.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    sync::Arc,
    thread,
    time::Duration,
};

use gan_tui_core::{
    event::{DatasetInfo, Event, Frame, Metrics, Outcome, Series, Started},
    image::{ImageBatch, ImageShape},
    preset::{Model, Plan, Preset},
};
use gan_tui_store::{export::npy, run::Recorder};
use gan_tui_testing::{Sandbox, need, needs, signal, wait};

/// Iterations of the run, a frame every ten.
const ITERATIONS: u64 = 60;
/// Frames: those of iterations 0, 1, 10, ... 60.
const FRAMES: usize = 8;

/// Blobs that wander, 64 of them.
fn images(iteration: u64) -> ImageBatch {
    let shade = |index: u64, x: u64, y: u64| {
        let moved = if iteration == 1 { 3 } else { iteration / 5 };
        let (left, top) = (8 + (index + moved) % 13, 8 + index * 7 % 12);
        let distance = (x.abs_diff(left).pow(2) + y.abs_diff(top).pow(2)) as f32;
        (255.0 - 30.0 * distance.sqrt()).clamp(0.0, 255.0) as u8
    };
    ImageBatch::grey(
        28,
        28,
        (0..64 * 784).map(|at| shade(at / 784, at % 28, at % 784 / 28)).collect(),
    )
}

/// The same blobs as colour images of 32x32: each with colours of its own, on a ground that fades.
fn colour_images(iteration: u64) -> ImageBatch {
    let grey = images(iteration);
    let pixel = |at: usize| {
        let (index, x, y) = (at / 1024, at % 32, at % 1024 / 32);
        let blob = if x < 28 && y < 28 { grey.picture(index)[y * 28 + x] } else { 0 };
        let tint = [(index % 4) * 60, (index / 4 % 4) * 60, (index / 16) * 60];
        let ground = [40 + 2 * y, 60 + 2 * x, 90];
        [0, 1, 2].map(|channel| {
            let (ink, paper) = (255 - tint[channel], ground[channel]);
            ((ink * usize::from(blob) + paper * usize::from(255 - blob)) / 255) as u8
        })
    };
    let pixels = (0..64 * 1024).flat_map(pixel).collect();
    ImageBatch::new(ImageShape::rgb(32, 32), pixels)
}

fn metrics(iteration: u64) -> Metrics {
    let loss = 1.0 / iteration as f32;
    Metrics::new(iteration, 2.0, iteration as f64 * 0.002).with([
        (Series::D_LOSS, loss),
        (Series::D_LOSS_REAL, loss / 2.0),
        (Series::D_LOSS_FAKE, loss * 1.5),
        (Series::G_LOSS, if iteration == 7 { f32::NAN } else { 1.0 + loss }),
        (Series::D_ACCURACY, 0.5),
        (Series::D_REAL, 0.625),
        (Series::D_FAKE, 0.375),
    ])
}

/// A run of grey images in `folder/run`.
fn record(folder: &Path) -> PathBuf {
    record_run(folder, Preset::default(), images)
}

/// A run in `folder/run` of the preset's model, with frames of `images`.
fn record_run(folder: &Path, preset: Preset, images: fn(u64) -> ImageBatch) -> PathBuf {
    let preset = Preset { name: "tiny".into(), iterations: ITERATIONS, frame_every: 10, ..preset };
    let dir = folder.join("run");
    let mut recorder = Recorder::create(&dir, &Plan::try_from(preset).unwrap()).unwrap();
    let started = Started {
        dataset: DatasetInfo {
            name: "synthetic".into(),
            count: 60_000,
            sha256: "ab".repeat(32),
            ..DatasetInfo::default()
        },
        kernels: "portable".into(),
        kernel_revision: 1,
        threads: 2,
        threads_from: None,
        iteration: 0,
        generator_parameters: 1,
        discriminator_parameters: 1,
        classes: Vec::new(),
        notes: Vec::new(),
    };
    let frame = |iteration| Event::Frame(Arc::new(Frame { iteration, images: images(iteration) }));
    recorder.record(&Event::Started(Box::new(started))).unwrap();
    recorder.record(&frame(0)).unwrap();
    for iteration in 1..=ITERATIONS {
        recorder.record(&Event::Metrics(metrics(iteration))).unwrap();
        if iteration == 1 || iteration % 10 == 0 {
            recorder.record(&frame(iteration)).unwrap();
        }
    }
    recorder.record(&Event::Ended(Outcome::Finished)).unwrap();
    dir
}

/// The files that are looked at, and the words after `export run` that write each.
const FILES: [(&str, &[&str]); 15] = [
    ("all.gif", &["--scale", "2"]),
    ("all.apng", &["--scale", "2"]),
    ("one.gif", &["--latent", "5", "--from", "10", "--to", "40", "--every", "20", "--fps", "5"]),
    ("all.cast", &["--fps", "10"]),
    ("last.png", &[]),
    ("early.png", &["--to", "10", "--latent", "3", "--scale", "4"]),
    ("last.svg", &["--scale", "3"]),
    ("last.npy", &[]),
    ("last.txt", &[]),
    ("last.ans", &[]),
    ("metrics.csv", &[]),
    ("sheet.png", &["--sheet"]),
    ("sheet.svg", &["--sheet", "--every", "20"]),
    ("chart.svg", &["--chart"]),
    ("chart.png", &["--chart", "--scale", "2"]),
];

fn export(sandbox: &Sandbox, out: &str, words: &[&str]) -> Output {
    sandbox.run(&[&["export", "run", "--out", out], words].concat())
}

/// A sandbox with the run and those of [`FILES`] that are chosen.
fn exported(is_chosen: impl Fn(&str) -> bool) -> Sandbox {
    let sandbox = Sandbox::empty();
    record(sandbox.path());
    for (out, words) in FILES.into_iter().filter(|(out, _)| is_chosen(out)) {
        let output = export(&sandbox, out, words);
        assert!(output.status.success(), "{out}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).starts_with(&format!("{out}: ")), "{out}");
        assert_eq!(output.stderr, b"", "{out}");
    }
    sandbox
}

/// What a program that opens the files prints.
#[track_caller]
fn output_of(sandbox: &Sandbox, program: &str, arguments: &[&str]) -> String {
    let output = sandbox.program(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn pillow_numpy_and_pythons_own_parsers_read_every_format() {
    let mut python = need!(needs::python(&["numpy", "PIL"]));
    let sandbox = exported(|_| true);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/read_exports.py");
    let output = python.args([script, "."]).current_dir(sandbox.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The files of a run of colour images, and the words after `export run` that write each.
const COLOUR_FILES: [(&str, &[&str]); 11] = [
    ("all.gif", &["--scale", "2"]),
    ("all.apng", &["--scale", "2"]),
    ("all.cast", &["--fps", "10"]),
    ("last.png", &[]),
    ("early.png", &["--to", "10", "--latent", "3", "--scale", "4"]),
    ("last.svg", &["--scale", "3"]),
    ("last.npy", &[]),
    ("last.txt", &[]),
    ("last.ans", &["--latent", "5"]),
    ("sheet.png", &["--sheet"]),
    ("sheet.svg", &["--sheet", "--every", "20"]),
];

/// A sandbox with a run of colour images and the files that are exported of it.
fn exported_in_colour() -> Sandbox {
    let sandbox = Sandbox::empty();
    let preset = Preset { model: Model::Colour32, latent: 64, ..Preset::default() };
    record_run(sandbox.path(), preset, colour_images);
    for (out, words) in COLOUR_FILES {
        let output = export(&sandbox, out, words);
        assert!(output.status.success(), "{out}: {}", String::from_utf8_lossy(&output.stderr));
    }
    sandbox
}

#[test]
fn pillow_and_numpy_read_the_colours_of_every_format() {
    let mut python = need!(needs::python(&["numpy", "PIL"]));
    let sandbox = exported_in_colour();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/read_colours.py");
    let output = python.args([script, "."]).current_dir(sandbox.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn colours_are_in_every_format_as_they_were() {
    let sandbox = exported_in_colour();
    let last = colour_images(ITERATIONS);
    let reader = |name: &str| {
        let file = std::io::BufReader::new(fs::File::open(sandbox.join(name)).unwrap());
        png::Decoder::new(file).read_info().unwrap()
    };
    let mut shown = reader("last.png");
    assert_eq!((shown.info().width, shown.info().color_type), (256, png::ColorType::Rgb));
    let mut pixels = vec![0; 256 * 256 * 3];
    shown.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels, last.grid(8).pixels);
    assert_eq!(npy::read_images(&sandbox.join("last.npy")).unwrap(), last);
    assert_eq!(reader("all.apng").info().animation_control.unwrap().num_frames, FRAMES as u32);

    // The terminal emulator shows the colours of the picture's pixels.
    let text = fs::read_to_string(sandbox.join("last.ans")).unwrap();
    let mut terminal = vt100::Parser::new(16.try_into().unwrap(), 32.try_into().unwrap(), 0);
    terminal.process(text.trim_end().replace('\n', "\r\n").as_bytes());
    for (at, pixel) in
        last.picture(5).chunks_exact(3).enumerate().filter(|(at, _)| at / 32 % 2 == 0)
    {
        let cell = terminal.screen().cell((at / 64) as u16, (at % 32) as u16).unwrap();
        let color = if cell.contents() == "▀" { cell.fgcolor() } else { cell.bgcolor() };
        let vt100::Color::Rgb(red, green, blue) = color else { continue };
        let off = [red, green, blue].iter().zip(pixel).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(12), "pixel {at}: {color:?} for {pixel:?}");
    }
    let cast = fs::read_to_string(sandbox.join("all.cast")).unwrap();
    assert!(cast.contains("\"width\":128") && cast.contains("38;2;"), "eight of sixteen cells");
}

#[test]
fn imagemagick_identifies_the_images() {
    need!(needs::program("identify"));
    let expected = [
        ("all.gif", "GIF 448x448", FRAMES),
        ("one.gif", "GIF 28x28", 2),
        ("all.apng", "PNG 448x448", 1),
        ("last.png", "PNG 224x224", 1),
        ("early.png", "PNG 112x112", 1),
        ("chart.png", "PNG 1920x1200", 1),
    ];
    let sandbox = exported(|out| expected.iter().any(|(file, ..)| *file == out));
    for (file, description, frames) in expected {
        let printed = output_of(&sandbox, "identify", &["-format", "%m %wx%h\n", file]);
        // Frames after the first have the size of what changes, which ImageMagick prints.
        assert_eq!(
            (printed.lines().next(), printed.lines().count()),
            (Some(description), frames),
            "{file}: {printed}"
        );
    }
}

#[test]
fn xmllint_accepts_the_drawings() {
    need!(needs::program("xmllint"));
    let files = ["last.svg", "sheet.svg", "chart.svg"];
    let sandbox = exported(|out| files.contains(&out));
    for file in files {
        output_of(&sandbox, "xmllint", &["--noout", file]);
    }
}

#[test]
fn asciinema_plays_the_recording() {
    // It plays only to a terminal, which `script` provides.
    need!(needs::programs(&["asciinema", "script"]));
    let sandbox = exported(|out| out == "all.cast");
    let command = ["-qec", "asciinema cat all.cast", "/dev/null"];
    let played = output_of(&sandbox, "script", &command);
    assert!(played.contains("\x1b[2J"), "{played:?}");
}

/// The terminal emulator of the tests shows the frame that was exported.
#[test]
fn a_terminal_shows_the_ansi_file() {
    let sandbox = Sandbox::empty();
    record(sandbox.path());
    assert!(export(&sandbox, "last.ans", &["--latent", "5"]).status.success());
    let text = fs::read_to_string(sandbox.join("last.ans")).unwrap();
    let mut terminal = vt100::Parser::new(14.try_into().unwrap(), 28.try_into().unwrap(), 0);
    terminal.process(text.trim_end().replace('\n', "\r\n").as_bytes());
    let images = images(ITERATIONS);
    for (at, &pixel) in images.picture(5).iter().enumerate().filter(|(at, _)| at / 28 % 2 == 0) {
        let cell = terminal.screen().cell((at / 56) as u16, (at % 28) as u16).unwrap();
        // The upper pixel is the ink of an upper half block, or what is behind any other.
        let color = if cell.contents() == "▀" || cell.contents() == "█" {
            cell.fgcolor()
        } else {
            cell.bgcolor()
        };
        let grey = match color {
            vt100::Color::Rgb(red, green, blue) if red == green && green == blue => red,
            vt100::Color::Idx(16) => 0,
            vt100::Color::Idx(231) => 255,
            // xterm's 24 greys.
            vt100::Color::Idx(index @ 232..) => 8 + (index - 232) * 10,
            other => panic!("pixel {at}: {other:?}"),
        };
        assert!(grey.abs_diff(pixel) <= 6, "pixel {at}: {grey} for {pixel}");
    }
}

#[test]
fn what_would_do_nothing_is_refused() {
    let sandbox = Sandbox::empty();
    record(sandbox.path());
    for (out, words, expected) in [
        (
            "a.png",
            &["--fps", "5"][..],
            "--fps has no effect: PNG is not animated; use .gif, .apng or .cast",
        ),
        (
            "a.txt",
            &["--scale", "2"],
            "--scale has no effect: text has no pixels; use .gif, .apng, .png or .svg",
        ),
        ("a.csv", &["--latent", "2"], "--latent has no effect: metrics describe the whole run"),
        ("a.gif", &["--sheet"], "a.gif: expected the file extension .png or .svg"),
        ("a.csv", &["--chart"], "a.csv: expected the file extension .png or .svg"),
        (
            "a.gif",
            &["--from", "50", "--to", "20"],
            "the first iteration (50) is after the last one (20)",
        ),
        ("a.csv", &["--from", "61"], "run run has no metrics from iteration 61 on"),
        (
            "a.png",
            &["--sheet", "--latent", "64"],
            "no latent 64: the frames contain images 0 to 63",
        ),
        ("none/a.gif", &[], "cannot write none/a.gif: no such folder"),
    ] {
        let output = export(&sandbox, out, words);
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            format!("error: {expected}\n"),
            "{out} {words:?}"
        );
        assert_eq!(output.status.code(), Some(1));
        assert!(!sandbox.join(out).exists());
    }
    let both = export(&sandbox, "a.png", &["--sheet", "--chart"]);
    assert_eq!(both.status.code(), Some(2));
    let quiet = export(&sandbox, "a.png", &["--quiet"]);
    assert_eq!((quiet.status.code(), quiet.stdout, quiet.stderr), (Some(0), vec![], vec![]));
}

/// An export that is interrupted leaves the file that was there, and nothing beside it.
#[cfg(target_os = "linux")]
#[test]
fn an_interruption_leaves_no_half_file() {
    let sandbox = Sandbox::empty();
    let run = record(sandbox.path());
    // Work for minutes, so that the signal comes while it is done.
    for iteration in 100..1_500 {
        fs::hard_link(
            run.join("frames/00000060.png"),
            run.join(format!("frames/{iteration:08}.png")),
        )
        .unwrap();
    }
    fs::write(sandbox.join("a.apng"), "what was there").unwrap();
    let before = || {
        let mut names: Vec<_> =
            fs::read_dir(sandbox.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let names = before();
    for (name, status) in [("INT", 130), ("TERM", 143)] {
        let words = ["export", "run", "--out", "a.apng", "--scale", "32"];
        let mut child = sandbox.command(&words).spawn().unwrap();
        // Until it listens for the signal: bit 2 (SIGINT) of the caught ones.
        let caught = || {
            let status =
                fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let mask = status
                .lines()
                .find_map(|line| line.strip_prefix("SigCgt:"))
                .map(|mask| u64::from_str_radix(mask.trim(), 16));
            matches!(mask, Some(Ok(mask)) if mask & 2 != 0)
        };
        wait("a handler of the signal", caught);
        thread::sleep(Duration::from_millis(100));
        signal(child.id(), name);
        assert_eq!(child.wait().unwrap().code(), Some(status), "{name}");
        assert_eq!(before(), names, "{name}");
        assert_eq!(fs::read_to_string(sandbox.join("a.apng")).unwrap(), "what was there");
    }
}
