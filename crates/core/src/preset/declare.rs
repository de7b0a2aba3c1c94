//! How fields are declared: a name, a type, a default, a meaning, and what a [`Declaration`] can
//! add to these. The macro [`fields`] makes all else from it: the struct, reading and writing,
//! checks, and the table of [`Field`]s that comments, comparisons and documentation are made of.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Visitor},
};

use super::error::PresetError;

/// What is known of a field whose values are of type `V`.
#[derive(Debug)]
pub struct Declaration<V: Value> {
    pub name: &'static str,
    /// The lines of its doc comment.
    pub about: &'static [&'static str],
    /// The values that it can have.
    pub range: V::Range,
    /// What its number counts.
    pub unit: &'static str,
    /// Whether checkpoints record the field only if it is not at its default. For fields that
    /// earlier versions did not have, so that checkpoints without them keep their bytes.
    pub omit_default: bool,
    /// Whether the field only concerns what is recorded of a run, not what is trained.
    pub recording_only: bool,
    /// What the documentation says instead of the range, if another rule restricts it further.
    pub alternatives: Option<fn() -> Vec<String>>,
}

impl<V: Value> Declaration<V> {
    /// Returns a field of which only the name and the meaning are declared.
    pub const fn new(name: &'static str, about: &'static [&'static str]) -> Self {
        Self {
            name,
            about,
            range: V::ANY,
            unit: "",
            omit_default: false,
            recording_only: false,
            alternatives: None,
        }
    }

    /// Returns what the field can be, as written in a preset.
    pub fn alternatives(&self) -> Vec<String> {
        self.alternatives
            .map_or_else(|| V::alternatives(&self.range), |alternatives| alternatives())
    }

    /// Returns whether a checkpoint records the field.
    pub fn is_recorded(&self, value: &V, default: &V) -> bool {
        !self.omit_default || value != default
    }
}

/// Reads a field of which `value` is known: fields within it that are left out stay as they are.
pub struct Update<'a, V: Value> {
    pub declaration: &'a Declaration<V>,
    pub value: &'a V,
}

impl<'de, V: Value> DeserializeSeed<'de> for Update<'_, V> {
    type Value = V;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<V, D::Error> {
        self.value.update(self.declaration.name, &self.declaration.range, from)
    }
}

/// A type that a field can have.
pub trait Value: PartialEq + Sized {
    /// What restricts the values of a field.
    type Range;

    /// The range of a field that declares none.
    const ANY: Self::Range;

    /// What the documentation calls the type.
    const KIND: &'static str;

    /// Reads the value of a field.
    ///
    /// # Errors
    /// Returns the field, expected and found if it is not in the range.
    fn read<'de, D: Deserializer<'de>>(
        field: &str,
        range: &Self::Range,
        from: D,
    ) -> Result<Self, D::Error>;

    /// Reads the value of a field over this one: fields within it that are left out stay.
    ///
    /// # Errors
    /// As [`Value::read`].
    fn update<'de, D: Deserializer<'de>>(
        &self,
        field: &str,
        range: &Self::Range,
        from: D,
    ) -> Result<Self, D::Error> {
        Self::read(field, range, from)
    }

    /// Checks a value that was not read.
    ///
    /// # Errors
    /// Returns the field, expected and found if it is not in the range.
    fn check(&self, field: &str, range: &Self::Range) -> Result<(), PresetError>;

    /// Returns what a value can be, as written in a preset.
    fn alternatives(range: &Self::Range) -> Vec<String>;

    /// Returns the value as written in a preset; the same text reads back to the same value.
    fn to_ron(&self) -> String;

    /// Returns the fields within the value that have a line each, and their values.
    fn parts(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// What is known of a field of the struct `T`, whatever the field's type.
pub struct Field<T: 'static> {
    pub name: &'static str,
    pub about: &'static [&'static str],
    /// The name of its Rust type.
    pub type_name: &'static str,
    /// What the documentation calls its type.
    pub kind: &'static str,
    pub unit: &'static str,
    /// Whether the field only concerns what is recorded of a run, not what is trained.
    pub recording_only: bool,
    pub alternatives: fn() -> Vec<String>,
    /// Returns the value as written in a preset.
    pub value: fn(&T) -> String,
    /// Returns the fields within the value that have a line each, and their values.
    pub parts: fn(&T) -> Vec<(&'static str, String)>,
    /// Checks the value of the field of this name.
    pub check: fn(&T, &str) -> Result<(), PresetError>,
}

/// The name of a field as it is read.
pub struct Name(pub String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("field identifier")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(name.into()))
            }
        }
        from.deserialize_identifier(NameVisitor)
    }
}

/// Declares a struct and its fields:
///
/// ```text
/// /// The meaning, which also comments the field in a preset and documents it.
/// name: Type = default, { range: ..., unit: ..., omit_default: ..., };
/// ```
///
/// In braces stand the fields of [`Declaration`] that are not at their defaults.
macro_rules! fields {
    (
        $(#[$attribute:meta])*
        $struct:ident, declared in $declarations:ident:
        $(
            $(#[doc = $about:literal])+
            $field:ident: $type:ty = $default:expr $(, { $($declared:tt)* })?;
        )+
    ) => {
        $(#[$attribute])*
        pub struct $struct {
            $($(#[doc = $about])+ pub $field: $type,)+
        }

        #[doc = concat!("The declarations of the fields of [`", stringify!($struct), "`].")]
        #[derive(Debug)]
        pub struct $declarations {
            $(pub $field: $crate::preset::declare::Declaration<$type>,)+
        }

        impl $struct {
            /// The declarations of the fields.
            pub const DECLARED: $declarations = $declarations {
                $($field: $crate::preset::declare::Declaration {
                    $($($declared)*)?
                    ..$crate::preset::declare::Declaration::new(
                        stringify!($field),
                        &[$($about),+],
                    )
                },)+
            };

            /// The fields, in the order in which they are written.
            pub const FIELDS: &[$crate::preset::declare::Field<Self>] = &[
                $($crate::preset::declare::Field {
                    name: stringify!($field),
                    about: &[$($about),+],
                    type_name: stringify!($type),
                    kind: <$type as $crate::preset::declare::Value>::KIND,
                    unit: Self::DECLARED.$field.unit,
                    recording_only: Self::DECLARED.$field.recording_only,
                    alternatives: || Self::DECLARED.$field.alternatives(),
                    value: |of| $crate::preset::declare::Value::to_ron(&of.$field),
                    parts: |of| $crate::preset::declare::Value::parts(&of.$field),
                    check: |of, name| {
                        let range = &Self::DECLARED.$field.range;
                        $crate::preset::declare::Value::check(&of.$field, name, range)
                    },
                },)+
            ];

            const NAMES: &[&str] = &[$(stringify!($field)),+];

            /// Reads fields over these; those that are left out stay.
            pub(super) fn updated<'de, D: serde::Deserializer<'de>>(
                &self,
                from: D,
            ) -> Result<Self, D::Error> {
                struct Fields($struct);
                impl<'de> serde::de::Visitor<'de> for Fields {
                    type Value = $struct;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("struct ", stringify!($struct)))
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> Result<$struct, A::Error> {
                        use serde::de::Error;
                        let Self(mut read) = self;
                        let mut seen = Vec::new();
                        while let Some($crate::preset::declare::Name(name)) = map.next_key()? {
                            match name.as_str() {
                                $(stringify!($field) => {
                                    if seen.contains(&name) {
                                        return Err(A::Error::duplicate_field(stringify!($field)));
                                    }
                                    read.$field =
                                        map.next_value_seed($crate::preset::declare::Update {
                                            declaration: &$struct::DECLARED.$field,
                                            value: &read.$field,
                                        })?;
                                })+
                                other => {
                                    return Err(A::Error::unknown_field(other, $struct::NAMES));
                                }
                            }
                            seen.push(name);
                        }
                        Ok(read)
                    }
                }
                let fields = Fields(self.clone());
                from.deserialize_struct(stringify!($struct), Self::NAMES, fields)
            }
        }

        impl Default for $struct {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl serde::Serialize for $struct {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;
                let default = Self::default();
                let count = [
                    $(Self::DECLARED.$field.is_recorded(&self.$field, &default.$field)),+
                ];
                let count = count.into_iter().filter(|recorded| *recorded).count();
                let mut to = to.serialize_struct(stringify!($struct), count)?;
                $(
                    if Self::DECLARED.$field.is_recorded(&self.$field, &default.$field) {
                        to.serialize_field(stringify!($field), &self.$field)?;
                    } else {
                        to.skip_field(stringify!($field))?;
                    }
                )+
                to.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $struct {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::default().updated(from)
            }
        }
    };
}

pub(super) use fields;
