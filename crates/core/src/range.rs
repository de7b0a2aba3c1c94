//! What a value may be: ranges of numbers and rules for short texts, and how they are read, on the
//! command line and with serde.

use std::{fmt, ops::RangeInclusive};

use serde::{
    Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// Whole numbers between two bounds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntRange {
    pub min: u64,
    pub max: u64,
}

/// Numbers between two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FloatRange {
    min: f32,
    excludes_min: bool,
    max: f32,
    excludes_max: bool,
}

/// Short texts.
#[derive(Debug, Clone, Copy)]
pub struct TextRule {
    pub expected: &'static str,
    pub accepts: fn(&str) -> bool,
}

impl IntRange {
    /// Returns the range between two numbers.
    pub const fn new(range: RangeInclusive<u64>) -> Self {
        Self { min: *range.start(), max: *range.end() }
    }

    /// Returns whether the number is in the range.
    pub fn accepts(&self, value: u64) -> bool {
        (self.min..=self.max).contains(&value)
    }

    /// Parses a word of the command line.
    ///
    /// # Errors
    /// Returns what was expected if the word is not a number in the range.
    pub fn parse(&self, text: &str) -> Result<u64, String> {
        let value = text.parse().ok().filter(|&value| self.accepts(value));
        value.ok_or_else(|| format!("expected {self}"))
    }

    /// Reads the value of a field.
    ///
    /// # Errors
    /// Returns the field, expected and found if the value is not a number in the range.
    pub fn read<'de, D: Deserializer<'de>>(&self, field: &str, from: D) -> Result<u64, D::Error> {
        match from.deserialize_any(NumberVisitor { field, expected: self })? {
            Number::Int(value) if self.accepts(value) => Ok(value),
            Number::Int(value) => Err(refused(field, self, &value)),
            Number::Float(value) => Err(refused(field, self, &value)),
        }
    }
}

impl FloatRange {
    /// Returns all numbers from `min` on.
    pub const fn from(min: f32) -> Self {
        Self { min, excludes_min: false, max: f32::MAX, excludes_max: false }
    }

    /// Returns all numbers greater than `min`.
    pub const fn above(min: f32) -> Self {
        Self { excludes_min: true, ..Self::from(min) }
    }

    /// Returns the range cut off after `max`.
    pub const fn up_to(self, max: f32) -> Self {
        Self { max, excludes_max: false, ..self }
    }

    /// Returns the range cut off before `max`.
    pub const fn below(self, max: f32) -> Self {
        Self { max, excludes_max: true, ..self }
    }

    /// Returns whether the number is in the range; NaN never is.
    pub fn accepts(&self, value: f32) -> bool {
        let low = if self.excludes_min { value > self.min } else { value >= self.min };
        let high = if self.excludes_max { value < self.max } else { value <= self.max };
        low && high
    }

    /// Reads the value of a field.
    ///
    /// # Errors
    /// Returns the field, expected and found if the value is not a number in the range.
    pub fn read<'de, D: Deserializer<'de>>(&self, field: &str, from: D) -> Result<f32, D::Error> {
        let value = match from.deserialize_any(NumberVisitor { field, expected: self })? {
            Number::Int(value) => value as f64,
            Number::Float(value) => value,
        };
        if self.accepts(value as f32) {
            Ok(value as f32)
        } else {
            Err(refused(field, self, &value))
        }
    }
}

impl TextRule {
    /// Reads the value of a field.
    ///
    /// # Errors
    /// Returns the field, expected and found if the value is not such a text.
    pub fn read<'de, D: Deserializer<'de>>(
        &self,
        field: &str,
        from: D,
    ) -> Result<String, D::Error> {
        from.deserialize_any(TextVisitor { field, rule: self })
    }
}

impl fmt::Display for IntRange {
    /// Writes what is expected.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {}", self.min, self.max)
    }
}

impl fmt::Display for FloatRange {
    /// Writes what is expected.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let low = if self.excludes_min { "above" } else { "from" };
        let high = if self.excludes_max { "below" } else { "up to" };
        write!(f, "a number {low} {} and {high} {}", self.min, self.max)
    }
}

impl fmt::Display for TextRule {
    /// Writes what is expected.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }
}

/// A number as it is written. It is checked after it was read, so that the error for a number of
/// any kind names the range.
enum Number {
    Int(u64),
    Float(f64),
}

struct NumberVisitor<'a> {
    field: &'a str,
    expected: &'a dyn fmt::Display,
}

impl Visitor<'_> for NumberVisitor<'_> {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.field, self.expected)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number::Int(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
        Ok(u64::try_from(value).map_or(Number::Float(value as f64), Number::Int))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
        Ok(Number::Float(value))
    }
}

struct TextVisitor<'a> {
    field: &'a str,
    rule: &'a TextRule,
}

impl Visitor<'_> for TextVisitor<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected a text in quotes, {}", self.field, self.rule)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        if (self.rule.accepts)(value) {
            Ok(value.into())
        } else {
            Err(refused(self.field, self.rule, &Unexpected::Str(value)))
        }
    }
}

fn refused<E: Error>(field: &str, expected: &dyn fmt::Display, found: &dyn fmt::Display) -> E {
    E::custom(format_args!("{field}: expected {expected}, found {found}"))
}
