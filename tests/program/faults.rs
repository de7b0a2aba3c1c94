//! Disks that fill, folders that go, files that are damaged, numbers that are none: what a run does
//! about each.

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use gan_tui_store::run::checkpoint;
use gan_tui_testing::{
    Connection, Sandbox, assert_same, change_attribute, need,
    needs::{self, Missing},
    program, recorded, signal, wait,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SHORT: &str = "iterations: 12, frame_every: 5, checkpoint_every: 4, keep_checkpoints: 2";

/// What a process says on stderr, as it comes.
fn said(child: &mut Child) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let (mut stderr, heard) = (child.stderr.take().unwrap(), text.clone());
    thread::spawn(move || {
        let mut bytes = [0; 1024];
        while let Ok(count @ 1..) = stderr.read(&mut bytes) {
            heard.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    });
    text
}

/// The run says what is wrong, and trains nothing.
#[track_caller]
fn assert_waits(
    sandbox: &Sandbox,
    run: &str,
    child: &mut Child,
    text: &Mutex<String>,
    reason: &str,
) {
    wait(reason, || {
        assert!(child.try_wait().unwrap().is_none(), "it ended: {}", text.lock().unwrap());
        text.lock().unwrap().contains("training suspended, unsaved data kept in memory")
    });
    assert!(text.lock().unwrap().contains(reason), "{}", text.lock().unwrap());
    let then = sandbox.iteration(run);
    thread::sleep(Duration::from_millis(1200));
    assert_eq!(sandbox.iteration(run), then, "nothing is trained that could not be saved");
    assert!(child.try_wait().unwrap().is_none());
}

#[track_caller]
fn assert_goes_on(child: &mut Child, text: &Mutex<String>) {
    assert!(child.wait().unwrap().success(), "{}", text.lock().unwrap());
    wait("its last word", || text.lock().unwrap().contains("pending data saved; training resumed"));
}

/// SIGXFSZ and EFBIG.
#[test]
fn a_file_size_limit_pauses_the_run_until_it_is_lifted() {
    need!(needs::program("prlimit"));
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("whole", &[]);
    let mut command = sandbox.program("prlimit");
    command.arg("--fsize=1000000:unlimited").arg(program()).args(sandbox.training("run", &[]));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let text = said(&mut child);
    assert_waits(&sandbox, "run", &mut child, &text, "00000004.safetensors: file too large");
    let mut link = Connection::attach(&sandbox);
    assert!(
        link.report("trouble").as_str().unwrap().contains("file too large"),
        "who attaches is told too"
    );
    let lifted = Command::new("prlimit")
        .args(["--pid", &child.id().to_string(), "--fsize=unlimited:unlimited"])
        .status()
        .unwrap();
    assert!(lifted.success());
    assert_goes_on(&mut child, &text);
    assert_same(&sandbox.join("run"), &sandbox.join("whole"));
}

/// A file system of its own, of some size, until dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(sandbox: &Sandbox, size: &str) -> Result<Self, Missing> {
        needs::root()?;
        let path = sandbox.join("disk");
        fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"])
            .arg(&path)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            Ok(Self(path))
        } else {
            Err(Missing::new("mount"))
        }
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{options}")])
            .arg(&self.0)
            .status()
            .unwrap();
        assert!(done.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_pauses_the_run_until_there_is_room() {
    let sandbox = Sandbox::new(SHORT);
    // A checkpoint takes 13 MB, and for a moment there are three.
    let disk = need!(Disk::mount(&sandbox, "20m"));
    sandbox.train("whole", &[]);
    let mut child = sandbox.start_training("disk/run", &[]);
    let text = said(&mut child);
    assert_waits(&sandbox, "disk/run", &mut child, &text, "no space left on device");
    let whole = |iteration: u64| {
        checkpoint::load(&sandbox.join(format!("disk/run/checkpoints/{iteration:08}.safetensors")))
            .is_ok()
    };
    assert!(whole(4) && !whole(8), "what was saved before is whole, and nothing half is left");
    disk.remount("size=100m");
    assert_goes_on(&mut child, &text);
    assert_same(&sandbox.join("disk/run"), &sandbox.join("whole"));
}

#[test]
fn a_stop_is_obeyed_while_the_disk_is_full() {
    let sandbox = Sandbox::new(SHORT);
    let disk = need!(Disk::mount(&sandbox, "20m"));
    let mut child = sandbox.start_training("disk/run", &[]);
    let text = said(&mut child);
    assert_waits(&sandbox, "disk/run", &mut child, &text, "no space left on device");
    signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let lost = "stopped without saving, because cannot write \
                disk/run/checkpoints/00000008.safetensors: no space left on device: iterations 5 \
                to 8 were not saved; the newest checkpoint is that of iteration 4\n";
    wait("its last word", || text.lock().unwrap().ends_with(lost));
    let log = fs::read_to_string(sandbox.join("disk/run/log.txt")).unwrap();
    assert!(log.contains("error stopped without saving, because"), "{log}");
    // What was saved is resumed as if nothing had happened.
    disk.remount("size=100m");
    sandbox.train("whole", &[]);
    sandbox.stdout(&["resume", "disk/run", "--headless", "--quiet"]);
    assert_same(&sandbox.join("disk/run"), &sandbox.join("whole"));
}

#[test]
fn a_read_only_folder_is_told_at_the_start() {
    let sandbox = Sandbox::new(SHORT);
    let refused = |words: &[&str]| {
        let output = sandbox.run(words);
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let disk = need!(Disk::mount(&sandbox, "100m"));
    sandbox.train("disk/run", &["--iterations", "1"]);
    disk.remount("ro");
    let new = refused(&sandbox.training("disk/new", &[]));
    assert_eq!(new, "error: cannot create disk/new: read-only file system\n");
    let more = refused(&["resume", "disk/run", "--headless", "--iterations", "2"]);
    assert!(more.contains("disk/run/.lock: read-only file system"), "{more}");
    disk.remount("rw");
    sandbox.stdout(&["resume", "disk/run", "--headless", "--iterations", "2"]);
}

#[test]
fn a_folder_within_a_run_that_may_not_be_written_is_told_at_the_start() {
    let sandbox = Sandbox::new(SHORT);
    need!(needs::attributes(sandbox.path()));
    sandbox.train("run", &["--iterations", "1"]);
    change_attribute("+i", &sandbox.join("run/checkpoints"));
    let words = ["resume", "run", "--headless", "--iterations", "3"];
    let output = sandbox.run(&words);
    change_attribute("-i", &sandbox.join("run/checkpoints"));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors.contains("cannot write into run/checkpoints: operation not permitted"),
        "{errors}"
    );
}

#[test]
fn a_folder_that_goes_and_comes_back_costs_nothing() {
    let sandbox = Sandbox::new("iterations: 20, frame_every: 5, checkpoint_every: 10");
    sandbox.train("whole", &[]);
    let mut child = sandbox.start_training("run", &[]);
    let text = said(&mut child);
    wait("training", || sandbox.iteration("run") > 0);
    fs::rename(sandbox.join("run"), sandbox.join("away")).unwrap();
    assert_waits(&sandbox, "away", &mut child, &text, "no such file or directory");
    assert!(!sandbox.join("run").exists());
    fs::rename(sandbox.join("away"), sandbox.join("run")).unwrap();
    assert_goes_on(&mut child, &text);
    assert_same(&sandbox.join("run"), &sandbox.join("whole"));

    // One that does not come back: an empty one in its place is taken.
    let mut child = sandbox.start_training("gone", &[]);
    let text = said(&mut child);
    wait("training", || sandbox.iteration("gone") > 0);
    fs::remove_dir_all(sandbox.join("gone")).unwrap();
    assert_waits(&sandbox, "gone", &mut child, &text, "no such file or directory");
    fs::create_dir(sandbox.join("gone")).unwrap();
    assert_goes_on(&mut child, &text);
    let (gone, whole) = (recorded(&sandbox.join("gone")), recorded(&sandbox.join("whole")));
    let last = "checkpoints/00000020.safetensors";
    assert!(gone[last] == whole[last]);
    assert_eq!(sandbox.manifest("gone")["state"], "finished");
}

/// Where in a checkpoint file what is, as `(name, from, to)`.
fn regions(bytes: &[u8]) -> Vec<(&'static str, usize, usize)> {
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let text = std::str::from_utf8(&bytes[8..header]).unwrap();
    let tensors = 8 + text.find("},").unwrap();
    let middle = header + (bytes.len() - header) / 2;
    vec![
        ("length", 0, 8),
        ("metadata", 8, tensors),
        ("names, shapes and places", tensors, header),
        ("first tensors", header, middle),
        ("last tensors", middle, bytes.len()),
    ]
}

#[test]
fn a_damaged_newest_checkpoint_is_passed_over_wherever_it_is_damaged() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("whole", &[]);
    let newest = sandbox.join("whole/checkpoints/00000012.safetensors");
    let whole = fs::read(&newest).unwrap();
    // Flips by the hundred on a file of the same form without the large tensors.
    let mut there = checkpoint::load(&newest).unwrap();
    there.tensors.retain(|tensor| tensor.data.len() < 2000);
    let small = checkpoint::encode(&there).unwrap();
    let copy = sandbox.join("flipped.safetensors");
    let mut random = ChaCha8Rng::seed_from_u64(200);
    let mut refused = 0;
    for flip in 0..200 {
        let regions = regions(&small);
        let (name, from, to) = regions[flip % regions.len()];
        let at = random.gen_range(from..to);
        let mut bytes = small.clone();
        bytes[at] ^= random.gen_range(1..=255u8);
        fs::write(&copy, &bytes).unwrap();
        match checkpoint::load(&copy) {
            // White space for white space.
            Ok(found) => assert!(found == there, "{name}, byte {at}"),
            Err(error) => {
                refused += 1;
                assert!(error.to_string().contains("flipped.safetensors: "), "{error}");
            }
        }
    }
    assert!(refused >= 190, "{refused} of 200 were refused");

    // And the real program, once for each region and once cut short: the one before is used, and
    // the end is the same.
    for (name, from, to) in regions(&whole).into_iter().chain([("truncated", 0, 0)]) {
        let mut bytes = whole.clone();
        match to {
            0 => bytes.truncate(whole.len() / 3),
            to => bytes[(from + to) / 2] ^= 0x41,
        }
        sandbox.copy_folder("whole", "run");
        fs::write(sandbox.join("run/checkpoints/00000012.safetensors"), bytes).unwrap();
        let output = sandbox.run(&["resume", "run", "--headless", "--quiet", "--iterations", "12"]);
        // By its name it was at its end; the iteration it is really at is found out.
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{name}: {said}");
        assert!(
            said.contains("00000012.safetensors: ")
                && said.contains("using the checkpoint of iteration 8"),
            "{name}: {said}"
        );
        assert!(
            fs::remove_file(sandbox.join("run/checkpoints/00000012.safetensors.damaged")).is_ok(),
            "{name}: it is kept aside"
        );
        assert_same(&sandbox.join("run"), &sandbox.join("whole"));
        fs::remove_dir_all(sandbox.join("run")).unwrap();
    }
}

#[test]
fn torn_and_damaged_files_are_told_and_worked_around() {
    let sandbox = Sandbox::new("iterations: 16, frame_every: 4, checkpoint_every: 4");
    sandbox.train("whole", &[]);
    let damaged = |damage: &dyn Fn(&Path)| {
        let _ = fs::remove_dir_all(sandbox.join("run"));
        sandbox.train("run", &["--iterations", "10"]);
        damage(&sandbox.join("run"));
        let output = sandbox.run(&["resume", "run", "--headless", "--quiet", "--iterations", "16"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        said
    };
    let said = damaged(&|run| {
        let mut log = File::options().append(true).open(run.join("metrics.jsonl")).unwrap();
        log.write_all(b"{\"iteration\":11,\"d_lo").unwrap();
    });
    assert_eq!(said, "warning: metrics.jsonl: the last line is incomplete and was skipped\n");
    assert_same(&sandbox.join("run"), &sandbox.join("whole"));

    let said = damaged(&|run| fs::write(run.join("preset.ron"), "(batch: ").unwrap());
    assert!(
        said.contains("run/preset.ron:1:")
            && said.contains("the preset is taken from the checkpoint of iteration 10"),
        "{said}"
    );
    // The data's place is not in checkpoints; here its name happens to be its place.
    assert_same(&sandbox.join("run"), &sandbox.join("whole"));

    let said = damaged(&|run| fs::write(run.join("run.json"), "{\"state\":").unwrap());
    assert!(
        said.contains("run/run.json: EOF while parsing") && said.contains("a new file is started"),
        "{said}"
    );
    // That the checkpoint of iteration 10 was saved for the sake of stopping stood there: it is
    // kept as one that was asked for.
    fs::remove_file(sandbox.join("run/checkpoints/00000010.safetensors")).unwrap();
    assert_same(&sandbox.join("run"), &sandbox.join("whole"));

    let said = damaged(&|run| fs::remove_file(run.join("frames/00000004.png")).unwrap());
    assert_eq!(said, "warning: frames: one frame is missing\n");
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_and_keeps_what_was_good() {
    let sandbox = Sandbox::new("iterations: 4, checkpoint_every: 2");
    sandbox.train("run", &[]);
    let newest = sandbox.join("run/checkpoints/00000004.safetensors");
    let mut snapshot = checkpoint::load(&newest).unwrap();
    let kernel = snapshot
        .tensors
        .iter_mut()
        .find(|tensor| tensor.name == "discriminator.dense2.kernel")
        .unwrap();
    kernel.data.fill(3e38);
    checkpoint::save(&newest, &snapshot).unwrap();
    let output = sandbox.run(&["resume", "run", "--headless", "--quiet", "--iterations", "9"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.starts_with("error: d_loss_real is NaN at iteration 5: ")
            && said.contains("discriminator.dense2"),
        "{said}"
    );
    assert!(said.ends_with("the checkpoint of iteration 4 is kept\n"), "{said}");
    let manifest = sandbox.manifest("run");
    assert_eq!(
        (&manifest["state"], manifest["reason"].as_str().map(|reason| said.contains(reason))),
        (&"failed".into(), Some(true))
    );
    assert!(checkpoint::load(&newest).unwrap() == snapshot);
    assert!(!sandbox.join("run/checkpoints/00000005.safetensors").exists());
}
