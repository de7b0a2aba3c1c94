//! The numbers of a JSON object, those of objects within it too.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// The numbers of a row, those of an object within it under its name and a slash.
#[derive(Debug, Default, PartialEq)]
pub struct Row(pub Vec<(String, f64)>);

/// Returns the numbers of a line; `None` if it is no object.
pub fn parse(line: &[u8]) -> Option<Row> {
    if let Ok(row) = serde_json::from_slice::<Row>(line) {
        return Some(row);
    }
    // Python writes NaN and Infinity, which JSON does not have.
    let text = std::str::from_utf8(line).ok()?;
    let mended = text.replace("-Infinity", "null").replace("Infinity", "null");
    serde_json::from_str(&mended.replace("NaN", "null")).ok()
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut row = Row(Vec::with_capacity(8));
        while let Some(name) = map.next_key::<String>()? {
            match map.next_value::<Value>()? {
                Value::Number(value) => row.0.push((name, value)),
                Value::Object(inner) => {
                    row.0.extend(
                        inner.0.into_iter().map(|(of, value)| (format!("{name}/{of}"), value)),
                    );
                }
                Value::Other => {}
            }
        }
        Ok(row)
    }
}

/// What stands under a name.
enum Value {
    Number(f64),
    Object(Row),
    Other,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Number(f64::NAN))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        RowVisitor.visit_map(map).map(Value::Object)
    }
}
