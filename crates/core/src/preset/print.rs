//! A preset as a commented RON file with every field written out.

use std::fmt::Write;

use super::{Preset, reference::FIELDS};

pub(super) fn ron(preset: &Preset) -> String {
    let mut text = String::from("(\n");
    for field in &FIELDS {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "    // {}\n    {}: {},\n",
            field.about,
            field.name,
            (field.value)(preset)
        );
    }
    text.push_str(")\n");
    text
}

/// The shortest text that reads back to the same number.
pub(super) fn real(value: f32) -> String {
    format!("{value:?}")
}

/// A RON string with its escapes.
pub(super) fn quoted(text: &str) -> String {
    ron::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::preset::{
        Adam, Data,
        fields::{DROPOUT, EPSILON},
    };

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            folder in "\\PC{1,20}", seed: u64, epsilon: f32, dropout in 0.0f32..1.0, description in "[ -~äß\"\\\\]{0,40}",
        ) {
            prop_assume!(EPSILON.accepts(epsilon) && DROPOUT.accepts(dropout));
            let generator = Adam { epsilon, ..Adam::default() };
            let preset = Preset { data: Data::Folder(folder.into()), seed, dropout, generator, description, ..Preset::default() };
            prop_assert_eq!(Preset::parse(&preset.to_ron(), "written").unwrap(), preset);
        }
    }
}
