//! Holds the import rules: which module may use which, and which crates stay behind one door.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What each top-level module may use of the crate, besides itself. `cli` and `command` may use anything.
const RULES: [(&str, &[&str]); 14] = [
    ("files", &[]),
    ("image", &[]),
    ("event", &["image"]),
    ("preset", &["files"]),
    ("dataset", &["files", "image", "event", "preset"]),
    ("art", &["image"]),
    ("nn", &[]),
    ("model", &["nn"]),
    ("score", &["model", "event", "image"]),
    ("train", &["preset", "dataset", "nn", "model", "score", "event", "image"]),
    ("run", &["files", "preset", "event", "image"]),
    ("link", &["files", "event", "image"]),
    ("export", &["files", "art", "event", "image", "run"]),
    ("monitor", &["files", "preset", "event", "image", "art", "export", "run"]),
];

/// What one file may use beyond its module's rule.
const EXCEPTIONS: [(&str, &str); 0] = [];

/// Crates that only some modules may name.
const DOORS: [(&str, &[&str]); 3] = [("dfdx", &["nn", "model", "train"]), ("ratatui", &["monitor"]), ("crossterm", &["monitor"])];

/// A source file: its path below `src` without the ending, its top-level module, its code without comments and strings.
struct Source {
    path: String,
    module: String,
    code: String,
}

fn sources() -> Vec<Source> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                into.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let source = |file: PathBuf| {
        let path = file.strip_prefix(&root).unwrap().with_extension("").to_str().unwrap().to_owned();
        let module = path.split('/').next().unwrap().to_owned();
        Source { path, module, code: plain_code(&fs::read_to_string(&file).unwrap()) }
    };
    files.into_iter().map(source).collect()
}

/// The code without comments, strings and characters, so that their words count as nothing.
fn plain_code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").map_or(rest.len(), |end| 3 + end + 2)
        } else if first == '"' {
            string_length(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            3
        } else {
            code.push(first);
            first.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where `path` (such as `crate::`) stands in the code as the beginning of a path; what follows it.
fn after<'a>(code: &'a str, path: &str) -> impl Iterator<Item = &'a str> {
    let starts = move |&(index, _): &(usize, &str)| !code[..index].ends_with(|c| is_word(c) || c == ':');
    code.match_indices(path).filter(starts).map(move |(index, _)| &code[index + path.len()..])
}

fn word(text: &str) -> &str {
    &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
}

/// The first words of the paths that follow: one, or those of a `{group}`.
fn heads(text: &str) -> Vec<&str> {
    let Some(group) = text.strip_prefix('{') else { return vec![word(text)] };
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut start = true;
    for (index, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && is_word(c) => {
                heads.push(word(&group[index..]));
                start = false;
            }
            _ => {}
        }
    }
    heads
}

/// The top-level modules that a file uses, by `crate::` or by climbing up with `super::`.
fn uses(source: &Source, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let mut used: BTreeSet<&str> = after(&source.code, "crate::").flat_map(heads).collect();
    let depth = source.path.trim_end_matches("/mod").split('/').count();
    for climb in [depth, depth + 1] {
        let path = "super::".repeat(climb);
        used.extend(after(&source.code, &path).flat_map(heads).collect::<Vec<_>>());
    }
    used.into_iter().filter(|name| modules.contains(*name) && **name != source.module).map(str::to_owned).collect()
}

#[test]
fn modules_use_only_what_they_may() {
    let sources = sources();
    let modules: BTreeSet<String> = sources.iter().map(|source| source.module.clone()).collect();
    let mut wrong = Vec::new();
    for source in &sources {
        let Some((_, allowed)) = RULES.iter().find(|(module, _)| *module == source.module) else {
            assert!(["cli", "command", "lib", "main"].contains(&source.module.as_str()), "no rule for {}", source.path);
            continue;
        };
        for used in uses(source, &modules) {
            let excepted = EXCEPTIONS.iter().any(|(path, module)| source.path.starts_with(path) && *module == used);
            if !allowed.contains(&used.as_str()) && !excepted {
                wrong.push(format!("src/{}.rs uses {used}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn some_crates_stay_behind_their_door() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, doors) in DOORS {
            let named = after(&source.code, &format!("{name}::")).next().is_some() || source.code.contains(&format!("use {name};"));
            if named && !doors.contains(&source.module.as_str()) {
                wrong.push(format!("src/{}.rs names {name}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The compiler denies `unsafe` where nobody allows it; this finds who allows it.
#[test]
fn only_the_kernels_allow_unsafe() {
    for source in sources() {
        let allowed = source.code.contains("allow(unsafe_code") || source.code.contains("expect(unsafe_code");
        assert!(!allowed || source.path.starts_with("nn/kernels"), "src/{}.rs", source.path);
    }
}

/// The reader itself: it sees what is code, in every form of path, and nothing else.
#[test]
fn imports_are_seen_in_every_form() {
    let modules = ["art", "run", "train", "event", "image"].map(str::to_owned).into();
    let seen = |path: &str, text: &str| {
        let source = Source { path: path.into(), module: "monitor".into(), code: plain_code(text) };
        uses(&source, &modules).into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(seen("monitor/app", "use crate::art::Glyphs;"), "art");
    assert_eq!(seen("monitor/app", "use crate::{\n    event::{image, Event},\n    run,\n};"), "event run");
    assert_eq!(seen("monitor/app", "fn f(x: crate::train::X) {}"), "train");
    assert_eq!(seen("monitor/app", "use super::super::train::X;"), "train");
    assert_eq!(seen("monitor/view/app", "use super::super::train::X;"), "", "a module of the monitor's own");
    assert_eq!(seen("monitor/mod", "use super::run;"), "run");
    assert_eq!(seen("monitor/app", "// crate::art\n/* crate::run */ let x = \"\\\"crate::train\"; 'a'; '\"';"), "");
}
