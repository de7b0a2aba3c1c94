//! Runs that are killed, stopped, requeued and branched end as if nothing had happened.

use std::{
    env, fs,
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
    time::Duration,
};

use gan_tui_kernels::Path as Kernels;
use gan_tui_store::run::checkpoint;
use gan_tui_testing::{
    Sandbox, assert_same, need, needs::Missing, newest_frame, recorded, signal, wait,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Writes as often as can be, so that a kill meets a write.
const BUSY: &str = "iterations: 32, frame_every: 1, checkpoint_every: 2, keep_checkpoints: 3";

/// The run that nobody interrupts.
fn whole() -> &'static Sandbox {
    static WHOLE: OnceLock<Sandbox> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let sandbox = Sandbox::new(BUSY);
        sandbox.train("whole", &["--threads", "2"]);
        sandbox
    })
}

/// Twenty kills, or as many as `GAN_TUI_KILLS` says.
#[test]
#[allow(clippy::print_stderr)]
fn kills_change_no_byte() {
    let kills = env::var("GAN_TUI_KILLS").map_or(20, |kills| kills.parse().unwrap());
    let whole = whole();
    let sandbox = Sandbox::new(BUSY);
    let run = sandbox.join("run");
    let mut random = ChaCha8Rng::seed_from_u64(20);
    let (mut killed, mut finished) = (0, 0);
    while killed < kills {
        let mut child = sandbox.start_training("run", &["--threads", "2", "--resume-auto"]);
        // One in five dies while the run is laid out and loaded, the others within some iteration,
        // frame or checkpoint.
        if random.gen_range(0..5) > 0 {
            let from = newest_frame(&run).unwrap_or(0);
            wait("a new frame", || {
                newest_frame(&run).is_some_and(|frame| frame > from)
                    || child.try_wait().unwrap().is_some()
            });
        }
        thread::sleep(Duration::from_micros(random.gen_range(0..80_000)));
        if let Some(status) = child.try_wait().unwrap() {
            // It came to its end first; the next one begins anew.
            assert!(status.success(), "after {killed} kills: {status}");
            assert_same(&run, &whole.join("whole"));
            fs::remove_dir_all(&run).unwrap();
            finished += 1;
        } else {
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
        }
    }
    sandbox.train("run", &["--resume-auto"]);
    assert_same(&run, &whole.join("whole"));
    eprintln!("{killed} kills in {} runs", finished + 1);
}

#[test]
fn the_number_of_threads_may_change_on_the_way() {
    let whole = whole();
    let sandbox = Sandbox::new(BUSY);
    let run = sandbox.join("run");
    for (threads, end) in [("1", 7), ("4", 15), ("3", 24)] {
        let mut child = sandbox.start_training("run", &["--threads", threads, "--resume-auto"]);
        wait("some iterations", || {
            newest_frame(&run).is_some_and(|frame| frame >= end)
                || child.try_wait().unwrap().is_some()
        });
        signal(child.id(), "KILL");
        child.wait().unwrap();
    }
    sandbox.stdout(&["resume", "run", "--headless", "--threads", "1"]);
    assert_same(&run, &whole.join("whole"));
    assert!(sandbox.manifest("run")["resumed"].as_array().unwrap().len() >= 3);
}

#[test]
fn signals_save_stop_and_let_go_on() {
    let sandbox = Sandbox::new("iterations: 24, frame_every: 8, checkpoint_every: 8");
    sandbox.train("whole", &[]);
    let mut child = sandbox.start_training("run", &[]);
    let saved = |iteration: &dyn Fn(u64) -> bool| {
        let names = fs::read_dir(sandbox.join("run/checkpoints")).into_iter().flatten().flatten();
        names
            .filter_map(|entry| {
                entry.file_name().to_str()?.strip_suffix(".safetensors")?.parse().ok()
            })
            .any(|found: u64| iteration(found))
    };
    wait("training", || sandbox.iteration("run") > 0);
    signal(child.id(), "USR1");
    wait("a checkpoint off schedule", || {
        saved(&|iteration| iteration % 8 != 0) || saved(&|iteration| iteration >= 16)
    });
    assert!(child.try_wait().unwrap().is_none(), "and it goes on");
    // A machine that sleeps and wakes.
    signal(child.id(), "STOP");
    let state = || fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    wait("a stopped process", || state().contains("State:\tT"));
    let asleep = sandbox.iteration("run");
    thread::sleep(Duration::from_millis(700));
    assert_eq!(sandbox.iteration("run"), asleep);
    signal(child.id(), "CONT");
    wait("it goes on", || sandbox.iteration("run") > asleep);
    signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let stopped = sandbox.manifest("run");
    assert_eq!(stopped["state"], "stopped");
    assert!(
        saved(&|iteration| Some(iteration) == stopped["saved"].as_u64()),
        "where it stopped, it can be gone on from"
    );
    sandbox.stdout(&["resume", "run", "--headless", "--quiet"]);
    for file in ["checkpoints/00000024.safetensors", "frames/00000024.png"] {
        assert!(
            fs::read(sandbox.join("run").join(file)).unwrap()
                == fs::read(sandbox.join("whole").join(file)).unwrap(),
            "{file}"
        );
    }

    // Two signals, the second before the first is done: at once, and what is there is whole.
    let mut child = sandbox.start_training("twice", &["--iterations", "100000"]);
    wait("a checkpoint", || {
        fs::read_dir(sandbox.join("twice/checkpoints")).is_ok_and(|mut files| {
            files.any(|file| file.unwrap().file_name().to_str().unwrap().ends_with("s"))
        })
    });
    signal(child.id(), "INT");
    signal(child.id(), "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(gan_tui_store::run::checkpoint::latest(&sandbox.join("twice")).unwrap().1.is_empty());
}

#[test]
fn a_requeued_job_goes_on_until_there_is_nothing_left() {
    let sandbox = Sandbox::new("iterations: 12, checkpoint_every: 5");
    sandbox.train("whole", &[]);
    let mut child = sandbox.start_training("job", &["--resume-auto"]);
    wait("training", || sandbox.iteration("job") > 0);
    signal(child.id(), "TERM");
    child.wait().unwrap();
    sandbox.train("job", &["--resume-auto"]);
    assert_same(&sandbox.join("job"), &sandbox.join("whole"));
    let again = sandbox.stdout(&[
        "train",
        "--preset",
        "small.ron",
        "--data",
        "shapes",
        "--out",
        "job",
        "--resume-auto",
    ]);
    assert_eq!(again, "run job is complete (12 iterations)\n");
    let unnamed = sandbox.stdout(&["train", "--data", "shapes", "--out", "job", "--resume-auto"]);
    assert_eq!(unnamed, again, "without a name, the preset is the run's own");
    let other = sandbox.run(&sandbox.training("job", &["--resume-auto", "--seed", "9"]));
    let said = String::from_utf8(other.stderr).unwrap();
    assert_eq!(other.status.code(), Some(1));
    assert!(
        said.contains(
            "job holds another experiment than the one asked for: expected seed: 9, found seed: 1"
        ),
        "{said}"
    );
    assert_eq!(
        sandbox.run(&["train", "--resume-auto"]).status.code(),
        Some(2),
        "there has to be a place to look at"
    );
    // Longer than it was to be.
    sandbox.train("job", &["--resume-auto", "--iterations", "15"]);
    sandbox.train("longer", &["--iterations", "15"]);
    assert_same(&sandbox.join("job"), &sandbox.join("longer"));
}

#[test]
fn a_branch_goes_on_from_an_older_checkpoint_and_leaves_the_run_alone() {
    let sandbox =
        Sandbox::new("iterations: 20, frame_every: 5, checkpoint_every: 5, keep_checkpoints: 4");
    sandbox.train("run", &[]);
    let before = recorded(&sandbox.join("run"));
    sandbox.stdout(&["resume", "run", "--from", "10", "--out", "branch", "--headless", "--quiet"]);
    assert!(recorded(&sandbox.join("run")) == before);
    let (branch, mut expected) = (recorded(&sandbox.join("branch")), before);
    expected.remove("checkpoints/00000005.safetensors").unwrap();
    assert!(branch == expected, "{:?}", branch.keys());
    let origin = &sandbox.manifest("branch")["branched_from"];
    assert_eq!(origin["iteration"], 10);
    assert!(origin["run"].as_str().unwrap().ends_with("/run"));
    let refused = |words: &[&str]| String::from_utf8(sandbox.run(words).stderr).unwrap();
    let said = refused(&["resume", "run", "--from", "7", "--out", "other", "--headless"]);
    assert_eq!(said, "error: run run has no checkpoint of iteration 7; available: 5, 10, 15, 20\n");
    assert!(
        refused(&["resume", "run", "--from", "10", "--out", "branch", "--headless"])
            .contains("branch already contains a run")
    );
    assert!(!sandbox.join("other").exists());
}

#[test]
fn other_kernels_are_told() {
    need!(if Kernels::Avx2.is_available() { Ok(()) } else { Err(Missing::new("AVX2")) });
    let sandbox = Sandbox::new("iterations: 2");
    let trained = sandbox
        .command(&sandbox.training("run", &[]))
        .env("GAN_TUI_KERNELS", "portable")
        .status()
        .unwrap();
    assert!(trained.success());
    let words = ["resume", "run", "--headless", "--quiet", "--iterations", "3"];
    let resumed = sandbox.command(&words).env_remove("GAN_TUI_KERNELS").output().unwrap();
    let said = String::from_utf8(resumed.stderr).unwrap();
    let now = sandbox.manifest("run")["resumed"][0]["kernel_path"].as_str().unwrap().to_owned();
    assert!(
        said.contains(&format!("trained with the portable kernels and continues with {now}")),
        "{said}"
    );
}

#[test]
fn runs_are_removed_when_that_is_meant() {
    let sandbox = Sandbox::new("iterations: 1");
    for run in ["a", "b", "c"] {
        sandbox.train(run, &[]);
    }
    fs::write(sandbox.join("b/notes.txt"), "mine").unwrap();
    let asked = sandbox.run(&["runs", "remove", "a"]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(String::from_utf8(asked.stderr).unwrap().contains("use --yes"));
    assert!(sandbox.join("a/run.json").exists());
    let removed = sandbox.run(&["runs", "remove", "--yes", "a", "b"]);
    assert!(removed.status.success());
    assert!(
        String::from_utf8(removed.stderr)
            .unwrap()
            .contains("b stays: it holds what is not of the run: b/notes.txt")
    );
    assert!(!sandbox.join("a").exists());
    assert_eq!(fs::read_dir(sandbox.join("b")).unwrap().count(), 1);
    let mut child = sandbox.start_training("d", &["--iterations", "100000"]);
    wait("training", || sandbox.iteration("d") > 0);
    let running = sandbox.run(&["runs", "remove", "--yes", "d"]);
    assert!(
        String::from_utf8(running.stderr)
            .unwrap()
            .contains(&format!("d is being written by process {}", child.id()))
    );
    let listed = sandbox.stdout(&["runs", "."]);
    let line = listed.lines().find(|line| line.starts_with("./d ")).unwrap();
    assert!(
        line.contains("running")
            && line.contains(&child.id().to_string())
            && line.trim_end().ends_with('Z'),
        "{listed}"
    );
    // From another folder, by its socket; and what is left of a socket when its process is killed
    // goes.
    fs::create_dir(sandbox.join("elsewhere")).unwrap();
    let away = |words: &[&str]| {
        String::from_utf8(
            sandbox.command(words).current_dir(sandbox.join("elsewhere")).output().unwrap().stdout,
        )
        .unwrap()
    };
    let runs: serde_json::Value = serde_json::from_str(&away(&["runs", "--json"])).unwrap();
    assert!(
        runs[0]["path"].as_str().unwrap().ends_with("/d") && runs[0]["attachable"] == true,
        "{runs}"
    );
    let sockets = || {
        Command::new("find")
            .arg(sandbox.join("gan-tui"))
            .args(["-name", "*.sock"])
            .stdout(Stdio::piped())
            .output()
            .unwrap()
            .stdout
    };
    assert!(!sockets().is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!sockets().is_empty(), "a killed process cleans nothing up");
    assert_eq!(away(&["runs"]), "no runs in runs\n");
    assert!(sockets().is_empty(), "the next who looks does");
}

#[test]
fn a_requeued_job_may_record_in_another_way() {
    let sandbox = Sandbox::new("frame_every: 2, checkpoint_every: 5, iterations: 20");
    let preset = fs::read_to_string(sandbox.join("small.ron")).unwrap();
    sandbox.train("run", &["--iterations", "10"]);
    let requeue = |preset: &str| {
        sandbox.write("small.ron", preset);
        sandbox.run(&sandbox.training("run", &["--resume-auto", "--detach"]))
    };
    let batch = requeue(&preset.replace("batch: 2", "batch: 3"));
    let errors = String::from_utf8_lossy(&batch.stderr);
    assert!(errors.contains("expected batch: 3, found batch: 2"), "{errors}");
    let changed = preset
        .replace("frame_every: 2", "description: \"Seldom\", frame_every: 7, keep_checkpoints: 9");
    let output = requeue(&changed);
    let notes = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{notes}");
    for note in [
        "description is \"Seldom\" from now on; it was \"\"",
        "frame_every is 7 from now on; it was 2",
        "keep_checkpoints is 9 from now on; it was 3",
    ] {
        assert!(notes.contains(note), "{notes}");
    }
    wait("the run has finished", || sandbox.manifest("run")["state"] == "finished");
    assert!(sandbox.join("run/frames/00000014.png").is_file());
    assert!(!sandbox.join("run/frames/00000012.png").exists());
    let recorded = fs::read_to_string(sandbox.join("run/preset.ron")).unwrap();
    assert!(recorded.contains("frame_every: 7") && recorded.contains("Seldom"), "{recorded}");
    let (plain, run) = (sandbox.join("plain"), sandbox.join("run"));
    sandbox.write("small.ron", &preset);
    sandbox.train("plain", &[]);
    let newest = "checkpoints/00000020.safetensors";
    let trained = |dir: &std::path::Path| checkpoint::load(&dir.join(newest)).unwrap().tensors;
    assert!(trained(&plain) == trained(&run), "what is trained is the same");
    let again = sandbox.run(&["resume", "run", "--iterations", "21", "--headless", "--quiet"]);
    assert_eq!(String::from_utf8_lossy(&again.stderr), "", "no frame is missed");
}
