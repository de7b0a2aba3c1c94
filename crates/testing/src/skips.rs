//! The record of skipped tests: a file for each in `skipped-tests` of the target folder, since
//! tests run in many processes and libtest shows nothing of a test that passes.

use std::{
    env, fs,
    io::{self, Write},
    path::PathBuf,
};

use crate::needs::Missing;

/// Returns what a test needs, or ends the test and records that it was skipped:
///
/// ```ignore
/// need!(needs::programs(&["ssh", "sshd"]));
/// let mnist = need!(needs::mnist());
/// ```
#[macro_export]
macro_rules! need {
    ($need:expr) => {
        match $crate::note($crate::test_name(&|| ()), $need) {
            Some(found) => found,
            None => return,
        }
    };
}

/// A test that was skipped, and why.
#[derive(Debug)]
pub struct Skipped {
    pub test: String,
    pub needs: Vec<String>,
}

/// Returns the path of the function that contains a closure, from the closure's type.
pub fn test_name<F>(_: &F) -> String {
    std::any::type_name::<F>().replace("::{{closure}}", "")
}

/// Records whether a test was skipped. The line on stderr is written past libtest's capture.
pub fn note<T>(test: String, found: Result<T, Missing>) -> Option<T> {
    let file = folder().join(test.replace("::", "."));
    match found {
        Ok(found) => {
            // A record of an earlier run.
            let _ = fs::remove_file(file);
            Some(found)
        }
        Err(Missing(needs)) => {
            let needs = needs.join(", ");
            let _ = writeln!(io::stderr(), "skipped: {test} needs {needs}");
            fs::create_dir_all(folder()).and_then(|()| fs::write(file, needs)).unwrap();
            None
        }
    }
}

/// Returns all skipped tests, sorted by name, and empties the record.
pub fn take() -> Vec<Skipped> {
    let mut skipped: Vec<Skipped> = fs::read_dir(folder())
        .into_iter()
        .flatten()
        .map(|entry| {
            let entry = entry.unwrap();
            let test = entry.file_name().to_string_lossy().replace('.', "::");
            let needs = fs::read_to_string(entry.path()).unwrap();
            Skipped { test, needs: needs.split(", ").map(String::from).collect() }
        })
        .collect();
    skipped.sort_by(|a, b| a.test.cmp(&b.test));
    let _ = fs::remove_dir_all(folder());
    skipped
}

/// Beside `deps`, where test binaries are.
fn folder() -> PathBuf {
    let binary = env::current_exe().unwrap();
    binary.parent().unwrap().with_file_name("skipped-tests")
}
