//! What can be wrong with a preset, told in one line: where, which field, expected, found.

use std::{fmt::Display, path::PathBuf};

use ron::error::{Error as Ron, SpannedError};

use super::{
    place,
    reference::{self, ADAM, FIELDS, alternatives},
};

/// Why a preset was refused.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    #[error("no preset named `{name}`; {hint}")]
    Unknown { name: String, hint: String },
    #[error("cannot read preset {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("cannot read the folder of your presets, {}: {reason}", path.display())]
    Folder { path: PathBuf, reason: String },
    #[error("{origin}:{line}:{column}: {reason}")]
    Text { origin: String, line: usize, column: usize, reason: String },
    #[error("{field}: expected {expected}, found {found}")]
    Value { field: String, expected: String, found: String },
    #[error("{origin}: {error}")]
    Within { origin: String, error: Box<PresetError> },
}

impl PresetError {
    pub(super) fn value(
        field: impl Into<String>,
        expected: impl Display,
        found: impl Display,
    ) -> Self {
        Self::Value {
            field: field.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// Says in which file or preset the rule was broken.
    pub fn within(self, origin: &str) -> Self {
        Self::Within { origin: origin.into(), error: Box::new(self) }
    }

    /// An error of the parser, told in the terms of presets.
    pub(super) fn parsing(origin: &str, text: &str, error: &SpannedError) -> Self {
        let mut place = error.span.start;
        // The parser has read the opening quote when it looks at a string; a reader looks for the
        // string.
        if text
            .lines()
            .nth(place.line.saturating_sub(1))
            .and_then(|line| line.chars().nth(place.col.wrapping_sub(2)))
            == Some('"')
        {
            place.col -= 1;
        }
        let (line, column) = (place.line, place.col);
        let mut found = place::Found::at(text, line, column);
        // What is missing is missed behind a value, and what is too much stands behind blanks.
        if matches!(error.code, Ron::ExpectedComma | Ron::TrailingCharacters) {
            let end = place::Found::at(text, error.span.end.line, error.span.end.col);
            found = if end.is_end() { end } else { found };
        } else {
            (found.line, found.column) = (line, column);
        }
        let reason = reason(&error.code, field_at(text, line, column), &found.to_string());
        Self::Text { origin: origin.into(), line: found.line, column: found.column, reason }
    }
}

/// The parser's error in a person's words: expected and found, and the field where that is known.
fn reason(error: &Ron, field: Option<&str>, found: &str) -> String {
    if let Some(field) = field
        && let Some(names) = reference::names_of(field)
        && let Some(reason) = wrong_name(error, &names, found)
    {
        return format!("{field}: {reason}");
    }
    let plain = match error {
        Ron::NoSuchStructField { found, expected, .. } => return unknown_field(found, expected),
        Ron::NoSuchEnumVariant { found, expected, .. } => {
            format!("unknown value `{found}`; {}", hint(found, expected.iter().copied()))
        }
        Ron::DuplicateStructField { field, .. } => {
            return format!("field `{field}` stands here a second time");
        }
        // What has no quotes was read as a name.
        Ron::InvalidValueForType { expected, found } if found == "a unit value" => {
            return format!("{expected}, found a name without quotes");
        }
        Ron::InvalidValueForType { expected, found } => {
            return format!("{expected}, found {found}");
        }
        Ron::Message(message) => return message.clone(),
        Ron::ExpectedNamedStructLike("Preset")
        | Ron::ExpectedDifferentStructName { expected: "Preset", .. } => {
            format!("expected `(` and the fields of a preset, found {found}")
        }
        Ron::ExpectedNamedStructLike("InstanceNoise") => {
            format!("expected {}, found {found}", alternatives(&reference::noises()))
        }
        Ron::ExpectedNamedStructLike(_) => {
            format!("expected `(` and fields such as {}, found {found}", ADAM[0].name)
        }
        Ron::MissingStructField { field, outer } => {
            return missing(field, outer.as_deref().unwrap_or_default());
        }
        Ron::ExpectedBoolean => {
            format!("expected {}, found {found}", alternatives(&reference::truths()))
        }
        Ron::ExpectedComma => format!("expected `,` or `)`, found {found}"),
        Ron::ExpectedMapColon => format!("expected `:` after the field's name, found {found}"),
        Ron::ExpectedIdentifier | Ron::SuggestRawIdentifier(_) | Ron::InvalidIdentifier(_) => {
            format!("expected the name of a field, found {found}")
        }
        Ron::UnexpectedChar(_) => format!("expected a value, found {found}"),
        Ron::ExpectedStringEnd => "expected a closing `\"`, found the end of the file".into(),
        Ron::ExpectedString => format!("expected a path in quotes, found {found}"),
        Ron::IntegerOutOfBounds => "number too large".into(),
        Ron::TrailingCharacters => {
            format!("expected the end of the file after the closing `)`, found {found}")
        }
        Ron::Eof => "expected `)`, found the end of the file".into(),
        other => lowercase_first(&other.to_string()),
    };
    field.map_or(plain.clone(), |field| format!("{field}: {plain}"))
}

/// What is said where a field of a name is missing: whose value that is, and how it is written.
fn missing(field: &str, name: &str) -> String {
    let whole = |of: &&str| {
        reference::names_of(of)?.into_iter().find(|value| value.starts_with(&format!("{name}(")))
    };
    match FIELDS.iter().map(|known| known.name).find_map(|of| Some((of, whole(&of)?))) {
        Some((of, whole)) => format!("{of}: expected {whole}, found no `{field}`"),
        None => format!("field `{field}` is missing"),
    }
}

/// What is said where something else stands in the place of a name.
fn wrong_name(error: &Ron, names: &[String], found: &str) -> Option<String> {
    match error {
        Ron::SuggestRawIdentifier(word) | Ron::InvalidIdentifier(word)
            if word.starts_with(|c: char| c.is_alphabetic()) =>
        {
            Some(format!(
                "unknown value `{word}`; {}",
                hint(word, names.iter().map(String::as_str))
            ))
        }
        Ron::SuggestRawIdentifier(_) | Ron::InvalidIdentifier(_) | Ron::ExpectedIdentifier => {
            Some(format!("expected a name without quotes, {}, found {found}", alternatives(names)))
        }
        // A name that stands without what belongs to it.
        Ron::ExpectedStructLike => {
            let whole: Vec<&String> = names.iter().filter(|name| name.contains('(')).collect();
            Some(format!("expected {}, found {found} after the name", alternatives(&whole)))
        }
        _ => None,
    }
}

/// A field that is not known here may be one that belongs elsewhere.
fn unknown_field(found: &str, expected: &[&str]) -> String {
    let of_adam = |name: &str| ADAM.iter().any(|field| field.name == name);
    if of_adam(found) && !expected.contains(&found) {
        return format!(
            "unknown field `{found}` here; it stands within `generator` and `discriminator`"
        );
    }
    if FIELDS.iter().any(|field| field.name == found) && !expected.contains(&found) {
        return format!(
            "unknown field `{found}` here; it stands beside `generator` and `discriminator`"
        );
    }
    format!("unknown field `{found}`; {}", hint(found, expected.iter().copied()))
}

fn lowercase_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

/// The field whose value stands at a place: the last `word:` before it on its line.
fn field_at(text: &str, line: usize, column: usize) -> Option<&str> {
    let line = text.lines().nth(line.checked_sub(1)?)?;
    let end =
        line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(index, _)| index);
    let (before, value) = line[..end].rsplit_once(':')?;
    if value.contains([',', '(']) {
        return None;
    }
    let start =
        before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |index| index + 1);
    Some(&before[start..]).filter(|word| !word.is_empty())
}

/// "did you mean `x`?" where a known name is near, else the names there are.
pub fn hint<'a>(found: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(found, known.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("expected one of {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// The known name that is nearest, where one is near.
pub fn nearest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let distance = |name: &str| strsim::damerau_levenshtein(&plain(found), &plain(name));
    let (distance, name) = known.map(|name| (distance(name), name)).min()?;
    (distance <= (name.len() / 3).max(1)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_before_a_place_is_found() {
        assert_eq!(field_at("(\n  batch: x", 2, 10), Some("batch"));
        assert_eq!(field_at("(generator: (beta1: 3))", 1, 21), Some("beta1"));
        assert_eq!(field_at("(batch: 3, 4)", 1, 12), None, "the comma ends a field");
        assert_eq!(field_at("", 9, 9), None);
    }

    #[test]
    fn a_far_name_is_answered_with_the_list() {
        let known = ["dcgan", "quick"];
        assert_eq!(hint("quik", known.into_iter()), "did you mean `quick`?");
        assert_eq!(hint("wgan-gp", known.into_iter()), "expected one of dcgan, quick");
    }
}
