//! `sample`: latents that are bounded, saved, interpolated and chosen, and numbers drawn from them.

use std::fs;

use gan_tui_core::image::ImageShape;
use gan_tui_store::export::npy;
use gan_tui_testing::Sandbox;

use super::score::run;

#[test]
fn numbers_are_drawn_from_saved_latents_and_walked_through_within_bounds() {
    let sandbox = Sandbox::empty();
    let preset = r#"(name: "mine", model: DcganSmallDigits, latent: 64, data: Synthetic, batch: 4,
        iterations: 1, score_every: 0)"#;
    fs::write(sandbox.join("mine.ron"), preset).unwrap();
    let (well, _, complaint) = run(&sandbox, &["train", "--preset", "mine.ron", "--out", "run"]);
    assert!(well, "{complaint}");
    let sample = |words: &[&str]| run(&sandbox, &[&["sample", "run"], words].concat());
    assert!(
        sample(&["--digits", "20", "--count", "3", "--save-latents", "z.npy", "--out", "a.npy"]).0
    );
    assert!(sample(&["--digits", "20", "--latents", "z.npy", "--out", "b.npy"]).0);
    let read = |name: &str| npy::read_images(&sandbox.join(name)).unwrap();
    assert_eq!(read("a.npy"), read("b.npy"), "latents of a number that were saved draw it again");
    let (well, _, complaint) = sample(&["--digits", "204", "--latents", "z.npy", "--out", "c.npy"]);
    assert!(well, "two times three: {complaint}");
    let (well, _, complaint) = sample(&["--digits", "2045", "--latents", "z.npy"]);
    assert!(
        !well && complaint.contains("z.npy: expected 4 latents for each number, found 6"),
        "{complaint}"
    );
    assert!(
        sample(&["--digits", "20", "--latents", "z.npy", "--interpolate", "4", "--out", "way.npy"])
            .0
    );
    let (way, ends) = (read("way.npy"), read("a.npy"));
    let near = |a: &[u8], b: &[u8]| a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= 1);
    for leg in 0..5 {
        assert!(
            near(&way.get(4 * leg).pixels, &ends.get(leg).pixels)
                && near(&way.get(4 * leg + 3).pixels, &ends.get(leg + 1).pixels)
        );
    }
    for too_many in [
        &["--count", "1000000", "--digits", "20"][..],
        &["--count", "1000", "--interpolate", "10000"],
    ] {
        let (well, _, complaint) = sample(too_many);
        assert!(
            !well && complaint.contains("images are too many at once: up to 1000000 are drawn"),
            "{complaint}"
        );
    }
    let (well, _, complaint) = sample(&["--save-latents", "z.npy", "--out", "z.npy"]);
    assert!(
        !well && complaint.contains("--save-latents and --out are the same file"),
        "{complaint}"
    );
}

#[test]
fn latents_are_bounded_walked_between_searched_and_kept() {
    let sandbox = Sandbox::empty();
    let (well, _, complaint) = run(
        &sandbox,
        &[
            "train",
            "--preset",
            "mlp",
            "--data",
            "synthetic",
            "--iterations",
            "2",
            "--batch",
            "4",
            "--out",
            "run",
        ],
    );
    assert!(well, "{complaint}");
    let sample = |words: &[&str]| run(&sandbox, &[&["sample", "run"], words].concat());
    let (well, _, complaint) = sample(&["--digits", "7"]);
    assert!(
        !well && complaint.contains("--digits needs a class-conditional model, found mlp"),
        "{complaint}"
    );

    assert!(
        sample(&[
            "--count",
            "5",
            "--truncation",
            "0.5",
            "--save-latents",
            "z.npy",
            "--out",
            "a.npy"
        ])
        .0
    );
    let latents = npy::read_latents(&sandbox.join("z.npy"), 64).unwrap();
    assert!(latents.len() == 320 && latents.iter().all(|number| number.abs() <= 0.5));
    assert!(sample(&["--latents", "z.npy", "--out", "b.npy"]).0);
    assert_eq!(
        fs::read(sandbox.join("a.npy")).unwrap(),
        fs::read(sandbox.join("b.npy")).unwrap(),
        "latents that were saved draw the same"
    );

    assert!(sample(&["--latents", "z.npy", "--interpolate", "6", "--out", "way.npy"]).0);
    let (way, ends) = (
        npy::read_images(&sandbox.join("way.npy")).unwrap(),
        npy::read_images(&sandbox.join("a.npy")).unwrap(),
    );
    assert_eq!(way.len(), 4 * 6);
    let near = |a: &[u8], b: &[u8]| a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= 1);
    assert!(
        near(&way.get(0).pixels, &ends.get(0).pixels)
            && near(&way.get(23).pixels, &ends.get(4).pixels),
        "both ends are there"
    );
    let (well, _, complaint) = sample(&["--count", "1", "--interpolate", "6"]);
    assert!(!well && complaint.contains("--interpolate needs two latents at least"), "{complaint}");

    assert!(
        sample(&[
            "--count",
            "3",
            "--confident",
            "0.2",
            "--save-latents",
            "sure.npy",
            "--out",
            "c.npy"
        ])
        .0,
        "any reading is that sure"
    );
    assert_eq!(npy::read_latents(&sandbox.join("sure.npy"), 64).unwrap().len(), 192);
}

/// A run on the embedded faces: its frames, samples and exports are in colour and of its classes.
#[test]
fn a_run_on_faces_draws_the_classes_that_are_asked_for() {
    let sandbox = Sandbox::empty();
    let preset = r#"(name: "mine", model: Colour32, latent: 64, batch: 2, iterations: 1)"#;
    fs::write(sandbox.join("mine.ron"), preset).unwrap();
    let (well, _, complaint) = run(&sandbox, &["train", "--preset", "mine.ron", "--out", "run"]);
    assert!(well, "{complaint}");
    let sample = |words: &[&str]| run(&sandbox, &[&["sample", "run"], words].concat());
    let read = |name: &str| npy::read_images(&sandbox.join(name)).unwrap();
    for (class, out) in [("glasses", "a.npy"), ("1", "b.npy"), ("hat", "c.npy")] {
        let (well, _, complaint) = sample(&["--class", class, "--count", "3", "--out", out]);
        assert!(well, "{complaint}");
    }
    assert_eq!((read("a.npy").len(), read("a.npy").shape()), (3, ImageShape::rgb(32, 32)));
    assert_eq!(read("a.npy"), read("b.npy"), "a class by its name and by its number");
    assert_ne!(read("a.npy"), read("c.npy"));
    let classes = "plain, glasses, shades, hat, crown, headphones, beard, moustache";
    for (words, expected) in [
        (
            &["--class", "cat"][..],
            format!("--class: expected one of the classes {classes}, found cat"),
        ),
        (&["--class", "8"], format!("--class: expected one of the classes {classes}, found 8")),
        (
            &["--digits", "7"],
            format!(
                "--digits: expected digits of the model's classes, {classes}, found 7; use --class"
            ),
        ),
        (&["--confident", "0.5"], "--confident needs images of digits, 28x28 in grey".into()),
    ] {
        let (well, _, complaint) = sample(words);
        assert!(!well && complaint.contains(&expected), "{complaint}");
    }
    let (_, text, _) = sample(&["--class", "beard", "--count", "2", "--color", "16"]);
    assert!(text.contains("\x1b["), "in colours: {text:?}");
    let (well, _, complaint) = run(&sandbox, &["export", "run", "--out", "last.npy"]);
    assert!(well, "{complaint}");
    assert_eq!(read("last.npy").shape(), ImageShape::rgb(32, 32));
}
