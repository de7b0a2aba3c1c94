//! Exports of a run, and what other programs read of its files.

use std::{fs, path::Path, sync::Arc};

use gan_tui_core::{
    event::{Event, Frame},
    files::atomic,
};
use gan_tui_store::{
    export::{self, ExportError, ExportSettings, ExportSummary, npy},
    run::{Recorder, Run},
};
use gan_tui_testing::{need, needs};
use tempfile::TempDir;

use super::{finished, images, plan, started};

pub fn write_export(
    run: &Run,
    settings: &ExportSettings,
    out: &Path,
) -> Result<ExportSummary, ExportError> {
    export::export(run, settings, &export::builtin(), out, &mut |_, _| {})
}

#[test]
fn a_long_run_becomes_a_small_gif() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("run");
    let mut recorder = Recorder::create(&dir, &plan()).unwrap();
    recorder.record(&started(0)).unwrap();
    for iteration in (0..=2000).step_by(20) {
        recorder
            .record(&Event::Frame(Arc::new(Frame { iteration, images: images(iteration) })))
            .unwrap();
    }
    let out = folder.path().join("a.gif");
    let mut calls = Vec::new();
    let (run, settings) = (Run::open(&dir).unwrap(), ExportSettings::default());
    let summary = export::export(&run, &settings, &export::builtin(), &out, &mut |done, all| {
        calls.push((done, all))
    })
    .unwrap();
    assert_eq!((summary.format, summary.count), ("GIF", 101));
    assert_eq!((calls.len(), calls[100]), (101, (101, 101)));
    let bytes = fs::metadata(&out).unwrap().len();
    assert_eq!(bytes, summary.bytes as u64);
    assert!(bytes < 3_000_000, "{bytes} bytes");
}

#[test]
fn exports_say_what_they_cannot_do() {
    let folder = TempDir::new().unwrap();
    let run = Run::open(&finished(folder.path())).unwrap();
    let refused = |options: &ExportSettings, name: &str| {
        let out = folder.path().join(name);
        let error = write_export(&run, options, &out).unwrap_err().to_string();
        assert!(!out.exists());
        error
    };
    let plain = ExportSettings::default();
    assert!(refused(&plain, "a.mp4").ends_with(
        "a.mp4: expected the file extension .gif, .apng, .png, .svg, .npy, .txt, .ans, \
             .cast, .csv, .onnx or .safetensors"
    ));
    assert!(
        refused(&ExportSettings { from: Some(50), to: Some(60), ..plain.clone() }, "a.gif")
            .ends_with("has no frames from iteration 50 to 60")
    );
    assert_eq!(
        refused(&ExportSettings { latent: Some(64), ..plain.clone() }, "a.gif"),
        "no latent 64: the frames contain images 0 to 63"
    );
    assert!(
        refused(&ExportSettings { scale: 1000, ..plain.clone() }, "a.gif")
            .starts_with("GIF of 224000 by 224000 pixels is too large")
    );
    assert!(
        refused(&ExportSettings { scale: 1000, ..plain.clone() }, "a.png")
            .starts_with("PNG of 224000 by 224000 pixels is too large")
    );
    assert!(refused(&plain, "missing/a.gif").starts_with("cannot write "));
}

#[test]
fn other_programs_read_the_files() {
    let mut python = need!(needs::python(&["numpy", "PIL", "safetensors"]));
    let folder = TempDir::new().unwrap();
    let dir = finished(folder.path());
    let run = Run::open(&dir).unwrap();
    for (name, options) in [
        ("a.gif", ExportSettings { scale: 2, ..ExportSettings::default() }),
        ("a.png", ExportSettings { scale: 3, latent: Some(5), ..ExportSettings::default() }),
        ("a.npy", ExportSettings::default()),
        ("a.txt", ExportSettings::default()),
    ] {
        write_export(&run, &options, &folder.path().join(name)).unwrap();
    }
    atomic::write(&folder.path().join("z.npy"), &npy::write_latents(100, &vec![0.5; 300])).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/read_files.py");
    let output = python.arg(script).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        npy::read_latents(&folder.path().join("made.npy"), 100).unwrap(),
        vec![0.25; 700],
        "and what NumPy writes is read"
    );
    let stack = npy::read_images(&folder.path().join("images.npy")).unwrap();
    assert_eq!((stack.len(), stack.picture(1)[0]), (2, 9));
}
