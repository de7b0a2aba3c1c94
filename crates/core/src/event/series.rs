//! The series that a run can report: a name, how people read it, and where it is drawn.

use std::sync::{PoisonError, RwLock};

/// What a value of a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A plain number, such as a loss.
    Number,
    /// A fraction from 0 to 1, such as an accuracy.
    Fraction,
    /// So many of these.
    Of(&'static str),
}

/// Which chart a series belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chart {
    /// The losses of both networks.
    Losses,
    /// The discriminator's accuracy and mean outputs.
    Discriminator,
    /// What the training takes of its machine.
    Machine,
    /// Everything that this program does not know by name.
    Other,
    /// Recorded, but on no chart.
    None,
}

/// A quantity with a value at each iteration, by its name.
///
/// A handle into one table for the whole process, so that rows of metrics, of which a run may have
/// millions, do not repeat names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series(u16);

struct Row {
    name: &'static str,
    label: &'static str,
    unit: Unit,
    chart: Chart,
}

/// Of the known series, how many every GAN's training has.
const TRAINING: usize = 7;

/// The series of every GAN's training, in the order in which they are recorded, those of its
/// machine, which are not, and those that some runs have.
const KNOWN: [Row; 11] = [
    Row { name: "d_loss", label: "discriminator loss", unit: Unit::Number, chart: Chart::Losses },
    Row {
        name: "d_loss_real",
        label: "loss on real images",
        unit: Unit::Number,
        chart: Chart::None,
    },
    Row {
        name: "d_loss_fake",
        label: "loss on generated images",
        unit: Unit::Number,
        chart: Chart::None,
    },
    Row { name: "g_loss", label: "generator loss", unit: Unit::Number, chart: Chart::Losses },
    Row {
        name: "d_accuracy",
        label: "accuracy",
        unit: Unit::Fraction,
        chart: Chart::Discriminator,
    },
    Row { name: "d_real", label: "D(x)", unit: Unit::Fraction, chart: Chart::Discriminator },
    Row { name: "d_fake", label: "D(G(z))", unit: Unit::Fraction, chart: Chart::Discriminator },
    Row {
        name: "machine/step_ms",
        label: "step time",
        unit: Unit::Of("ms"),
        chart: Chart::Machine,
    },
    Row {
        name: "machine/processor",
        label: "processor",
        unit: Unit::Of("cores"),
        chart: Chart::Machine,
    },
    Row { name: "machine/memory", label: "memory", unit: Unit::Of("MB"), chart: Chart::Machine },
    Row {
        name: "augment_share",
        label: "images augmented",
        unit: Unit::Fraction,
        chart: Chart::Other,
    },
];

/// Names that are not in [`KNOWN`], in the order in which they were first seen. They live as long
/// as the process.
static OTHERS: RwLock<Vec<&'static str>> = RwLock::new(Vec::new());
/// How many of them there may be, and how long a name may be: a file cannot fill the memory.
const MOST_OTHERS: usize = 1024;
const LONGEST_NAME: usize = 200;

impl Series {
    /// The mean of the two discriminator losses.
    pub const D_LOSS: Self = Self(0);
    /// The discriminator's loss on real images.
    pub const D_LOSS_REAL: Self = Self(1);
    /// The discriminator's loss on generated images.
    pub const D_LOSS_FAKE: Self = Self(2);
    pub const G_LOSS: Self = Self(3);
    /// Fraction of the 2n logits on the right side (of zero; of 1/2 with least squares), each
    /// before its own update; with the Wasserstein and relativistic objectives, fraction of the
    /// pairs in which the real image has the higher one.
    pub const D_ACCURACY: Self = Self(4);
    /// Mean sigmoid of the logits of the real images, D(x).
    pub const D_REAL: Self = Self(5);
    /// Mean sigmoid of the logits of the generated images, D(G(z)).
    pub const D_FAKE: Self = Self(6);
    /// How long an iteration took.
    pub const STEP_MS: Self = Self(7);
    /// The cores' time that the process takes.
    pub const PROCESSOR: Self = Self(8);
    /// The memory that the process has.
    pub const MEMORY: Self = Self(9);
    /// The share of the images that the discriminator is given augmented, where it adapts.
    pub const AUGMENT_SHARE: Self = Self(10);

    /// The series of every GAN's training, in the order in which they are recorded.
    pub fn known() -> impl Iterator<Item = Self> {
        (0..TRAINING as u16).map(Self)
    }

    /// Returns the series of that name; `None` if the name is empty or longer than 200 bytes, or
    /// if this process has seen more than 1024 names that it does not know.
    pub fn named(name: &str) -> Option<Self> {
        if let Some(index) = KNOWN.iter().position(|row| row.name == name) {
            return Some(Self(index as u16));
        }
        let place = |names: &[&str]| names.iter().position(|known| *known == name);
        let series = |index: usize| Self((KNOWN.len() + index) as u16);
        if let Some(index) = place(&OTHERS.read().unwrap_or_else(PoisonError::into_inner)) {
            return Some(series(index));
        }
        if name.is_empty() || name.len() > LONGEST_NAME {
            return None;
        }
        let mut others = OTHERS.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = place(&others) {
            return Some(series(index));
        }
        if others.len() == MOST_OTHERS {
            return None;
        }
        others.push(String::from(name).leak());
        Some(series(others.len() - 1))
    }

    /// As files name it, such as `d_loss`.
    pub fn name(self) -> &'static str {
        match self.known_row() {
            Some(row) => row.name,
            None => self.other_name(),
        }
    }

    /// As people read it, such as `discriminator loss`; the name if the series is not known.
    pub fn label(self) -> &'static str {
        match self.known_row() {
            Some(row) => row.label,
            None => self.other_name(),
        }
    }

    /// What its values are.
    pub fn unit(self) -> Unit {
        self.known_row().map_or(Unit::Number, |row| row.unit)
    }

    /// The chart it is drawn on.
    pub fn chart(self) -> Chart {
        self.known_row().map_or(Chart::Other, |row| row.chart)
    }

    fn known_row(self) -> Option<&'static Row> {
        KNOWN.get(usize::from(self.0))
    }

    fn other_name(self) -> &'static str {
        let others = OTHERS.read().unwrap_or_else(PoisonError::into_inner);
        others.get(usize::from(self.0) - KNOWN.len()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_found_by_its_name_and_keeps_it() {
        for series in Series::known() {
            assert_eq!(Series::named(series.name()), Some(series));
        }
        assert_eq!(Series::named("g_loss"), Some(Series::G_LOSS));
        let other = Series::named("gradient_penalty");
        assert_eq!(other, Series::named("gradient_penalty"));
        assert_eq!(other.map(Series::label), Some("gradient_penalty"));
        assert_eq!(other.map(Series::chart), Some(Chart::Other));
        assert_eq!((Series::named(""), Series::named(&"x".repeat(201))), (None, None));
    }
}
