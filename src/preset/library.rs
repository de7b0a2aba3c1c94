//! The presets there are: built into the program, or a file of the user's.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{Plan, Preset, PresetError, error::hint};

/// A preset that comes with the program.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    pub name: &'static str,
    /// The commented file.
    pub text: &'static str,
}

/// The preset taken where none is named.
pub const DEFAULT: &str = "dcgan";

/// In the order in which they are listed.
pub const BUILT_IN: [BuiltIn; 2] = [
    BuiltIn { name: "dcgan", text: include_str!("../../presets/dcgan.ron") },
    BuiltIn { name: "quick", text: include_str!("../../presets/quick.ron") },
];

/// No preset comes near; what is larger is some other file.
const MAX_BYTES: u64 = 1 << 20;

/// A preset's text and what errors call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub text: String,
    pub origin: String,
}

impl Preset {
    /// The preset of that name, or in that file, with every rule checked.
    ///
    /// # Errors
    /// Where there is none, or it is not a good one.
    pub fn find(name_or_file: &str) -> Result<Self, PresetError> {
        source(name_or_file)?.read()
    }
}

impl Source {
    /// The preset that the text holds, with every rule checked.
    ///
    /// # Errors
    /// Where the text is not a good preset: the place, the field, expected and found.
    pub fn read(&self) -> Result<Preset, PresetError> {
        let preset = Preset::parse(&self.text, &self.origin)?;
        let plan = Plan::try_from(preset).map_err(|error| error.within(&self.origin))?;
        Ok(plan.preset)
    }
}

/// The text of the preset of that name, or in that file. A built-in name comes first: `./quick` is the file.
///
/// # Errors
/// Where there is none, or the file cannot be read.
pub fn source(name_or_file: &str) -> Result<Source, PresetError> {
    if let Some(built_in) = BUILT_IN.iter().find(|built_in| built_in.name == name_or_file) {
        return Ok(Source { text: built_in.text.into(), origin: format!("preset {name_or_file}") });
    }
    let path = Path::new(name_or_file);
    if path.components().count() > 1 || path.extension().is_some() || path.is_file() {
        return file(path);
    }
    let hint = hint(name_or_file, BUILT_IN.iter().map(|built_in| built_in.name));
    Err(PresetError::Unknown { name: name_or_file.into(), hint })
}

fn file(path: &Path) -> Result<Source, PresetError> {
    let unreadable = |reason: String| PresetError::Unreadable { path: path.into(), reason };
    let file = File::open(path).map_err(|error| unreadable(reason(&error)))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(reason(&error)))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable(format!("expected a text of up to {MAX_BYTES} bytes, found more")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        unreadable(format!("expected text in UTF-8, found other bytes in line {line}"))
    })?;
    Ok(Source { text, origin: path.display().to_string() })
}

/// The system's words without the number that Rust appends.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::preset::{Adam, Data};

    #[test]
    fn built_in_presets_are_good_and_called_as_they_say() {
        for built_in in BUILT_IN {
            assert_eq!(Preset::find(built_in.name).unwrap().name, built_in.name);
        }
        assert!(Preset::find(DEFAULT).is_ok());
    }

    #[test]
    fn dcgan_is_the_reference_to_the_letter() {
        let preset = Preset::find("dcgan").unwrap();
        let reference = Preset { name: "dcgan".into(), description: preset.description.clone(), ..Preset::default() };
        assert_eq!(preset, reference);
        assert_eq!((preset.batch, preset.iterations, preset.frame_every, preset.latent), (32, 10_000, 20, 100));
        assert_eq!(preset.generator, Adam { learning_rate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-7 });
        assert_eq!((preset.discriminator, preset.dropout, preset.data), (preset.generator, 0.25, Data::Auto));
    }

    #[test]
    fn built_in_presets_write_every_field_out() {
        for built_in in BUILT_IN {
            for line in Preset::default().to_ron().lines() {
                let Some((field, _)) = line.trim().split_once(':').filter(|_| !line.contains("//")) else { continue };
                assert!(built_in.text.contains(&format!(" {field}: ")), "{}: {field}", built_in.name);
            }
        }
    }

    #[test]
    fn files_that_are_no_presets_are_refused_with_their_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.ron");
        let find = || Preset::find(path.to_str().unwrap()).unwrap_err().to_string();
        assert!(find().contains("mine.ron: no such file"), "{}", find());
        std::fs::write(&path, b"(\n\xff)").unwrap();
        assert!(find().ends_with("mine.ron: expected text in UTF-8, found other bytes in line 2"), "{}", find());
        std::fs::write(&path, vec![b' '; 2 << 20]).unwrap();
        assert!(find().ends_with("mine.ron: expected a text of up to 1048576 bytes, found more"), "{}", find());
        std::fs::write(&path, "(latent: 99)").unwrap();
        assert!(find().ends_with("mine.ron: latent: expected 64 or 100 for model Dcgan, found 99"), "{}", find());
        let mistyped = Preset::find("dcgna").unwrap_err().to_string();
        assert_eq!(mistyped, "no preset named `dcgna`; did you mean `dcgan`?");
    }
}
