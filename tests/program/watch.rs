//! What other programs log, and runs beside each other.

use std::{fs, io::Write, path::Path};

use gan_tui_core::image::{Image, png};
use gan_tui_store::tensorboard::{
    Message as _,
    messages::{self, Event, Value},
    record,
};
use gan_tui_testing::{Sandbox, Terminal};

/// Appends events to a file.
fn append(path: &Path, events: &[Event]) {
    let mut bytes = Vec::new();
    for event in events {
        record::write(&mut bytes, &event.encode_to_vec()).unwrap();
    }
    let mut file = fs::File::options().create(true).append(true).open(path).unwrap();
    file.write_all(&bytes).unwrap();
}

fn scalars(steps: std::ops::Range<i64>) -> Vec<Event> {
    let value = |step: i64| vec![Value::scalar("loss/d", 1.0 / (step + 1) as f32)];
    steps.map(|step| Event::summary(1e9 + step as f64, step, value(step))).collect()
}

#[test]
fn event_files_are_followed_as_they_grow() {
    let sandbox = Sandbox::empty();
    let folder = sandbox.join("logs/run");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("events.out.tfevents.1.host");
    append(&file, &[Event::file_version(1e9)]);
    let mut terminal = Terminal::start(&sandbox, &["watch", "logs"]);
    terminal.shows("nothing is logged there yet");
    append(&file, &scalars(0..50));
    terminal.wait("the first steps", |text| text.contains("step 49") && text.contains("loss/d"));
    let encoded = png::encode(&Image::filled(32, 32, 200)).unwrap();
    let image = messages::Image { encoded, ..messages::Image::default() };
    append(&file, &[Event::summary(1e9 + 60.0, 60, vec![Value::image("samples", image)])]);
    append(&file, &[Event::summary(1e9 + 60.0, 60, vec![Value::text("notes", "some words")])]);
    terminal.wait("a picture and a text", |text| {
        text.contains("samples") && text.contains("some words") && text.contains("step 60")
    });
    // A run beside it makes two that are compared.
    fs::create_dir_all(sandbox.join("logs/other")).unwrap();
    append(&sandbox.join("logs/other/events.out.tfevents.2.host"), &scalars(0..20));
    terminal.wait("the other run", |text| text.contains("2 runs") && text.contains("other"));
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

#[test]
fn a_command_is_run_at_the_alerts_of_watched_runs() {
    let sandbox = Sandbox::empty();
    let folder = sandbox.join("logs/run");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("events.out.tfevents.1.host");
    append(&file, &scalars(0..50));
    let tell = "echo $GAN_TUI_EVENT $GAN_TUI_EVENT_ITERATION $GAN_TUI_EVENT_RUN \
                $GAN_TUI_EVENT_REASON >> told; echo no disk >&2; exit 3";
    let mut terminal = Terminal::start(&sandbox, &["watch", "logs", "--exec", tell]);
    terminal.shows("step 49");
    let nan = vec![Value::scalar("loss/d", f32::NAN)];
    append(&file, &[Event::summary(1e9 + 50.0, 50, nan)]);
    terminal.shows("--exec at explosion: exit status: 3: no disk");
    let told = fs::read_to_string(sandbox.join("told")).unwrap();
    let reason = "loss/d is no finite number since step 50";
    assert_eq!(told, format!("explosion 50 {} {reason}\n", folder.display()));
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    sandbox.assert_error(&["watch", "gone"], 1, "cannot open gone: no such file or directory");
    for command in ["browse", "runs"] {
        sandbox.assert_error(&[command, "gone"], 1, "cannot read gone: no such folder");
    }
}

#[test]
fn runs_are_compared_in_files_and_on_the_screen() {
    let sandbox = Sandbox::new("frame_every: 2");
    for (seed, rate) in [("1", "1e-3"), ("2", "1e-3"), ("1", "5e-4"), ("2", "5e-4")] {
        let name = format!("rate{rate}-seed{seed}");
        let preset = format!(
            "(name: \"small\", model: Mlp, latent: 64, batch: 2, iterations: 4, frame_every: 2, \
             generator: (learning_rate: {rate}))"
        );
        sandbox.write("one.ron", preset);
        let out = format!("sweep/{name}");
        let data = ["--data", "shapes", "--threads", "1", "--seed", seed, "--out", &out, "--quiet"];
        sandbox.only_stdout(&[&["train", "--preset", "one.ron"][..], &data].concat());
    }
    let json = sandbox.only_stdout(&["compare", "--sweep", "sweep", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let groups: Vec<&str> =
        json["groups"].as_array().unwrap().iter().map(|g| g["name"].as_str().unwrap()).collect();
    assert_eq!(groups, ["rate1e-3", "rate5e-4"]);
    let first = &json["runs"][0];
    assert_eq!(first["series"]["d_loss"]["count"], 4);
    assert_eq!(first["differs"]["generator.learning_rate"], "0.001");
    sandbox.only_stdout(&["compare", "--sweep", "sweep", "--out", "all.csv"]);
    let table = fs::read_to_string(sandbox.join("all.csv")).unwrap();
    assert!(table.starts_with("run,seed,step,images,seconds,d_loss,"), "{table}");
    assert_eq!(table.lines().count(), 1 + 4 * 4);
    assert!(table.contains("\nrate5e-4-seed2,2,4,8,"), "{table}");
    let arguments = ["compare", "sweep/rate1e-3-seed1", "sweep/rate5e-4-seed1", "--out", "x.svg"];
    sandbox.only_stdout(&[&arguments[..], &["--by", "images"]].concat());
    assert!(fs::read_to_string(sandbox.join("x.svg")).unwrap().contains(">images seen<"));

    let mut terminal = Terminal::start(&sandbox, &["compare", "--sweep", "sweep"]);
    terminal.resize(160, 45);
    terminal.wait("the groups", |text| text.contains("rate1e-3 (2 seeds)"));
    terminal.wait("the pictures", |text| text.contains("step 4 ━") && text.contains('▙'));
    terminal.press("g");
    terminal.wait("each run by itself", |text| !text.contains("(2 seeds)"));
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    sandbox.assert_error(&["compare", "shapes"], 1, "no runs in shapes");
    let told = "all.txt: expected a file that ends in .csv, .svg or .png";
    sandbox.assert_error(&["compare", "sweep", "--out", "all.txt"], 1, told);
    sandbox.assert_error(
        &["compare", "sweep"],
        1,
        "the monitor needs a terminal on standard input and output; use --json or --out",
    );
    sandbox.assert_error_contains(&["compare", "gs://x/y", "--json"], "is not on this machine");
}
