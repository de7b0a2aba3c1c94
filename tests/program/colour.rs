//! Colour pictures all the way: from a folder of a person's own to what the generator draws.

use gan_tui_core::image::{Image, ImageShape, png};
use gan_tui_testing::{Sandbox, assert_same};

/// A folder of 240 pictures in two classes: a coloured square on a ground of another colour.
fn pictures(sandbox: &Sandbox) {
    for index in 0..240u32 {
        let (class, red) = if index % 2 == 0 { ("warm", 220) } else { ("cold", 30) };
        let (left, top) = ((index * 7) % 20, (index * 5) % 20);
        let mut pixels = Vec::new();
        for (y, x) in (0..32 * 32).map(|at| (at / 32, at % 32)) {
            let inside = (left..left + 12).contains(&x) && (top..top + 12).contains(&y);
            pixels.extend(if inside {
                [red, 60, 250 - red]
            } else {
                [20, (index % 200) as u8, 40]
            });
        }
        let image = Image::new(ImageShape::rgb(32, 32), pixels);
        sandbox.write(format!("squares/{class}/{index}.png"), png::encode(&image).unwrap());
    }
}

const SHORT: &str = "(name: \"short\", model: Colour32, latent: 64, batch: 8, dropout: 0, \
    reuse_fakes: true, wrong_labels: true, held_back: Images(200), score_every: 4, \
    frame_every: 2, checkpoint_every: 2)";

#[test]
fn a_folder_of_colour_pictures_is_learned_scored_sampled_and_resumed() {
    let sandbox = Sandbox::empty();
    pictures(&sandbox);
    sandbox.write("short.ron", SHORT);
    let train = |out: &str, iterations: &str| {
        sandbox.stdout(&[
            "train",
            "--preset",
            "short.ron",
            "--data",
            "squares",
            "-n",
            iterations,
            "--out",
            out,
        ])
    };
    train("whole", "6");
    let manifest = sandbox.manifest("whole");
    assert_eq!(manifest["model"], "colour32");
    assert_eq!(manifest["classes"], serde_json::json!(["cold", "warm"]));
    assert_eq!(manifest["dataset"]["count"], 40);

    let log = std::fs::read_to_string(sandbox.join("whole/metrics.jsonl")).unwrap();
    let scored: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["score"].take())
        .filter(|score| !score.is_null())
        .collect();
    assert_eq!(scored.len(), 2, "every four iterations, and at the end");
    assert_eq!(scored[0]["samples"], 100);
    let distance = scored[1]["sliced_wasserstein"].as_f64().unwrap();
    assert!(distance > scored[1]["floor"].as_f64().unwrap(), "{scored:?}");

    // Stopped on the way and resumed: the same run.
    train("part", "3");
    sandbox.stdout(&["resume", "part", "--iterations", "6", "--headless"]);
    assert_same(&sandbox.join("part"), &sandbox.join("whole"));

    let scores: serde_json::Value =
        serde_json::from_str(&sandbox.only_stdout(&["score", "whole", "--json"])).unwrap();
    assert_eq!(scores["samples"], 100);
    assert!(scores["coverage"].as_f64().is_some() && scores["real"]["recall"].as_f64().is_some());
    sandbox.stdout(&["sample", "whole", "--count", "150", "--out", "x.npy"]);
    let page = sandbox.stdout(&["score", "x.npy", "--data", "squares"]);
    assert!(page.contains("sliced Wasserstein") && page.contains("real pictures"), "{page}");
    let error = sandbox.assert_error_contains(&["score", "x.npy"], "needs --data");
    assert!(error.contains("x.npy"), "{error}");
}

#[test]
fn the_data_choose_the_preset_unless_one_is_named() {
    let sandbox = Sandbox::new("batch: 2");
    pictures(&sandbox);
    let output = sandbox.run(&["train", "--data", "shapes", "-n", "1", "-b", "2", "--out", "grey"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("preset fast (dcgan-small-digits); --preset chooses"), "{told}");
    assert_eq!(sandbox.manifest("grey")["preset"], "fast");
    let output = sandbox.run(&["train", "--data", "squares", "-n", "1", "--out", "by-data"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.contains("preset faces (colour32)"), "{told}");
    assert_eq!(sandbox.manifest("by-data")["preset"], "faces");
    let page = sandbox.stdout(&["data", "check", "squares"]);
    assert!(page.contains("without --preset, they are trained on with faces"), "{page}");

    let output =
        sandbox.run(&["train", "--preset", "mlp", "--data", "squares", "-n", "1", "--out", "mlp"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(sandbox.manifest("mlp")["model"], "mlp");
}
