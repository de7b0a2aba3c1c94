//! What cannot be read is never taken for what is not there: nothing of a run is changed before all
//! of it could be read and written.

mod branches;
mod checkpoints;
mod cuts;
mod data;
mod permissions;
mod restart;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use gan_tui_testing::Sandbox;

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
