//! Files that cannot be replaced, and what is no file: written in place, or straight.

use std::{fs, os::unix::fs::symlink, process::Stdio};

use gan_tui_testing::{Sandbox, Terminal, need, needs};

fn recorded() -> Sandbox {
    let sandbox = Sandbox::new("frame_every: 2");
    sandbox.train("run", &["--iterations", "4"]);
    sandbox.stdout(&["export", "run", "--out", "expected.csv", "--quiet"]);
    sandbox
}

#[test]
fn a_mounted_file_is_written_in_place() {
    need!(needs::root());
    need!(needs::programs(&["unshare", "mount"]));
    let sandbox = recorded();
    sandbox.write("mounted.csv", "x".repeat(100_000));
    sandbox.write("out.csv", "");
    let script = format!(
        "mount --bind mounted.csv out.csv && exec '{}' export run --out out.csv --quiet",
        gan_tui_testing::program().display()
    );
    let output =
        sandbox.program("unshare").args(["--mount", "sh", "-c", &script]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("unshare failed") || errors.contains("mount:") {
        return;
    }
    assert!(output.status.success(), "{errors}");
    let expected = fs::read(sandbox.join("expected.csv")).unwrap();
    assert_eq!(fs::read(sandbox.join("mounted.csv")).unwrap(), expected);
}

#[test]
fn links_pipes_and_open_files_are_written_to() {
    let sandbox = recorded();
    let expected = fs::read_to_string(sandbox.join("expected.csv")).unwrap();
    fs::create_dir(sandbox.join("there")).unwrap();
    sandbox.write("there/file.csv", "old");
    symlink("there/file.csv", sandbox.join("link.csv")).unwrap();
    sandbox.stdout(&["export", "run", "--out", "link.csv"]);
    assert_eq!(fs::read_to_string(sandbox.join("there/file.csv")).unwrap(), expected);
    assert!(fs::symlink_metadata(sandbox.join("link.csv")).unwrap().is_symlink());

    symlink("/dev/stdout", sandbox.join("stdout.csv")).unwrap();
    let export = ["export", "run", "--out", "stdout.csv"];
    assert_eq!(sandbox.only_stdout(&export), expected, "to a pipe");
    let file = sandbox.join("redirected");
    fs::write(&file, "before\n").unwrap();
    let redirected = fs::File::options().append(true).open(&file).unwrap();
    assert!(sandbox.command(&export).stdout(redirected).status().unwrap().success());
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("before\n{expected}"), "to a file");

    let made = sandbox.program("mkfifo").arg("pipe.csv").status().unwrap();
    assert!(made.success());
    let reader = sandbox.program("cat").arg("pipe.csv").stdout(Stdio::piped()).spawn().unwrap();
    sandbox.stdout(&["export", "run", "--out", "pipe.csv"]);
    let read = reader.wait_with_output().unwrap().stdout;
    assert_eq!(String::from_utf8(read).unwrap(), expected);
}

/// A pipe that nobody reads keeps its writer waiting; a signal ends that.
#[test]
fn a_signal_ends_what_waits_for_a_reader() {
    let sandbox = recorded();
    assert!(sandbox.program("mkfifo").arg("pipe.csv").status().unwrap().success());
    let mut child = sandbox
        .command(&["export", "run", "--out", "pipe.csv"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut asleep = 0;
    gan_tui_testing::wait("the program waits for a reader", || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let sleeps = stat.rsplit(") ").next().is_some_and(|state| state.starts_with('S'));
        asleep = if sleeps { asleep + 1 } else { 0 };
        asleep > 40
    });
    gan_tui_testing::signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn exports_of_a_run_that_cannot_be_written_go_to_the_present_folder() {
    let sandbox = recorded();
    // In the way of the folder, for a superuser too.
    sandbox.write("run/exports", "");
    let mut terminal = Terminal::start(&sandbox, &["replay", "run", "--from", "4"]);
    terminal.shows("iteration 4");
    terminal.press("e");
    terminal.wait("where the frame went", |text| text.contains("exported"));
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    for ending in ["png", "txt", "ans"] {
        assert!(sandbox.join(format!("run-00000004.{ending}")).is_file(), "{ending}");
    }
}
