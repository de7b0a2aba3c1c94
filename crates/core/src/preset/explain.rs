//! The parser's errors in the terms of presets: the place, the field, expected and found.

use ron::error::{Error as Ron, SpannedError};

use super::{Adam, Preset, PresetError, declare::Field, place, value::Unranged};
use crate::{
    names::{alternatives, hint},
    text::lowercase_first,
};

/// Returns an error of the parser in the terms of presets.
pub(super) fn parse_error(origin: &str, text: &str, error: &SpannedError) -> PresetError {
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
    PresetError::Text { origin: origin.into(), line: found.line, column: found.column, reason }
}

/// The parser's error in a person's words: expected and found, and the field where that is known.
fn reason(error: &Ron, field: Option<&str>, found: &str) -> String {
    if let Some(field) = field
        && let Some(names) = names_of(field)
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
            return format!("duplicate field `{field}`");
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
        Ron::ExpectedNamedStructLike(struct_name) => expected_fields(struct_name, found),
        Ron::MissingStructField { field, outer } => {
            return missing(field, outer.as_deref().unwrap_or_default());
        }
        Ron::ExpectedBoolean => {
            format!("expected {}, found {found}", alternatives(&bool::alternatives()))
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

/// Returns what is known of the preset's field of this name.
fn known(name: &str) -> Option<&'static Field<Preset>> {
    Preset::FIELDS.iter().find(|field| field.name == name)
}

/// Returns what is said if something else stands where the fields of a struct should.
fn expected_fields(struct_name: &str, found: &str) -> String {
    let field = Preset::FIELDS.iter().find(|field| field.type_name == struct_name);
    let parts = field.map(|field| (field.parts)(&Preset::default())).unwrap_or_default();
    let expected = match (field, parts.first()) {
        (Some(field), None) => alternatives(&(field.alternatives)()),
        (_, Some((part, _))) => format!("`(` and fields such as {part}"),
        (None, None) => "`(` and fields".into(),
    };
    format!("expected {expected}, found {found}")
}

/// Returns the values of a field of a preset whose values have names, as they are written.
fn names_of(field: &str) -> Option<Vec<String>> {
    known(field).filter(|field| field.kind == "name").map(|field| (field.alternatives)())
}

/// Returns the message for a named value that lacks a field: which value, and how it is written.
fn missing(field: &str, name: &str) -> String {
    let whole =
        |of: &&str| names_of(of)?.into_iter().find(|value| value.starts_with(&format!("{name}(")));
    match Preset::FIELDS.iter().map(|known| known.name).find_map(|of| Some((of, whole(&of)?))) {
        Some((of, whole)) => format!("{of}: expected {whole}, found no `{field}`"),
        None => format!("field `{field}` is missing"),
    }
}

/// Returns the message for something else found where a name is expected.
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
    let of_adam = |name: &str| Adam::FIELDS.iter().any(|field| field.name == name);
    if of_adam(found) && !expected.contains(&found) {
        return format!(
            "unknown field `{found}` here; it belongs inside `generator` or `discriminator`"
        );
    }
    if Preset::FIELDS.iter().any(|field| field.name == found) && !expected.contains(&found) {
        return format!(
            "unknown field `{found}` here; it belongs outside `generator` and `discriminator`"
        );
    }
    format!("unknown field `{found}`; {}", hint(found, expected.iter().copied()))
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
    let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
    word.filter(|word| !word.is_empty())
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
        assert_eq!(field_at("(\n  // –batch: x", 2, 14), Some("batch"), "not only ASCII");
    }
}
