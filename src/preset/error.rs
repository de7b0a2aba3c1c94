//! What can be wrong with a preset, told in one line: where, which field, expected, found.

use std::{fmt::Display, path::PathBuf};

use ron::error::{Error as Ron, SpannedError};

/// Why a preset was refused.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    #[error("no preset named `{name}`; {hint}")]
    Unknown { name: String, hint: String },
    #[error("cannot read preset {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("{origin}:{line}:{column}: {reason}")]
    Text { origin: String, line: usize, column: usize, reason: String },
    #[error("{field}: expected {expected}, found {found}")]
    Value { field: String, expected: String, found: String },
    #[error("{origin}: {error}")]
    Within { origin: String, error: Box<PresetError> },
}

impl PresetError {
    pub(super) fn value(field: impl Into<String>, expected: impl Display, found: impl Display) -> Self {
        Self::Value { field: field.into(), expected: expected.to_string(), found: found.to_string() }
    }

    /// Says in which file or preset the rule was broken.
    pub fn within(self, origin: &str) -> Self {
        Self::Within { origin: origin.into(), error: Box::new(self) }
    }

    /// An error of the parser, told in the terms of presets.
    pub(super) fn parsing(origin: &str, text: &str, error: &SpannedError) -> Self {
        let mut place = error.span.start;
        // The parser has read the opening quote when it looks at a string; a reader looks for the string.
        if text.lines().nth(place.line.saturating_sub(1)).and_then(|line| line.chars().nth(place.col.wrapping_sub(2))) == Some('"') {
            place.col -= 1;
        }
        let reason = reason(&error.code, field_at(text, place.line, place.col));
        Self::Text { origin: origin.into(), line: place.line, column: place.col, reason }
    }
}

fn reason(error: &Ron, field: Option<&str>) -> String {
    let plain = match error {
        Ron::NoSuchStructField { found, expected, .. } => {
            return format!("unknown field `{found}`; {}", hint(found, expected.iter().copied()));
        }
        Ron::NoSuchEnumVariant { found, expected, .. } => format!("unknown value `{found}`; {}", hint(found, expected.iter().copied())),
        Ron::DuplicateStructField { field, .. } => return format!("field `{field}` stands here a second time"),
        Ron::InvalidValueForType { expected, found } => return format!("{expected}, found {found}"),
        Ron::Message(message) => return message.clone(),
        Ron::IntegerOutOfBounds => "number too large".into(),
        Ron::TrailingCharacters => return "expected the end of the file after the closing `)`".into(),
        Ron::Eof => return "unexpected end of the file".into(),
        other => lowercase_first(&other.to_string()),
    };
    field.map_or(plain.clone(), |field| format!("{field}: {plain}"))
}

fn lowercase_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

/// The field whose value stands at a place: the last `word:` before it on its line.
fn field_at(text: &str, line: usize, column: usize) -> Option<&str> {
    let line = text.lines().nth(line.checked_sub(1)?)?;
    let end = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(index, _)| index);
    let (before, value) = line[..end].rsplit_once(':')?;
    if value.contains([',', '(']) {
        return None;
    }
    let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |index| index + 1);
    Some(&before[start..]).filter(|word| !word.is_empty())
}

/// "did you mean `x`?" where a known name is near, else the names there are.
pub fn hint<'a>(found: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(&found.to_lowercase(), &name.to_lowercase());
    let nearest = known.clone().map(|name| (distance(name), name)).min();
    match nearest {
        Some((distance, name)) if distance <= (name.len() / 3).max(1) => format!("did you mean `{name}`?"),
        _ => format!("expected one of {}", known.collect::<Vec<_>>().join(", ")),
    }
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
