//! The types that fields have.

use serde::{Deserializer, de::DeserializeOwned};

use super::{declare::Value, error::PresetError};
use crate::{
    objective::Objective,
    range::{FloatRange, IntRange, TextRule},
};

impl Value for u64 {
    type Range = IntRange;
    const ANY: IntRange = IntRange::new(0..=u64::MAX);
    const KIND: &'static str = "whole number";

    fn read<'de, D: Deserializer<'de>>(
        field: &str,
        range: &IntRange,
        from: D,
    ) -> Result<Self, D::Error> {
        range.read(field, from)
    }

    fn check(&self, field: &str, range: &IntRange) -> Result<(), PresetError> {
        PresetError::unless(range.accepts(*self), field, range, self)
    }

    fn alternatives(range: &IntRange) -> Vec<String> {
        vec![range.to_string()]
    }

    fn to_ron(&self) -> String {
        self.to_string()
    }
}

impl Value for usize {
    type Range = IntRange;
    const ANY: IntRange = u64::ANY;
    const KIND: &'static str = u64::KIND;

    fn read<'de, D: Deserializer<'de>>(
        field: &str,
        range: &IntRange,
        from: D,
    ) -> Result<Self, D::Error> {
        range.read(field, from).map(|value| value as usize)
    }

    fn check(&self, field: &str, range: &IntRange) -> Result<(), PresetError> {
        (*self as u64).check(field, range)
    }

    fn alternatives(range: &IntRange) -> Vec<String> {
        u64::alternatives(range)
    }

    fn to_ron(&self) -> String {
        self.to_string()
    }
}

impl Value for f32 {
    type Range = FloatRange;
    const ANY: FloatRange = FloatRange::from(f32::MIN);
    const KIND: &'static str = "number";

    fn read<'de, D: Deserializer<'de>>(
        field: &str,
        range: &FloatRange,
        from: D,
    ) -> Result<Self, D::Error> {
        range.read(field, from)
    }

    fn check(&self, field: &str, range: &FloatRange) -> Result<(), PresetError> {
        PresetError::unless(range.accepts(*self), field, range, self)
    }

    fn alternatives(range: &FloatRange) -> Vec<String> {
        vec![range.to_string()]
    }

    /// The shortest text that reads back to the same number.
    fn to_ron(&self) -> String {
        format!("{self:?}")
    }
}

impl Value for String {
    type Range = TextRule;
    const ANY: TextRule = TextRule { expected: "text", accepts: |_| true };
    const KIND: &'static str = "text";

    fn read<'de, D: Deserializer<'de>>(
        field: &str,
        rule: &TextRule,
        from: D,
    ) -> Result<Self, D::Error> {
        rule.read(field, from)
    }

    fn check(&self, field: &str, rule: &TextRule) -> Result<(), PresetError> {
        PresetError::unless((rule.accepts)(self), field, rule, format!("{self:?}"))
    }

    fn alternatives(rule: &TextRule) -> Vec<String> {
        vec![rule.to_string()]
    }

    /// A RON string with its escapes.
    fn to_ron(&self) -> String {
        quoted(self)
    }
}

/// Returns a text as a RON string with its escapes.
pub(super) fn quoted(text: &str) -> String {
    ron::to_string(text).unwrap_or_default()
}

/// A type of which every value that serde reads is good.
pub trait Unranged: PartialEq + DeserializeOwned {
    /// What the documentation calls the type.
    const KIND: &'static str = "name";

    /// Returns what a value can be, as written in a preset.
    fn alternatives() -> Vec<String>;

    /// Returns the value as written in a preset; the same text reads back to the same value.
    fn to_ron(&self) -> String;

    /// Reads a value over this one: fields within it that are left out stay.
    ///
    /// # Errors
    /// Those of serde.
    fn update<'de, D: Deserializer<'de>>(&self, from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }

    /// Checks a value that serde did not read.
    ///
    /// # Errors
    /// Returns the field, expected and found if serde would refuse it.
    fn check(&self, _field: &str) -> Result<(), PresetError> {
        Ok(())
    }

    /// Returns the fields within the value that have a line each, and their values.
    fn parts(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

impl<T: Unranged> Value for T {
    type Range = ();
    const ANY: () = ();
    const KIND: &'static str = T::KIND;

    fn read<'de, D: Deserializer<'de>>(_: &str, (): &(), from: D) -> Result<Self, D::Error> {
        T::deserialize(from)
    }

    fn update<'de, D: Deserializer<'de>>(
        &self,
        _: &str,
        (): &(),
        from: D,
    ) -> Result<Self, D::Error> {
        Unranged::update(self, from)
    }

    fn check(&self, field: &str, (): &()) -> Result<(), PresetError> {
        Unranged::check(self, field)
    }

    fn alternatives((): &()) -> Vec<String> {
        T::alternatives()
    }

    fn to_ron(&self) -> String {
        Unranged::to_ron(self)
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        Unranged::parts(self)
    }
}

impl Unranged for bool {
    const KIND: &'static str = "true or false";

    fn alternatives() -> Vec<String> {
        [true, false].map(|value| value.to_string()).into()
    }

    fn to_ron(&self) -> String {
        self.to_string()
    }
}

impl Unranged for Objective {
    fn alternatives() -> Vec<String> {
        let written = |objective: &Self| {
            let parameters = objective.parameters();
            let ranges = parameters.iter().map(|of| (of.name, of.range.to_string()));
            with_parameters(objective.name(), ranges)
        };
        Self::ALL.iter().map(written).collect()
    }

    fn to_ron(&self) -> String {
        let parameters = self.parameters();
        with_parameters(self.name(), parameters.iter().map(|of| (of.name, of.value.to_ron())))
    }

    fn check(&self, field: &str) -> Result<(), PresetError> {
        let mut parameters = self.parameters().into_iter();
        parameters.try_for_each(|of| of.value.check(&format!("{field}.{}", of.name), &of.range))
    }
}

/// Returns a name and its parameters, if it has any, as in `Linear(from: 1, until: 2)`.
pub(super) fn with_parameters(
    name: &str,
    parameters: impl Iterator<Item = (&'static str, String)>,
) -> String {
    let parameters: Vec<String> =
        parameters.map(|(name, value)| format!("{name}: {value}")).collect();
    if parameters.is_empty() { name.into() } else { format!("{name}({})", parameters.join(", ")) }
}

/// Implements [`Unranged`] for fields within a field that are written in one line.
macro_rules! fields_in_a_line {
    ($type:ty) => {
        impl $crate::preset::value::Unranged for $type {
            const KIND: &'static str = "fields";

            fn alternatives() -> Vec<String> {
                let parts =
                    Self::FIELDS.iter().map(|part| (part.name, (part.alternatives)().join(" or ")));
                vec![$crate::preset::value::with_parameters("", parts)]
            }

            fn to_ron(&self) -> String {
                $crate::preset::value::with_parameters(
                    "",
                    Self::FIELDS.iter().map(|part| (part.name, (part.value)(self))),
                )
            }

            fn update<'de, D: serde::Deserializer<'de>>(&self, from: D) -> Result<Self, D::Error> {
                self.updated(from)
            }

            fn check(&self, field: &str) -> Result<(), $crate::preset::PresetError> {
                let mut parts = Self::FIELDS.iter();
                parts.try_for_each(|part| (part.check)(self, &format!("{field}.{}", part.name)))
            }
        }
    };
}
pub(super) use fields_in_a_line;
