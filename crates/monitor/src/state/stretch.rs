//! The part of a run that the charts show, along their horizontal axis.

/// What the horizontal axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Axis {
    #[default]
    Iterations,
    /// Iterations by their logarithm: the first ones take as much room as the last.
    LogIterations,
    /// Seconds of training.
    Time,
}

impl Axis {
    /// The next one, round and round.
    pub fn next(self) -> Self {
        match self {
            Self::Iterations => Self::LogIterations,
            Self::LogIterations => Self::Time,
            Self::Time => Self::Iterations,
        }
    }
}

/// The part of a run from one place of an axis to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    axis: Axis,
    first: f64,
    last: f64,
}

impl Stretch {
    /// From `first` to `last`: iterations, or seconds of training.
    pub fn new(axis: Axis, first: f64, last: f64) -> Self {
        Self { axis, first, last: last.max(first) }
    }

    pub fn axis(&self) -> Axis {
        self.axis
    }

    pub fn first(&self) -> f64 {
        self.first
    }

    pub fn last(&self) -> f64 {
        self.last
    }

    /// Returns where an iteration is on the axis, given the training time until then.
    pub fn value(&self, iteration: u64, elapsed_s: f64) -> f64 {
        if self.axis == Axis::Time { elapsed_s } else { iteration as f64 }
    }

    /// Returns the share of the way from the first to the last place at which a place is: outside
    /// of 0 to 1 for what is not shown.
    pub fn share(&self, value: f64) -> f64 {
        let map = |value: f64| match self.axis {
            Axis::LogIterations => value.max(1.0).ln(),
            Axis::Iterations | Axis::Time => value,
        };
        let length = map(self.last) - map(self.first);
        if length > 0.0 { (map(value) - map(self.first)) / length } else { value - self.first }
    }

    /// Returns the place at a share of the way, the inverse of [`Stretch::share`].
    pub fn at(&self, share: f64) -> f64 {
        match self.axis {
            Axis::LogIterations => {
                let (first, last) = (self.first.max(1.0).ln(), self.last.max(1.0).ln());
                (first + (last - first) * share).exp()
            }
            Axis::Iterations | Axis::Time => self.first + (self.last - self.first) * share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_shares_are_each_others_inverse() {
        for axis in [Axis::Iterations, Axis::LogIterations, Axis::Time] {
            let stretch = Stretch::new(axis, 1.0, 10_000.0);
            for share in [0.0, 0.25, 0.5, 1.0] {
                assert!(
                    (stretch.share(stretch.at(share)) - share).abs() < 1e-9,
                    "{axis:?} {share}"
                );
            }
        }
        assert_eq!(Stretch::new(Axis::LogIterations, 1.0, 10_000.0).share(100.0), 0.5);
        assert_eq!(Stretch::new(Axis::Iterations, 7.0, 7.0).share(7.0), 0.0, "a single iteration");
    }
}
