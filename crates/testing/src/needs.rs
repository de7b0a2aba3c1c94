//! What tests need beyond Rust, each found at run time or reported as [`Missing`].

use std::{
    env, fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

/// The names of what a test needs and this machine does not have.
#[derive(Debug)]
pub struct Missing(pub Vec<String>);

impl Missing {
    pub fn new(need: &str) -> Self {
        Self(vec![need.into()])
    }
}

/// Returns a program's path, searched in `PATH` and where administrators' programs are.
///
/// # Errors
///
/// Returns an error if there is no such program.
pub fn program(name: &str) -> Result<PathBuf, Missing> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let is_program = |path: &Path| {
        path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 1 != 0)
    };
    folders
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
        .ok_or_else(|| Missing::new(name))
}

/// Looks for several programs.
///
/// # Errors
///
/// Returns an error that names all that are missing.
pub fn programs(names: &[&str]) -> Result<(), Missing> {
    let missing = names.iter().filter_map(|name| program(name).err());
    let missing: Vec<String> = missing.flat_map(|missing| missing.0).collect();
    if missing.is_empty() { Ok(()) } else { Err(Missing(missing)) }
}

/// Returns Python (`GAN_TUI_PYTHON`, or `python3`) with packages, given as they are imported.
///
/// # Errors
///
/// Returns an error that names the packages that are missing, or Python.
pub fn python(packages: &[&str]) -> Result<Command, Missing> {
    let program = env::var_os("GAN_TUI_PYTHON").unwrap_or_else(|| "python3".into());
    let script = "import importlib.util, sys
print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name) is None))";
    let Ok(output) = Command::new(&program).args(["-c", script]).args(packages).output() else {
        return Err(Missing::new("python3"));
    };
    let missing = String::from_utf8_lossy(&output.stdout);
    let missing: Vec<String> = missing.split_whitespace().map(String::from).collect();
    if missing.is_empty() { Ok(Command::new(program)) } else { Err(Missing(missing)) }
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|own| own.uid() == 0)
}

/// Asks for root's rights.
///
/// # Errors
///
/// Returns an error if this process does not run as root.
pub fn root() -> Result<(), Missing> {
    if is_root() { Ok(()) } else { Err(Missing::new("root")) }
}

/// Asks for a folder on whose files attributes such as `i` (immutable) can be set.
///
/// # Errors
///
/// Returns an error if this process does not run as root, there is no `chattr`, or the file system
/// has no attributes.
pub fn attributes(folder: &Path) -> Result<(), Missing> {
    root()?;
    program("chattr")?;
    let file = folder.join("attributes");
    fs::write(&file, "").unwrap();
    let set = |change| Command::new("chattr").arg(change).arg(&file).output().unwrap().status;
    let has_attributes = set("+i").success() && set("-i").success();
    fs::remove_file(&file).unwrap();
    if has_attributes { Ok(()) } else { Err(Missing::new("attributes")) }
}

/// Returns the folder with MNIST that `GAN_TUI_MNIST` names.
///
/// # Errors
///
/// Returns an error if the variable is not set.
pub fn mnist() -> Result<PathBuf, Missing> {
    variable("GAN_TUI_MNIST").map(PathBuf::from)
}

/// Returns the files of golden numbers that `GAN_TUI_GOLDEN` names, with `:` between them.
///
/// # Errors
///
/// Returns an error if the variable is not set.
pub fn golden() -> Result<Vec<PathBuf>, Missing> {
    variable("GAN_TUI_GOLDEN").map(|files| env::split_paths(&files).collect())
}

fn variable(name: &str) -> Result<std::ffi::OsString, Missing> {
    env::var_os(name).filter(|value| !value.is_empty()).ok_or_else(|| Missing::new(name))
}
