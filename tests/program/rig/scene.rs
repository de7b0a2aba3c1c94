//! The commands whose calls are made to fail, each in the place it is run in.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::OnceLock,
    thread,
};

use gan_tui_testing::{Faults, Sandbox, needs, recorded};

use super::walk::{self, Calls};

/// A command, and how it is tried.
pub struct Scene {
    pub name: &'static str,
    pub arguments: &'static [&'static str],
    /// What is done after a fault so that the command's work is done.
    pub again: &'static [&'static str],
    /// The same if `again` finds that the run is there already.
    pub or_else: &'static [&'static str],
    /// Lays out what the command needs.
    prepare: fn(&Sandbox),
    /// The run directories that the command writes or reads, and the other files it writes.
    pub runs: &'static [&'static str],
    pub files: &'static [&'static str],
    /// Whether calls on a path are of interest here.
    pub concerns: fn(&str) -> bool,
    /// Whether the run waits for the storage once it trains.
    pub trains: bool,
    pub is_possible: fn() -> bool,
}

const PRESET: &str = "data: Folder(\"shapes\"), iterations: 6, frame_every: 2, \
                      checkpoint_every: 2, keep_checkpoints: 2";
const TRAIN: &[&str] = &["train", "--preset", "small.ron", "--threads", "1", "--out", "run"];
const TRAIN_AGAIN: &[&str] =
    &["train", "--preset", "small.ron", "--threads", "1", "--out", "run", "--resume-auto"];
const BRANCH: &[&str] =
    &["resume", "run", "--from", "4", "--out", "branch", "--headless", "--threads", "1"];
const FETCH: &[&str] = &["data", "fetch", "mnist", "--to", "fetched", "--timeout", "20"];
const ARCHIVES: &[&str] = &[
    "fetched/train-images-idx3-ubyte.gz",
    "fetched/train-labels-idx1-ubyte.gz",
    "fetched/t10k-images-idx3-ubyte.gz",
    "fetched/t10k-labels-idx1-ubyte.gz",
];

/// What most commands have in common.
const USUAL: Scene = Scene {
    name: "",
    arguments: &[],
    again: &[],
    or_else: &[],
    prepare: |_| {},
    runs: &["run"],
    files: &[],
    concerns: |_| true,
    trains: false,
    is_possible: || true,
};

pub static SCENES: &[Scene] = &[
    Scene {
        name: "train",
        arguments: TRAIN,
        again: TRAIN_AGAIN,
        prepare: lay_out,
        trains: true,
        ..USUAL
    },
    Scene {
        name: "best",
        arguments: TRAIN,
        again: TRAIN_AGAIN,
        // Scored against the embedded digits, which takes a while: only what concerns the best.
        prepare: |sandbox| {
            let preset = "(name: \"small\", model: Mlp, latent: 64, batch: 2, iterations: 2, \
                          score_every: 1, checkpoint_every: 1, data: Synthetic)";
            sandbox.write("small.ron", preset);
        },
        concerns: |path| path.contains("best.safetensors"),
        trains: true,
        ..USUAL
    },
    Scene {
        name: "resume",
        arguments: &["resume", "run", "--headless", "--threads", "1"],
        again: TRAIN_AGAIN,
        prepare: interrupted,
        trains: true,
        ..USUAL
    },
    Scene {
        name: "branch",
        arguments: BRANCH,
        again: BRANCH,
        or_else: &["resume", "branch", "--headless", "--threads", "1"],
        prepare: trained,
        runs: &["run", "branch"],
        trains: true,
        ..USUAL
    },
    Scene {
        name: "gif",
        arguments: &["export", "run", "--out", "out.gif"],
        again: &["export", "run", "--out", "out.gif"],
        prepare: with_old_exports,
        files: &["out.gif"],
        ..USUAL
    },
    Scene {
        name: "csv",
        arguments: &["export", "run", "--out", "out.csv"],
        again: &["export", "run", "--out", "out.csv"],
        prepare: with_old_exports,
        files: &["out.csv"],
        ..USUAL
    },
    Scene {
        name: "fetch",
        arguments: FETCH,
        again: FETCH,
        runs: &[],
        files: ARCHIVES,
        is_possible: || needs::mnist().is_ok(),
        ..USUAL
    },
];

/// The old content of what an export replaces.
pub const OLD: &[u8] = b"what was there before";

fn lay_out(sandbox: &Sandbox) {
    let model = Sandbox::new(PRESET);
    for name in ["small.ron", "shapes"] {
        let copied =
            Command::new("cp").arg("-r").arg(model.join(name)).arg(sandbox.join(name)).status();
        assert!(copied.unwrap().success());
    }
}

fn trained(sandbox: &Sandbox) {
    lay_out(sandbox);
    sandbox.stdout(TRAIN);
}

/// A run that was killed after iteration 6, when its checkpoint was not yet saved: there is
/// something to be cut.
fn interrupted(sandbox: &Sandbox) {
    trained(sandbox);
    fs::remove_file(sandbox.join("run/checkpoints/00000006.safetensors")).unwrap();
    let mut manifest = sandbox.manifest("run");
    manifest["state"] = "running".into();
    manifest["saved"] = 4.into();
    fs::write(sandbox.join("run/run.json"), manifest.to_string()).unwrap();
}

fn with_old_exports(sandbox: &Sandbox) {
    trained(sandbox);
    fs::remove_file(sandbox.join("run/checkpoints/00000004.safetensors")).unwrap();
    for name in ["out.gif", "out.csv"] {
        sandbox.write(name, OLD);
    }
}

/// A scene made ready: the place to copy, the calls of the command when nothing fails, and what it
/// leaves then.
pub struct Stage {
    pub scene: &'static Scene,
    place: Sandbox,
    pub calls: Calls,
    pub expected: BTreeMap<String, Vec<u8>>,
}

impl Stage {
    pub fn of(scene: &'static Scene, library: Faults) -> Self {
        let place = Sandbox::in_memory();
        (scene.prepare)(&place);
        let mut stage =
            Self { scene, place, calls: Calls::default(), expected: BTreeMap::default() };
        let (sandbox, notes) = (stage.copy(), Sandbox::in_memory());
        let log = notes.join("calls");
        let output = library.log(stage.command(&sandbox, scene.arguments), &log).output().unwrap();
        assert!(output.status.success(), "{}: {output:?}", scene.name);
        stage.calls = walk::calls(&fs::read_to_string(log).unwrap(), sandbox.path());
        stage.expected = stage.results(&sandbox);
        stage
    }

    /// A fresh sandbox in which the command can be run. Files are hard links but for those that a
    /// run writes in place.
    pub fn copy(&self) -> Sandbox {
        let sandbox = Sandbox::in_memory();
        let copied =
            Command::new("cp").arg("-rl").arg(self.place.join(".")).arg(sandbox.path()).status();
        assert!(copied.unwrap().success());
        for run in self.scene.runs {
            for name in [".lock", "metrics.jsonl", "log.txt"] {
                let path = sandbox.join(run).join(name);
                if let Ok(bytes) = fs::read(&path) {
                    fs::remove_file(&path).unwrap();
                    fs::write(&path, bytes).unwrap();
                }
            }
        }
        sandbox
    }

    pub fn command(&self, sandbox: &Sandbox, arguments: &[&str]) -> Command {
        let mut command = sandbox.command(arguments);
        if arguments == FETCH {
            command.args(["--mirror", mirror()]);
        }
        command
    }

    /// What must be the same however the command came to its end.
    pub fn results(&self, sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        for run in self.scene.runs {
            for (name, bytes) in recorded(&sandbox.join(run)) {
                found.insert(format!("{run}/{name}"), bytes);
            }
        }
        for file in self.scene.files {
            found.insert((*file).into(), fs::read(sandbox.join(file)).unwrap_or_default());
        }
        found
    }
}

/// The address of a server on loopback that has MNIST's archives.
fn mirror() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let folder = needs::mnist().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that was killed is no concern of the server's.
                let _ = stream.and_then(|stream| answer(&stream, &folder));
            }
        });
        address
    })
}

fn answer(mut stream: &TcpStream, folder: &Path) -> std::io::Result<()> {
    let (mut name, mut from) = (String::new(), 0);
    for line in BufReader::new(stream).lines() {
        let line = line?;
        if let Some(path) = line.strip_prefix("GET /") {
            name = path.split(' ').next().unwrap().to_owned();
        } else if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap();
        } else if line.is_empty() {
            break;
        }
    }
    let content = fs::read(folder.join(name))?;
    match from {
        0 => write!(stream, "HTTP/1.1 200 OK\r\n")?,
        _ => write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{}/{}\r\n",
            content.len() - 1,
            content.len()
        )?,
    }
    let rest = &content[from..];
    write!(stream, "Content-Length: {}\r\nConnection: close\r\n\r\n", rest.len())?;
    stream.write_all(rest)
}
