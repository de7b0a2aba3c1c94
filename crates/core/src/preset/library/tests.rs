//! Presets are found by name and by file.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::preset::{Adam, Data};

#[test]
fn built_in_presets_are_good_and_called_as_they_say() {
    for built_in in BUILT_IN {
        assert_eq!(built_in.read().unwrap().name, built_in.name);
    }
    assert!(Library::default().source(DEFAULT).is_ok());
}

#[test]
fn dcgan_is_the_reference_to_the_letter() {
    let preset = BUILT_IN[0].read().unwrap();
    let reference = Preset {
        name: "dcgan".into(),
        description: preset.description.clone(),
        ..Preset::default()
    };
    assert_eq!(preset, reference);
    assert_eq!(
        (preset.batch, preset.iterations, preset.frame_every, preset.latent),
        (32, 10_000, 20, 100)
    );
    assert_eq!(
        preset.generator,
        Adam { learning_rate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-7 }
    );
    assert_eq!(
        (preset.discriminator, preset.dropout, preset.data),
        (preset.generator, 0.25, Data::Auto)
    );
}

#[test]
fn built_in_presets_are_shown_with_every_field_and_hold_those_that_differ() {
    let default = Preset::default();
    for built_in in BUILT_IN {
        let (source, name) = (built_in.source(), built_in.name);
        let (preset, complete) = (source.read().unwrap(), source.complete().unwrap());
        assert_eq!(Preset::parse(&complete, name).unwrap(), preset);
        for line in default.to_ron().lines() {
            let Some((field, _)) = line.trim().split_once(':').filter(|_| !line.contains("//"))
            else {
                continue;
            };
            assert!(complete.contains(&format!(" {field}: ")), "{name}: {field}");
        }
        for field in Preset::FIELDS {
            let differs = (field.value)(&preset) != (field.value)(&default);
            let is_written = place::of(built_in.text, field.name).is_some();
            assert_eq!(is_written, differs, "{name}: {}", field.name);
        }
    }
}

#[test]
fn files_that_are_no_presets_are_refused_with_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.ron");
    let find = || Preset::find(path.to_str().unwrap()).unwrap_err().to_string();
    assert!(find().contains("mine.ron: no such file"), "{}", find());
    std::fs::write(&path, b"(\n\xff)").unwrap();
    assert!(
        find().ends_with("mine.ron: expected text in UTF-8, found other bytes in line 2"),
        "{}",
        find()
    );
    std::fs::write(&path, vec![b' '; 2 << 20]).unwrap();
    assert!(
        find().ends_with("mine.ron: expected a text of up to 1048576 bytes, found more"),
        "{}",
        find()
    );
    std::fs::write(&path, "(latent: 99)").unwrap();
    assert!(
        find().ends_with("mine.ron:1:10: latent: expected 64 or 100 for model Dcgan, found 99"),
        "{}",
        find()
    );
    let near =
        Preset::find(folder.path().join("mien.ron").to_str().unwrap()).unwrap_err().to_string();
    assert!(
        near.contains("mien.ron: no such file or directory; did you mean `")
            && near.ends_with("/mine.ron`?"),
        "{near}"
    );
    let mistyped = Library::default().source("dcgna").unwrap_err().to_string();
    assert_eq!(mistyped, "no preset named `dcgna`; did you mean `dcgan`?");
}

#[test]
fn the_users_presets_have_names_and_stand_in_for_those_built_in() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("night.ron", "(name: \"night\", batch: 7)");
    write("quick.ron", "(name: \"quick\", batch: 8)");
    write("notes.txt", "no preset");
    std::fs::create_dir(folder.path().join("old.ron")).unwrap();
    let library = Library { folder: Some(folder.path().into()) };
    let all = library.all().unwrap();
    assert_eq!(
        all.iter().map(|named| named.name.as_str()).collect::<Vec<_>>(),
        [
            "dcgan",
            "quick",
            "dcgan-small",
            "fast",
            "fast-unlabelled",
            "best",
            "digits",
            "faces",
            "faces64",
            "mlp",
            "night"
        ]
    );
    assert_eq!(all[1].file.as_deref(), Some(folder.path().join("quick.ron").as_path()));
    let batch = |name: &str| library.source(name).unwrap().read().unwrap().batch;
    assert_eq!([batch("night"), batch("quick"), batch("dcgan")], [7, 8, 32]);
    assert_eq!(
        library.source("nihgt").unwrap_err().to_string(),
        "no preset named `nihgt`; did you mean `night`?"
    );
    write("night.ron", "(batch: 0)");
    let error = library.source("night").unwrap().read().unwrap_err().to_string();
    assert!(
        error.ends_with("night.ron:1:9: batch: expected a whole number from 1 to 1024, found 0"),
        "{error}"
    );
}

#[test]
fn a_preset_in_a_file_is_called_as_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = BUILT_IN[0].source().complete().unwrap();
    for (file, name) in [
        ("lr5.ron", "lr5"),
        ("lr5", "lr5"),
        ("lr.5.txt", "lr-5"),
        (".my preset (2).ron", "my-preset--2"),
        ("日本.ron", "dcgan"),
        ("preset.ron", "dcgan"),
        (&format!("{}.ron", "x".repeat(60)), &"x".repeat(40)),
    ] {
        std::fs::write(path(file), &text).unwrap();
        let preset = Preset::find(path(file).to_str().unwrap()).unwrap();
        assert_eq!(preset.name, name, "{file}");
        assert_eq!(Preset { name: "dcgan".into(), ..preset }, BUILT_IN[0].read().unwrap());
    }
    let library = Library { folder: Some(folder.path().into()) };
    let name = |named: &str| library.source(named).unwrap().read().unwrap().name;
    assert_eq!(["lr5", "preset", "日本", "quick"].map(name), ["lr5", "preset", "dcgan", "quick"]);
}

#[test]
fn a_preset_written_on_windows_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.ron");
    let find = || Preset::find(path.to_str().unwrap());
    let text = "// On Windows.\r\n(\r\n    batch: 9, // nine\r\n    latent: 99,\r\n)\r\n";
    std::fs::write(&path, format!("\u{feff}{}", text.replace("99", "64"))).unwrap();
    assert_eq!(find().unwrap().batch, 9);
    std::fs::write(&path, format!("\u{feff}{text}")).unwrap();
    let error = find().unwrap_err().to_string();
    assert!(error.contains("mine.ron:4:13: latent: expected 64 or 100"), "{error}");
    std::fs::write(
        &path,
        "\u{feff}(batch: 9)".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
    )
    .unwrap();
    let error = find().unwrap_err().to_string();
    assert!(
        error.ends_with("mine.ron: expected text in UTF-8, found UTF-16 (little-endian)"),
        "{error}"
    );
}
