//! Names that may have been meant by one that is not known, and lists of names.

use std::fmt::Display;

/// Returns "did you mean `x`?" if a known name is near, else the known names.
pub fn hint<'a>(found: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(found, known.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("expected one of {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// Returns the known name that is nearest, if one is near.
pub fn nearest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let distance = |name: &str| strsim::damerau_levenshtein(&plain(found), &plain(name));
    let (distance, name) = known.map(|name| (distance(name), name)).min()?;
    (distance <= (name.len() / 3).max(1)).then_some(name)
}

/// Returns `a, b or c`.
pub fn alternatives(values: &[impl Display]) -> String {
    let words: Vec<String> = values.iter().map(ToString::to_string).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_name_is_answered_with_the_list() {
        let known = ["dcgan", "quick"];
        assert_eq!(hint("quik", known.into_iter()), "did you mean `quick`?");
        assert_eq!(hint("wgan-gp", known.into_iter()), "expected one of dcgan, quick");
    }
}
