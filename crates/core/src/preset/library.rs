//! The presets there are: in the user's folder, built into the program, or in a file.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Plan, Preset, PresetError, place};
use crate::{
    files::{self, UserFolder, reason},
    names::{hint, nearest},
    text::shown,
};

/// A preset that comes with the program.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    pub name: &'static str,
    /// The file: a comment, and the fields that are not at their defaults.
    pub text: &'static str,
    /// What comes out, in a sentence.
    pub expect: &'static str,
}

/// The baseline: what `bench` measures where no preset is named, and what fields that a preset leaves
/// out are.
pub const DEFAULT: &str = "dcgan";

/// In the order in which they are listed.
pub const BUILT_IN: [BuiltIn; 10] = [
    BuiltIn {
        name: "dcgan",
        text: include_str!("../../presets/dcgan.ron"),
        expect: "Digits take shape over some thousands of iterations; distance about 31.5 at the end (real images: 3.8).",
    },
    BuiltIn {
        name: "quick",
        text: include_str!("../../presets/quick.ron"),
        expect: "Digits that can be read, by the networks of the baseline.",
    },
    BuiltIn {
        name: "dcgan-small",
        text: include_str!("../../presets/dcgan-small.ron"),
        expect: "Digits that can be read; which ones come is up to chance.",
    },
    BuiltIn {
        name: "fast",
        text: include_str!("../../presets/fast.ron"),
        expect: "Digits that can be read within 200 iterations; distance 8 after 1,700 (real images: 3.8).",
    },
    BuiltIn {
        name: "fast-unlabelled",
        text: include_str!("../../presets/fast-unlabelled.ron"),
        expect: "Images like those of the data; which ones come is up to chance.",
    },
    BuiltIn {
        name: "best",
        text: include_str!("../../presets/best.ron"),
        expect: "Distance 5 after 16,000 iterations (real images: 3.8).",
    },
    BuiltIn {
        name: "digits",
        text: include_str!("../../presets/digits.ron"),
        expect: "Of 1,000 digits asked for, 998 are read as such. `#` writes a number.",
    },
    BuiltIn {
        name: "faces",
        text: include_str!("../../presets/faces.ron"),
        expect: "Faces, or the pictures of your own, at 32x32; with labels, a row for each class.",
    },
    BuiltIn {
        name: "faces64",
        text: include_str!("../../presets/faces64.ron"),
        expect: "The same at 64x64, four times the pixels.",
    },
    BuiltIn {
        name: "mlp",
        text: include_str!("../../presets/mlp.ron"),
        expect: "Grainy digits, quickly: what convolutions are good for shows by comparison.",
    },
];

/// No preset comes near; what is larger is some other file.
const MAX_BYTES: u64 = 1 << 20;
/// Follows the comment of a built-in preset.
const TO_EDIT: &str = "//
// To make it your own, save it under another name, which is then the preset's, change what you
// like and run it with `gan-tui --preset FILE`. A field that is left out has the value it has in
// `dcgan`.
";

/// Of a preset's file.
const ENDING: &str = "ron";
/// What the file of a run's preset is called, without its ending.
const RECORDED: &str = "preset";

/// A preset's text and what errors call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub text: String,
    pub origin: String,
    /// What the preset is called, whatever its field says: the name of its file.
    name: Option<String>,
    is_built_in: bool,
}

/// A preset that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As `--preset` takes it.
    pub name: String,
    /// The user's file; `None` where it is built in.
    pub file: Option<PathBuf>,
}

/// The presets with a name, the user's own and those built in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Library {
    /// Where the user's own are, if anywhere.
    folder: Option<PathBuf>,
}

impl Preset {
    /// The preset of that name, or in that file, with every rule checked.
    ///
    /// # Errors
    /// Returns an error if there is none, or it is not a good one.
    pub fn find(name_or_file: &str) -> Result<Self, PresetError> {
        source(name_or_file)?.read()
    }
}

impl BuiltIn {
    /// The preset.
    ///
    /// # Errors
    /// Never, as a test holds.
    pub fn read(&self) -> Result<Preset, PresetError> {
        self.source().read()
    }

    fn source(&self) -> Source {
        Source {
            text: self.text.into(),
            origin: format!("preset {}", self.name),
            name: None,
            is_built_in: true,
        }
    }
}

impl Source {
    /// The preset that the text holds, called as its file, with every rule checked.
    ///
    /// # Errors
    /// Returns an error if the text is not a good preset: the place, the field, expected and found.
    pub fn read(&self) -> Result<Preset, PresetError> {
        let preset = self.read_as_written()?;
        Ok(match &self.name {
            Some(name) => Preset { name: name.clone(), ..preset },
            None => preset,
        })
    }

    /// The same with the name that the text holds.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub fn read_as_written(&self) -> Result<Preset, PresetError> {
        let preset = Preset::parse(&self.text, &self.origin)?;
        let plan = Plan::try_from(preset).map_err(|error| self.placed(error))?;
        Ok(plan.preset)
    }

    /// Returns a file to save and edit: a user's as it is; for a built-in preset the comment that
    /// it begins with, and every field.
    ///
    /// # Errors
    /// Returns an error if the text is not a good preset.
    pub fn complete(&self) -> Result<String, PresetError> {
        let preset = self.read()?;
        if !self.is_built_in {
            return Ok(self.text.clone());
        }
        let comment = self.text.lines().take_while(|line| line.starts_with("//"));
        let comment: String = comment.map(|line| format!("{line}\n")).collect();
        Ok(comment + TO_EDIT + &preset.to_ron())
    }

    /// A rule that was broken, with the place of the field that it names.
    fn placed(&self, error: PresetError) -> PresetError {
        let PresetError::Value { field, .. } = &error else { return error.within(&self.origin) };
        match place::of(&self.text, field) {
            Some((line, column)) => PresetError::Text {
                origin: self.origin.clone(),
                line,
                column,
                reason: error.to_string(),
            },
            None => error.within(&self.origin),
        }
    }
}

impl Named {
    /// Its text.
    ///
    /// # Errors
    /// Returns an error if its file cannot be read.
    pub fn source(&self) -> Result<Source, PresetError> {
        match &self.file {
            Some(path) => Ok(Source { name: as_name(&self.name), ..file(path)? }),
            None => BUILT_IN
                .iter()
                .find(|built_in| built_in.name == self.name)
                .map(BuiltIn::source)
                .ok_or_else(|| self.unknown()),
        }
    }

    fn unknown(&self) -> PresetError {
        PresetError::Unknown {
            name: self.name.clone(),
            hint: hint(&self.name, BUILT_IN.iter().map(|built_in| built_in.name)),
        }
    }
}

impl Library {
    /// The user's library: `presets` in `$XDG_CONFIG_HOME/gan-tui`, else in `~/.config/gan-tui`.
    pub fn of_the_user() -> Self {
        Self { folder: UserFolder::Config.path().map(|folder| folder.join("presets")) }
    }

    /// Returns every preset with a name: the built-in ones, then the user's in alphabetical order. A
    /// preset of the user's replaces the built-in one of its name.
    ///
    /// # Errors
    /// Returns an error if the user has a folder of presets that cannot be read: any of them may
    /// replace a built-in one.
    pub fn all(&self) -> Result<Vec<Named>, PresetError> {
        let mut all = Self::built_in();
        for (name, path) in self.own()? {
            match all.iter_mut().find(|named| named.name == name) {
                Some(named) => named.file = Some(path),
                None => all.push(Named { name, file: Some(path) }),
            }
        }
        Ok(all)
    }

    /// The presets that are part of the program.
    pub fn built_in() -> Vec<Named> {
        BUILT_IN.iter().map(|built_in| Named { name: built_in.name.into(), file: None }).collect()
    }

    /// The text of the preset of that name, or in that file. Names come first: `./quick` is the
    /// file.
    ///
    /// # Errors
    /// Returns an error if there is none, or its file cannot be read.
    pub fn source(&self, name_or_file: &str) -> Result<Source, PresetError> {
        let path = Path::new(name_or_file);
        if path.components().count() > 1 {
            return file(path);
        }
        let all = self.all()?;
        if let Some(named) = all.iter().find(|named| named.name == name_or_file) {
            return named.source();
        }
        if path.extension().is_some()
            || files::is_file(path).map_err(|error| unreadable(path, reason(&error)))?
        {
            return file(path);
        }
        let hint = hint(name_or_file, all.iter().map(|named| named.name.as_str()));
        Err(PresetError::Unknown { name: name_or_file.into(), hint })
    }

    /// Names and files in the user's folder; none where there is no such folder.
    fn own(&self) -> Result<Vec<(String, PathBuf)>, PresetError> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let entries = files::entries(folder).map_err(|error| PresetError::Folder {
            path: folder.clone(),
            reason: reason(&error),
        })?;
        let named = |path: PathBuf| {
            let name = path.file_stem()?.to_str()?.to_owned();
            // One that cannot be looked at keeps its name: who asks for it hears why.
            let is_folder = || files::is_folder(&path).unwrap_or(false);
            (path.extension()? == ENDING && !name.starts_with('.') && !is_folder())
                .then_some((name, path))
        };
        let mut own: Vec<(String, PathBuf)> =
            entries.into_iter().flatten().filter_map(|entry| named(entry.path())).collect();
        own.sort();
        Ok(own)
    }
}

/// The text of the preset of that name in the user's library, or in that file.
///
/// # Errors
/// As [`Library::source`].
pub fn source(name_or_file: &str) -> Result<Source, PresetError> {
    Library::of_the_user().source(name_or_file)
}

fn file(path: &Path) -> Result<Source, PresetError> {
    let unreadable = |reason: String| unreadable(path, reason);
    let bytes = match files::read_stream(path, MAX_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            return Err(unreadable(format!("{}{}", reason(&files::not_found()), neighbour(path))));
        }
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            return Err(unreadable(format!(
                "expected a text of up to {MAX_BYTES} bytes, found more"
            )));
        }
        Err(error) => return Err(unreadable(reason(&error))),
    };
    let text = files::text::decode(bytes).map_err(unreadable)?;
    let origin = shown(path);
    Ok(Source { text, origin, name: name_of(path), is_built_in: false })
}

/// Returns what a preset in a file is called: as the file is. A run's own file, and those that have
/// no name of their own (`/dev/stdin`), leave that to the field.
fn name_of(path: &Path) -> Option<String> {
    let is_nameless = ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder));
    let stem = path.file_stem()?.to_string_lossy();
    if stem == RECORDED || is_nameless { None } else { as_name(&stem) }
}

/// Returns a file's name with only what the name of a preset may hold, if it has any of that.
fn as_name(stem: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let name: String =
        stem.chars().map(|letter| if allowed(letter) { letter } else { '-' }).collect();
    let name = name.trim_start_matches(['-', '_']);
    let name = name[..name.len().min(super::LONGEST_NAME)].trim_end_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

fn unreadable(path: &Path, reason: String) -> PresetError {
    PresetError::Unreadable { path: path.into(), reason }
}

/// The preset beside a file that is not there whose name is near to its name.
fn neighbour(path: &Path) -> String {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    // Only a suggestion: a folder that cannot be read has none to make.
    let entries =
        files::entries(folder).ok().flatten().into_iter().flatten().map(|entry| entry.path());
    let names: Vec<String> = entries
        .filter(|path| path.extension().is_some_and(|ending| ending == ENDING))
        .filter_map(|path| name(&path))
        .collect();
    let found = name(path)
        .and_then(|wanted| nearest(&wanted, names.iter().map(String::as_str)).map(str::to_owned));
    found.map_or_else(String::new, |name| {
        format!("; did you mean `{}`?", shown(&path.with_file_name(name)))
    })
}

#[cfg(test)]
mod tests;
