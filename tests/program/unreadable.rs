//! What cannot be read is never taken for what is not there: nothing of a run is changed before all
//! of it could be read and written.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use gan_tui_testing::{
    EACCES, EIO, ESTALE, FailingCalls, OtherUser, Sandbox, assert_same, change_attribute, need,
    needs, recorded, wait,
};
use serde_json::Value;

const SHORT: &str = "iterations: 12, frame_every: 3, checkpoint_every: 4, keep_checkpoints: 3";

/// Everything below a folder: files with their bytes, links with where they lead, folders.
fn everything(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn collect(root: &Path, folder: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_path_buf();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_dir() {
                into.insert(name, b"a folder".to_vec());
                collect(root, &path, into);
            } else if kind.is_symlink() {
                into.insert(
                    name,
                    fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
                );
            } else if name != Path::new("log.txt") {
                // A log may grow.
                into.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(folder, folder, &mut found);
    found
}

/// A command is refused with status 1 and one line that holds `part`; a folder is afterwards what
/// it was, to the byte.
#[track_caller]
fn refused(mut command: Command, folder: &Path, part: &str) -> String {
    let before = everything(folder);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
    assert!(
        said.lines().filter(|line| line.starts_with("error: ")).count() == 1 && said.contains(part),
        "{said}"
    );
    let after = everything(folder);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{said}");
    for (name, bytes) in &before {
        assert!(after[name] == *bytes, "{} differs after: {said}", name.display());
    }
    said
}

/// Every way to continue a run, in words.
fn ways(sandbox: &Sandbox) -> Vec<Command> {
    let auto = |more: &[&str]| {
        sandbox.command(
            &sandbox.training("run", &[&["--iterations", "20", "--resume-auto"], more].concat()),
        )
    };
    let resume =
        |more: &[&str]| sandbox.command(&[&["resume", "run", "--iterations", "20"], more].concat());
    vec![auto(&[]), auto(&["--detach"]), resume(&["--headless", "--quiet"]), resume(&["--detach"])]
}

/// A scratch disk that is not mounted, a closed folder, a file in place of the folder, one that is
/// gone or empty: nothing is cut and nothing begins again.
#[test]
fn a_run_without_its_checkpoints_is_left_as_it_is() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    let checkpoints = sandbox.join("run/checkpoints");
    fs::rename(&checkpoints, sandbox.join("off")).unwrap();

    symlink(sandbox.join("scratch"), &checkpoints).unwrap();
    for way in ways(&sandbox) {
        let said = refused(way, &sandbox.join("run"), "run/checkpoints: it is a link to ");
        assert!(said.contains("scratch, which does not exist"), "{said}");
    }
    for words in [
        &["sample", "run"][..],
        &["score", "run"],
        &["export", "run"],
        &["runs", "remove", "run", "--yes"],
    ] {
        refused(sandbox.command(words), &sandbox.join("run"), "run/checkpoints: it is a link to ");
    }
    fs::remove_file(&checkpoints).unwrap();

    for way in ways(&sandbox) {
        let said = refused(
            way,
            &sandbox.join("run"),
            "run run cannot be resumed: its files tell of iteration 12 (metrics.jsonl), and run/checkpoints is not there",
        );
        assert!(
            said.contains("train into another --out, or start it again with --restart"),
            "{said}"
        );
    }
    fs::create_dir(&checkpoints).unwrap();
    for way in ways(&sandbox) {
        refused(way, &sandbox.join("run"), "run/checkpoints holds no checkpoint");
    }
    fs::remove_dir(&checkpoints).unwrap();
    fs::write(&checkpoints, "a file").unwrap();
    for way in ways(&sandbox) {
        refused(way, &sandbox.join("run"), "cannot read run/checkpoints: not a directory");
    }
    fs::remove_file(&checkpoints).unwrap();
    symlink("checkpoints", &checkpoints).unwrap();
    for way in ways(&sandbox) {
        refused(way, &sandbox.join("run"), "run/checkpoints: too many levels of symbolic links");
    }
    fs::remove_file(&checkpoints).unwrap();

    // Neither does run.json have to be there, nor the metrics.
    for file in ["run.json", "metrics.jsonl"] {
        fs::rename(sandbox.join("run").join(file), sandbox.join(file)).unwrap();
        refused(
            ways(&sandbox).remove(2),
            &sandbox.join("run"),
            "cannot be resumed: its files tell of iteration 12",
        );
    }
    for file in ["run.json", "metrics.jsonl"] {
        fs::rename(sandbox.join(file), sandbox.join("run").join(file)).unwrap();
    }

    // Once they are back, all is well.
    fs::rename(sandbox.join("off"), &checkpoints).unwrap();
    sandbox.train("run", &["--iterations", "20", "--resume-auto"]);
    let longer = Sandbox::new(&SHORT.replace("12", "20"));
    longer.train("run", &[]);
    assert_same(&sandbox.join("run"), &longer.join("run"));
}

#[test]
fn a_run_that_has_lost_its_checkpoints_begins_again_on_request() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("whole", &[]);
    type Way<'a> = &'a dyn Fn() -> Command;
    let ways: [Way; 4] = [
        &|| sandbox.command(&["resume", "run", "--headless", "--quiet", "--restart"]),
        &|| sandbox.command(&sandbox.training("run", &["--restart"])),
        &|| sandbox.command(&sandbox.training("run", &["--resume-auto", "--restart"])),
        &|| sandbox.command(&["resume", "run", "--detach", "--restart"]),
    ];
    for (number, way) in ways.into_iter().enumerate() {
        sandbox.train("run", &[]);
        // There is nothing to begin again while there is something to continue from; a job that is
        // always started with the same line has its end.
        match number {
            2 => assert!(way().status().unwrap().success()),
            0 | 3 => drop(refused(
                sandbox.command(&[
                    "resume",
                    "run",
                    "--headless",
                    "--restart",
                    "--iterations",
                    "20",
                ]),
                &sandbox.join("run"),
                "",
            )),
            _ => drop(refused(
                sandbox.command(&sandbox.training("run", &["--restart", "--iterations", "20"])),
                &sandbox.join("run"),
                "",
            )),
        }
        fs::remove_dir_all(sandbox.join("run/checkpoints")).unwrap();
        let before = everything(&sandbox.join("run"));
        let output = way().output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned()
            + &fs::read_to_string(sandbox.join("run/log.txt")).unwrap_or_default();
        assert!(output.status.success(), "{said}");
        wait("the end", || sandbox.manifest("run")["state"] == "finished");
        assert!(
            said.contains("starts again at iteration 1, and its old files are put aside"),
            "{said}"
        );
        assert_same(&sandbox.join("run"), &sandbox.join("whole"));
        let aside = everything(&sandbox.join("run/before-restart-1"));
        for name in ["run.json", "preset.ron", "metrics.jsonl", "frames/00000012.png"] {
            assert!(aside[Path::new(name)] == before[Path::new(name)], "{name}");
        }
        assert_eq!(sandbox.manifest("run")["resumed"], Value::Array(vec![]), "it is a new run");
        wait("its process", || sandbox.run(&["runs", "remove", "run", "--yes"]).status.success());
        assert!(!sandbox.join("run").exists(), "what was put aside is of the run");
    }
}

#[test]
fn calls_that_fail_change_nothing() {
    let library = need!(FailingCalls::build());
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    fs::write(sandbox.join("run/changes.jsonl"), "").unwrap();
    for error in [EACCES, EIO, ESTALE] {
        for (calls, path) in [
            ("opendir,", "run/checkpoints"),
            ("opendir,", "run/frames"),
            ("open,", "00000012.safetensors"),
            ("stat,", "00000012.safetensors"),
            ("stat,", "run/checkpoints"),
            ("open,", "run/metrics.jsonl"),
            ("open,", "run/run.json"),
            ("open,", "run/preset.ron"),
            ("open,", "run/changes.jsonl"),
            ("stat,", "run/checkpoints/best.safetensors"),
            ("stat,", "run/.lock"),
        ] {
            for (way, command) in ways(&sandbox).into_iter().enumerate() {
                // Half of a second each: all ways with one error, one way with the others.
                if error == EIO || way == 2 {
                    let name = path.rsplit('/').next().unwrap();
                    refused(library.on(command, calls, path, error), &sandbox.join("run"), name);
                }
            }
        }
    }
    // A call that fails in the midst of the cut ends it, and the next try is as good as the first.
    let before = fs::read(sandbox.join("run/metrics.jsonl")).unwrap();
    fs::write(sandbox.join("run/metrics.jsonl"), [before.as_slice(), b"{\"torn"].concat()).unwrap();
    for written in ["/.metrics.jsonl.*", "/.run.json.*", "/.preset.ron.*"] {
        let resume =
            sandbox.command(&["resume", "run", "--headless", "--quiet", "--iterations", "20"]);
        let output = library.on(resume, "rename,", written, EIO).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(1) && said.contains("error: cannot write run/"),
            "{said}"
        );
        let detached = library.on(
            sandbox.command(&["resume", "run", "--detach", "--iterations", "20"]),
            "rename,",
            written,
            EIO,
        );
        assert_eq!({ detached }.output().unwrap().status.code(), Some(1));
    }
    sandbox.train("run", &["--iterations", "20", "--resume-auto"]);
    let longer = Sandbox::new(&SHORT.replace("12", "20"));
    longer.train("run", &[]);
    assert_same(&sandbox.join("run"), &longer.join("run"));
}

/// What a trial write does not show: files that cannot be renamed or replaced, and what is in the
/// way of what is put aside.
#[test]
fn what_stands_in_the_way_of_a_cut_is_found_before_it() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    fs::write(sandbox.join("run/checkpoints/00000012.safetensors"), "wrong content").unwrap();
    let resume = || sandbox.command(&["resume", "run", "--headless", "--quiet"]);
    for (name, part) in [
        ("metrics.jsonl.before-8", "is a directory"),
        ("frames.before-8", "expected a folder, or nothing"),
    ] {
        let path = sandbox.join("run").join(name);
        if name.starts_with("metrics") {
            fs::create_dir(&path).unwrap()
        } else {
            fs::write(&path, "").unwrap()
        }
        refused(resume(), &sandbox.join("run"), part);
        if name.starts_with("metrics") {
            fs::remove_dir(&path).unwrap()
        } else {
            fs::remove_file(&path).unwrap()
        }
        symlink("/mnt/off", &path).unwrap();
        refused(resume(), &sandbox.join("run"), "which does not exist");
        fs::remove_file(&path).unwrap();
    }
    // A pipe is not waited for, and nothing is written through a link in place of the lock.
    for name in ["run.json", "preset.ron", "metrics.jsonl", "changes.jsonl", ".lock"] {
        let path = sandbox.join("run").join(name);
        let content = fs::read(&path).ok();
        let _ = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let output = resume().output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(name), "{output:?}");
        fs::remove_file(&path).unwrap();
        content.into_iter().for_each(|content| fs::write(&path, content).unwrap());
    }
    fs::rename(sandbox.join("run/.lock"), sandbox.join("lock")).unwrap();
    symlink("run.json", sandbox.join("run/.lock")).unwrap();
    refused(resume(), &sandbox.join("run"), "run/.lock: expected a file");
    fs::rename(sandbox.join("lock"), sandbox.join("run/.lock")).unwrap();
    assert!(resume().status().unwrap().success());
}

/// Files that may not be changed, and what is in the way of what is put aside.
#[test]
fn what_may_not_be_changed_is_found_before_a_cut() {
    let sandbox = Sandbox::new(SHORT);
    need!(needs::attributes(sandbox.path()));
    sandbox.train("run", &[]);
    fs::write(sandbox.join("run/checkpoints/00000012.safetensors"), "wrong content").unwrap();
    let resume = || sandbox.command(&["resume", "run", "--headless", "--quiet"]);
    for (change, name) in [
        ("i", "run.json"),
        ("i", "preset.ron"),
        ("a", "metrics.jsonl"),
        ("i", "frames/00000012.png"),
        ("i", "checkpoints/00000012.safetensors"),
        ("a", "frames"),
    ] {
        let path = sandbox.join("run").join(name);
        change_attribute(&format!("+{change}"), &path);
        let said = refused(resume(), &sandbox.join("run"), "operation not permitted");
        assert!(said.contains(name), "{said}");
        refused(
            sandbox.command(&["runs", "remove", "run", "--yes"]),
            &sandbox.join("run"),
            "operation not permitted",
        );
        change_attribute(&format!("-{change}"), &path);
    }
    // What an earlier cut left, which is to be added to or replaced.
    let (log, frames) =
        (sandbox.join("run/metrics.jsonl.before-8"), sandbox.join("run/frames.before-8"));
    fs::write(&log, "").unwrap();
    fs::create_dir(&frames).unwrap();
    for path in [&log, &frames] {
        change_attribute("+i", path);
        refused(resume(), &sandbox.join("run"), "operation not permitted");
        change_attribute("-i", path);
    }
    fs::remove_file(&log).unwrap();
    // What is no picture is neither cut nor removed.
    fs::create_dir(frames.join("00000012.png")).unwrap();
    refused(resume(), &sandbox.join("run"), "run/frames.before-8/00000012.png: is a directory");
    fs::remove_dir_all(&frames).unwrap();
    fs::rename(sandbox.join("run/frames/00000012.png"), sandbox.join("12.png")).unwrap();
    fs::create_dir(sandbox.join("run/frames/00000012.png")).unwrap();
    refused(resume(), &sandbox.join("run"), "run/frames/00000012.png: is a directory");
    fs::remove_dir(sandbox.join("run/frames/00000012.png")).unwrap();
    fs::rename(sandbox.join("12.png"), sandbox.join("run/frames/00000012.png")).unwrap();

    fs::create_dir_all(sandbox.join("run/exports/mine")).unwrap();
    fs::write(sandbox.join("run/exports/mine/a.png"), "").unwrap();
    change_attribute("+i", &sandbox.join("run/exports/mine/a.png"));
    refused(
        sandbox.command(&["runs", "remove", "run", "--yes"]),
        &sandbox.join("run"),
        "a.png: operation not permitted",
    );
    change_attribute("-i", &sandbox.join("run/exports/mine/a.png"));
    assert!(resume().status().unwrap().success());
}

/// A run that starts again makes a person's changes again, as one that is resumed does.
#[test]
fn a_run_that_starts_again_repeats_what_a_person_changed() {
    let sandbox = Sandbox::new(SHORT);
    let change = r#"{"iteration":2,"field":"generator.learning_rate","old":0.0002,"new":0.05}"#;
    let begin = |run: &str| {
        sandbox.train(run, &["--iterations", "1"]);
        fs::remove_dir_all(sandbox.join(run).join("checkpoints")).unwrap();
        let mut manifest = sandbox.manifest(run);
        for (field, value) in
            [("saved", Value::Null), ("last_iteration", 0.into()), ("state", "running".into())]
        {
            manifest[field] = value;
        }
        fs::write(sandbox.join(run).join("run.json"), manifest.to_string()).unwrap();
        fs::write(sandbox.join(run).join("changes.jsonl"), format!("{change}\n")).unwrap();
    };
    begin("whole");
    sandbox.stdout(&["resume", "whole", "--headless", "--quiet", "--iterations", "12"]);
    begin("run");
    sandbox.stdout(&["resume", "run", "--headless", "--quiet", "--iterations", "7"]);
    sandbox.stdout(&["resume", "run", "--headless", "--quiet", "--iterations", "12"]);
    assert_same(&sandbox.join("run"), &sandbox.join("whole"));
    sandbox.train("unchanged", &[]);
    assert!(recorded(&sandbox.join("run")) != recorded(&sandbox.join("unchanged")));
}

/// A process killed between its last checkpoint and its last word.
#[test]
fn an_interrupted_ending_is_made_up_for() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("whole", &["--iterations", "24"]);
    for way in [
        &["resume", "run", "--headless", "--quiet"][..],
        &sandbox.training("run", &["--iterations", "24", "--resume-auto"]),
    ] {
        sandbox.copy_folder("whole", "run");
        let mut manifest = sandbox.manifest("run");
        manifest["state"] = "running".into();
        manifest["saved"] = 20.into();
        fs::write(sandbox.join("run/run.json"), manifest.to_string()).unwrap();
        fs::copy(
            sandbox.join("run/checkpoints/00000016.safetensors"),
            sandbox.join("run/checkpoints/00000012.safetensors"),
        )
        .unwrap();
        fs::create_dir(sandbox.join("run/frames.before-20")).unwrap();
        sandbox.stdout(way);
        assert_eq!(sandbox.manifest("run")["state"], "finished");
        assert_same(&sandbox.join("run"), &sandbox.join("whole"));
        assert!(!sandbox.join("run/frames.before-20").exists());
        assert_eq!(
            sandbox.run(&["resume", "run", "--headless"]).status.code(),
            Some(1),
            "now there is nothing left to do"
        );
        fs::remove_dir_all(sandbox.join("run")).unwrap();
    }
}

/// What the command line says reaches the process in the background, though nothing of the run has
/// been written by then.
#[test]
fn a_run_is_made_longer_in_the_background() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    for (iterations, words) in [
        ("20", &["resume", "run", "--detach"][..]),
        ("28", &sandbox.training("run", &["--resume-auto", "--detach"])),
    ] {
        sandbox.stdout(&[words, &["--iterations", iterations]].concat());
        wait("the end", || {
            sandbox.manifest("run")["state"] == "finished"
                && sandbox.manifest("run")["iterations"].as_u64() == iterations.parse().ok()
        });
        let longer = Sandbox::new(&SHORT.replace("12", iterations));
        longer.train("run", &[]);
        wait("its process", || {
            sandbox.run(&["resume", "run", "--headless", "--iterations", "1"]).status.code()
                == Some(1)
        });
        assert_same(&sandbox.join("run"), &longer.join("run"));
        assert!(
            fs::read_to_string(sandbox.join("run/preset.ron"))
                .unwrap()
                .contains(&format!("iterations: {iterations},"))
        );
    }
}

/// A run that was killed while its data were loaded has trained nothing, and is nevertheless a
/// person's.
#[test]
fn a_run_that_never_began_is_not_removed_by_a_resume() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    for gone in ["checkpoints", "frames"] {
        fs::remove_dir_all(sandbox.join("run").join(gone)).unwrap();
    }
    fs::write(sandbox.join("run/metrics.jsonl"), "").unwrap();
    let mut manifest = sandbox.manifest("run");
    for (field, value) in [
        ("dataset", Value::Null),
        ("saved", Value::Null),
        ("last_iteration", 0.into()),
        ("state", "running".into()),
    ] {
        manifest[field] = value;
    }
    fs::write(sandbox.join("run/run.json"), manifest.to_string()).unwrap();
    fs::rename(sandbox.join("shapes"), sandbox.join("elsewhere")).unwrap();
    for way in ways(&sandbox).into_iter().skip(2) {
        refused(way, &sandbox.join("run"), "shapes: no such folder");
    }
    fs::rename(sandbox.join("elsewhere"), sandbox.join("shapes")).unwrap();
    sandbox.stdout(&["resume", "run", "--headless", "--quiet"]);
    sandbox.train("whole", &[]);
    assert_same(&sandbox.join("run"), &sandbox.join("whole"));
}

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

#[test]
fn a_run_whose_data_cannot_be_had_is_left_as_it_is() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    // Something to cut, so that a cut would show.
    let newest = sandbox.join("run/checkpoints/00000012.safetensors");
    fs::write(&newest, "wrong content").unwrap();
    fs::rename(sandbox.join("shapes"), sandbox.join("elsewhere")).unwrap();
    for way in ways(&sandbox).into_iter().skip(2) {
        refused(way, &sandbox.join("run"), "shapes: no such folder");
    }
    symlink("/mnt/off", sandbox.join("shapes")).unwrap();
    for way in ways(&sandbox) {
        refused(way, &sandbox.join("run"), "it is a link to /mnt/off, which does not exist");
    }
}

#[test]
fn what_is_cut_is_kept_until_the_resumed_run_has_saved() {
    let library = need!(FailingCalls::build());
    let sandbox =
        Sandbox::new("iterations: 30, frame_every: 1, checkpoint_every: 10, keep_checkpoints: 3");
    sandbox.train("whole", &[]);
    sandbox.train("run", &["--iterations", "20"]);
    let newest = sandbox.join("run/checkpoints/00000020.safetensors");
    fs::write(&newest, "wrong content").unwrap();
    fs::write(sandbox.join("run/run.json"), "{\"state\":").unwrap();
    let metrics = fs::read(sandbox.join("run/metrics.jsonl")).unwrap();
    // A run that stands still before its first iteration, and one that is killed there twice.
    for _ in 0..2 {
        let resume = sandbox.command(&["resume", "run", "--headless", "--iterations", "30"]);
        let mut child =
            library.on(resume, "rename,", "/.00000020.safetensors.*", EIO).spawn().unwrap();
        wait("what is cut", || sandbox.join("run/frames.before-10/00000020.png").exists());
        child.kill().unwrap();
        child.wait().unwrap();
        let aside = fs::read(sandbox.join("run/metrics.jsonl.before-10")).unwrap();
        assert!(aside == metrics, "the second time there is nothing that reaches further");
        assert!(fs::read_dir(sandbox.join("run/frames.before-10")).unwrap().count() >= 10);
    }
    assert_eq!(fs::read(sandbox.join("run/run.json.damaged")).unwrap(), b"{\"state\":");
    sandbox.stdout(&["resume", "run", "--headless", "--quiet", "--iterations", "30"]);
    assert!(
        !sandbox.join("run/metrics.jsonl.before-10").exists()
            && !sandbox.join("run/frames.before-10").exists()
    );
    let mut found = recorded(&sandbox.join("run"));
    assert!(
        found
            .remove("checkpoints/00000020.safetensors.damaged")
            .is_some_and(|kept| kept == b"wrong content")
    );
    assert!(found == recorded(&sandbox.join("whole")));
}

#[test]
fn a_branch_that_fails_leaves_nothing() {
    let library = need!(FailingCalls::build());
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    let words = ["resume", "run", "--headless", "--from", "8", "--out", "branch"];
    for path in [
        "run/frames/00000006.png",
        "run/preset.ron",
        "checkpoints/00000008.safetensors",
        "run/metrics.jsonl",
    ] {
        refused(
            library.on(sandbox.command(&words), "open,", path, EIO),
            &sandbox.join("run"),
            "input/output error",
        );
        assert!(!sandbox.join("branch").exists(), "{path}");
    }
    for written in ["/.00000006.png.*", "/.run.json.*", "/.00000008.safetensors.*"] {
        refused(
            library.on(sandbox.command(&words), "rename,", written, EIO),
            &sandbox.join("run"),
            "cannot write branch/",
        );
        assert!(!sandbox.join("branch").exists(), "{written}");
    }
    refused(
        sandbox.command(&[&words[..], &["--iterations", "5"]].concat()),
        &sandbox.join("run"),
        "a branch from iteration 8 has nothing to do",
    );
    assert!(!sandbox.join("branch").exists());
    sandbox.stdout(&words);
    let assert_made = || {
        let mut expected = recorded(&sandbox.join("run"));
        expected.remove("checkpoints/00000004.safetensors").unwrap();
        assert!(recorded(&sandbox.join("branch")) == expected);
    };
    assert_made();
    // Killed before the last of it was copied, it cannot be resumed by mistake; the same command
    // makes it again.
    fs::remove_dir_all(sandbox.join("branch")).unwrap();
    let origin = fs::canonicalize(sandbox.join("run")).unwrap();
    for kept in [
        &["run.json"][..],
        &["run.json", "preset.ron"],
        &["run.json", "preset.ron", "metrics.jsonl"],
    ] {
        fs::create_dir_all(sandbox.join("branch/checkpoints")).unwrap();
        for name in kept {
            fs::copy(sandbox.join("run").join(name), sandbox.join("branch").join(name)).unwrap();
        }
        let mut manifest = sandbox.manifest("branch");
        manifest["saved"] = 8.into();
        manifest["branched_from"] =
            serde_json::json!({ "run": origin.to_str().unwrap(), "iteration": 8 });
        fs::write(sandbox.join("branch/run.json"), manifest.to_string()).unwrap();
        if kept.len() == 3 {
            let rows = fs::read_to_string(sandbox.join("run/metrics.jsonl")).unwrap();
            fs::write(
                sandbox.join("branch/metrics.jsonl"),
                rows.lines().take(8).map(|row| format!("{row}\n")).collect::<String>(),
            )
            .unwrap();
        }
        refused(
            sandbox.command(&["resume", "branch", "--headless"]),
            &sandbox.join("branch"),
            "branch is an unfinished branch of",
        );
        refused(
            sandbox.command(&["resume", "run", "--headless", "--from", "4", "--out", "branch"]),
            &sandbox.join("branch"),
            "already holds a run",
        );
        sandbox.stdout(&words);
        assert_made();
        fs::remove_dir_all(sandbox.join("branch")).unwrap();
    }
}

#[test]
fn a_run_that_cannot_be_read_is_not_removed() {
    let library = need!(FailingCalls::build());
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    for (calls, path) in [
        ("opendir,", "run/frames"),
        ("opendir,", "run/checkpoints"),
        ("open,", "run/metrics.jsonl"),
        ("opendir,", "run"),
    ] {
        let command =
            library.on(sandbox.command(&["runs", "remove", "run", "--yes"]), calls, path, EIO);
        refused(command, &sandbox.join("run"), "input/output error");
    }
    sandbox.stdout(&["runs", "remove", "run", "--yes"]);
    assert!(!sandbox.join("run").exists());
}

/// `auto` takes the synthetic digits only where nobody has put MNIST.
#[test]
fn a_folder_for_mnist_that_cannot_be_used_is_told() {
    let sandbox = Sandbox::new("iterations: 2");
    let words = ["train", "--preset", "mlp", "--iterations", "2", "--quiet"];
    let refuses = |part: &str| {
        refused(sandbox.command(&words), &sandbox.join("data"), part);
        refused(sandbox.command(&["data", "check"]), &sandbox.join("data"), part);
        let listed = sandbox.stdout(&["data", "list"]);
        assert!(listed.contains(part) && !listed.contains("(auto)"), "{listed}");
    };
    let mnist = sandbox.join("data/mnist");
    fs::create_dir_all(&mnist).unwrap();
    refuses(
        "data/mnist: expected MNIST's train-images-idx3-ubyte or train-images-idx3-ubyte.gz, found no files",
    );
    symlink("/mnt/off/train-images-idx3-ubyte.gz", mnist.join("train-images-idx3-ubyte.gz"))
        .unwrap();
    refuses(
        "train-images-idx3-ubyte.gz: it is a link to /mnt/off/train-images-idx3-ubyte.gz, which does not exist",
    );
    fs::remove_dir_all(&mnist).unwrap();
    symlink("/mnt/off/mnist", &mnist).unwrap();
    refuses("data/mnist is a link to /mnt/off/mnist, which does not exist");
    fs::remove_file(&mnist).unwrap();
    fs::write(&mnist, "").unwrap();
    refuses("not a directory");
    fs::remove_file(&mnist).unwrap();
    sandbox.stdout(&["data", "check"]);
}

/// A class of pictures on a disk that is not mounted, or in a folder that may not be entered.
#[test]
fn pictures_that_cannot_be_looked_at_are_told() {
    let sandbox = Sandbox::new("iterations: 2");
    sandbox.stdout(&[
        "data",
        "export",
        "--data",
        "synthetic",
        "--count",
        "1",
        "--out",
        "digit.png",
        "--quiet",
    ]);
    for class in ["cats", "dogs"] {
        fs::create_dir_all(sandbox.join("pets").join(class)).unwrap();
        fs::copy(sandbox.join("digit.png"), sandbox.join("pets").join(class).join("1.png"))
            .unwrap();
    }
    let check = || sandbox.command(&["data", "check", "pets", "--json"]);
    assert!(check().status().unwrap().success());
    symlink("/mnt/off/birds", sandbox.join("pets/birds")).unwrap();
    refused(
        check(),
        &sandbox.join("pets"),
        "birds: it is a link to /mnt/off/birds, which does not exist",
    );
    fs::remove_file(sandbox.join("pets/birds")).unwrap();
    symlink("2.png", sandbox.join("pets/dogs/2.png")).unwrap();
    refused(check(), &sandbox.join("pets"), "2.png: too many levels of symbolic links");
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
