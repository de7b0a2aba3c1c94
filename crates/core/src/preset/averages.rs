//! Averages of the generator's weights that are kept beside the one that draws images.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{error::PresetError, value::Unranged};
use crate::range::FloatRange;

/// The decay rate of an average.
const DECAY: FloatRange = FloatRange::above(0.0).below(1.0);
/// Each costs as much memory as the generator, and space in every checkpoint.
const MOST: usize = 4;

/// Decay rates of averages, each once, the least first.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(transparent)]
pub struct Averages(Vec<f32>);

impl Averages {
    /// Returns the decay rates.
    pub fn decays(&self) -> &[f32] {
        &self.0
    }

    fn is_good(&self) -> bool {
        let Self(decays) = self;
        decays.len() <= MOST
            && decays.iter().all(|decay| DECAY.accepts(*decay))
            && decays.is_sorted_by(|a, b| a < b)
    }
}

/// Returns the name of the average of a decay rate, as files and options have it: `0.999`.
pub fn average_name(decay: f32) -> String {
    format!("{decay:?}")
}

impl<'de> Deserialize<'de> for Averages {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let averages = Self(Vec::deserialize(from)?);
        match averages.is_good() {
            true => Ok(averages),
            false => {
                let expected = Self::alternatives().concat();
                let found = averages.to_ron();
                Err(D::Error::custom(format!("more_averages: expected {expected}, found {found}")))
            }
        }
    }
}

impl Unranged for Averages {
    const KIND: &'static str = "list";

    fn alternatives() -> Vec<String> {
        vec![format!("up to {MOST} numbers, each {DECAY}, in ascending order")]
    }

    fn to_ron(&self) -> String {
        let decays: Vec<String> = self.0.iter().copied().map(average_name).collect();
        format!("[{}]", decays.join(", "))
    }

    fn check(&self, field: &str) -> Result<(), PresetError> {
        let expected = Self::alternatives().concat();
        PresetError::unless(self.is_good(), field, expected, self.to_ron())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::preset::{Plan, Preset};

    #[test]
    fn decay_rates_are_told_apart_and_in_order() {
        let read = |list: &str| {
            let text = format!("(average: 0.99, more_averages: {list})");
            Preset::parse(&text, "mine.ron").map_err(|error| error.to_string())
        };
        let preset = read("[0.9, 0.9995]").unwrap();
        assert_eq!(preset.more_averages.decays(), [0.9, 0.9995]);
        assert_eq!(preset.more_averages.to_ron(), "[0.9, 0.9995]");
        for (list, found) in [
            ("[1.0]", "found [1.0]"),
            ("[0.9, 0.9]", "found [0.9, 0.9]"),
            ("[0.9, 0.8]", "found [0.9, 0.8]"),
            ("[0.1, 0.2, 0.3, 0.4, 0.5]", "expected up to 4 numbers"),
        ] {
            let error = read(list).unwrap_err();
            assert!(error.contains(found) && error.contains("more_averages"), "{error}");
        }
        let refused = |text: &str| {
            let preset = Preset::parse(text, "mine.ron").unwrap();
            Plan::try_from(preset).unwrap_err().to_string()
        };
        let error = refused("(more_averages: [0.9])");
        assert!(error.contains("average: expected above 0 with more_averages"), "{error}");
        let error = refused("(average: 0.9, more_averages: [0.9])");
        assert!(
            error.contains("more_averages: expected other decay rates than average"),
            "{error}"
        );
    }
}
