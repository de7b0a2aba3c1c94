//! The settings of an optimiser.

use serde::Deserializer;

use super::{declare::fields, error::PresetError, value::Unranged};
use crate::range::FloatRange;

fields! {
    /// Adam as in algorithm 1 of Kingma and Ba, 2015.
    #[derive(Debug, Clone, Copy, PartialEq)]
    Adam, declared in AdamDeclarations:

    /// Learning rate.
    learning_rate: f32 = 2e-4, { range: FloatRange::above(0.0).up_to(1.0), };

    /// Decay rate of the first-moment estimate.
    beta1: f32 = 0.5, { range: FloatRange::from(0.0).below(1.0), unit: "share", };

    /// Decay rate of the second-moment estimate.
    beta2: f32 = 0.999, { range: FloatRange::from(0.0).below(1.0), unit: "share", };

    /// Constant added to the denominator for numerical stability.
    epsilon: f32 = 1e-7, { range: FloatRange::above(0.0).up_to(1.0), };
}

impl Unranged for Adam {
    const KIND: &'static str = "fields";

    fn alternatives() -> Vec<String> {
        vec!["the fields below".into()]
    }

    fn to_ron(&self) -> String {
        let parts = self.parts().into_iter();
        let lines: String =
            parts.map(|(name, value)| format!("        {name}: {value},\n")).collect();
        format!("(\n{lines}    )")
    }

    fn update<'de, D: Deserializer<'de>>(&self, from: D) -> Result<Self, D::Error> {
        self.updated(from)
    }

    fn check(&self, field: &str) -> Result<(), PresetError> {
        let mut parts = Self::FIELDS.iter();
        parts.try_for_each(|part| (part.check)(self, &format!("{field}.{}", part.name)))
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        Self::FIELDS.iter().map(|part| (part.name, (part.value)(self))).collect()
    }
}
