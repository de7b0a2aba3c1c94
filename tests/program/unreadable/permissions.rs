//! Files and folders that belong to another user.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    process::Output,
};

use gan_tui_testing::{OtherUser, Sandbox, need};

use super::{SHORT, refused};

/// Only wrong content is damage.
#[test]
fn a_checkpoint_that_may_not_be_read_is_not_damaged() {
    let sandbox = Sandbox::new(SHORT);
    let nobody = need!(OtherUser::of(&sandbox));
    sandbox.train("run", &[]);
    nobody.give(&sandbox.join("run"));
    let words = ["resume", "run", "--headless", "--quiet", "--iterations", "20"];
    for closed in [
        "checkpoints/00000012.safetensors",
        "checkpoints",
        "run.json",
        "preset.ron",
        "metrics.jsonl",
        "frames",
        ".lock",
    ] {
        let path = sandbox.join("run").join(closed);
        let mode = fs::metadata(&path).unwrap().permissions();
        OtherUser::close(&path);
        let said = refused(nobody.command(&words), &sandbox.join("run"), "permission denied");
        assert!(said.contains(closed.rsplit('/').next().unwrap()), "{closed}: {said}");
        nobody.give(&path);
        fs::set_permissions(&path, mode).unwrap();
    }
    // Of a program that is not written yet.
    let newest = sandbox.join("run/checkpoints/00000012.safetensors");
    let (good, text) = (fs::read(&newest).unwrap(), r#"\"format_version\":2"#.as_bytes());
    let at = good.windows(text.len()).position(|found| found == text).unwrap() + text.len() - 1;
    let mut newer = good.clone();
    newer[at] = b'9';
    fs::write(&newest, newer).unwrap();
    refused(nobody.command(&words), &sandbox.join("run"), "found 9, written by a newer gan-tui");
    fs::write(&newest, good).unwrap();
    assert!(nobody.command(&words).status().unwrap().success());
}

/// The system's reason, in place of "no preset", "no folder", "no run".
#[test]
fn closed_folders_are_told() {
    let sandbox = Sandbox::new(SHORT);
    let nobody = need!(OtherUser::of(&sandbox));
    let output = |words: &[&str]| -> (Output, String) {
        let output = nobody.command(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output, said)
    };
    #[track_caller]
    fn denied((output, said): (Output, String), path: &str, status: i32) {
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        assert!(said.contains("ermission denied") && said.contains(path), "{said}");
    }
    // Their own presets: one of them may be the one that is named.
    let presets = sandbox.join("gan-tui/presets");
    fs::create_dir_all(&presets).unwrap();
    fs::write(presets.join("mlp.ron"), "(name: \"mlp\", batch: 3)").unwrap();
    OtherUser::close(&presets);
    for words in [
        &["presets", "show", "mlp"][..],
        &["presets", "list"],
        &["train", "--preset", "mlp", "--iterations", "1"],
        &["presets", "check", "mien"],
    ] {
        denied(output(words), "gan-tui/presets", 1);
    }
    // The folder above the data, above a run, and of runs.
    fs::create_dir(sandbox.join("above")).unwrap();
    fs::rename(sandbox.join("shapes"), sandbox.join("above/shapes")).unwrap();
    sandbox.stdout(&[
        "train",
        "--preset",
        "small.ron",
        "--data",
        "above/shapes",
        "--quiet",
        "--out",
        "above/run",
    ]);
    // In this sandbox, it is the state folder too.
    fs::remove_dir_all(sandbox.join("gan-tui")).unwrap();
    OtherUser::close(&sandbox.join("above"));
    denied(
        output(&["train", "--preset", "small.ron", "--data", "above/shapes"]),
        "above/shapes",
        1,
    );
    denied(output(&["data", "check", "above/shapes"]), "above/shapes", 1);
    symlink("above", sandbox.join("runs")).unwrap();
    denied(output(&["train", "--preset", "mlp", "--iterations", "1"]), "runs/mlp-", 1);
    fs::remove_file(sandbox.join("runs")).unwrap();
    for words in [
        &["sample", "above/run"][..],
        &["export", "above/run"],
        &["resume", "above/run", "--headless"],
        &["runs", "remove", "above/run", "--yes"],
        &["sample", "above/run/checkpoints/00000012.safetensors"],
        &["train", "--preset", "mlp", "--resume-auto", "--out", "above/run"],
        &["train", "--preset", "mlp", "--out", "above/new"],
    ] {
        denied(output(words), "above", 1);
    }
    denied(output(&["presets", "show", "above/mine.ron"]), "above/mine.ron", 1);
    let listed = output(&["runs", "above"]);
    denied(listed, "above", 1);
    // Runs that nobody may enter are listed, and why nothing more is known of them is said.
    fs::rename(sandbox.join("above"), sandbox.join("runs")).unwrap();
    fs::set_permissions(sandbox.join("runs"), fs::Permissions::from_mode(0o755)).unwrap();
    let listed = output(&["runs"]);
    assert!(String::from_utf8_lossy(&listed.0.stdout).contains("runs/run  unknown"), "{listed:?}");
    denied(listed, "runs/run", 0);
    // The state folder, where sockets are.
    let state = sandbox.join("gan-tui");
    fs::create_dir_all(&state).unwrap();
    OtherUser::close(&state);
    denied(output(&["runs"]), "gan-tui", 0);
}
