//! A resume cuts metrics and frames back to the checkpoint only once all of it can be done, and
//! keeps what it cuts until the run has saved.

use std::{fs, os::unix::fs::symlink, process::Command};

use gan_tui_testing::{
    EACCES, EIO, ESTALE, Faults, Sandbox, assert_same, change_attribute, need, needs, recorded,
    wait,
};

use super::{SHORT, refused, ways};

#[test]
fn calls_that_fail_change_nothing() {
    let library = need!(Faults::build());
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
    for written in ["run/metrics.jsonl*", "run/run.json", "run/preset.ron"] {
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

#[test]
fn what_is_cut_is_kept_until_the_resumed_run_has_saved() {
    let library = need!(Faults::build());
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
            library.on(resume, "rename,", "checkpoints/00000020.safetensors", EIO).spawn().unwrap();
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
