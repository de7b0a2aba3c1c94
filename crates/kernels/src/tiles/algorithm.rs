//! The ways to compute a convolution by tiles, and their sizes.

/// A way to compute a 3x3 convolution of stride 1 with "same" padding by tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Of the map upsampled by two: 2x2 outputs, a tile for each pixel of the map.
    Upsampled,
    /// Of the map upsampled by two: 4x4 outputs, a tile for every 2x2 pixels.
    UpsampledPairs,
    /// Of the map itself: 2x2 outputs, a tile for every 2x2 pixels.
    Winograd,
    /// Of the map itself: 4x4 outputs, a tile for every 4x4 pixels.
    WinogradFour,
}

/// Products of a line of five with four factors.
const PAIRS: [usize; 5] = [0, 1, 2, 2, 3];

impl Algorithm {
    /// Pixels of a line from a tile to the next.
    pub fn step(self) -> usize {
        match self {
            Self::Upsampled => 1,
            Self::UpsampledPairs | Self::Winograd => 2,
            Self::WinogradFour => 4,
        }
    }

    /// Outputs of a line of a tile.
    pub fn made(self) -> usize {
        match self {
            Self::Upsampled | Self::Winograd => 2,
            Self::UpsampledPairs | Self::WinogradFour => 4,
        }
    }

    /// Products of a line: their square is the number of points.
    pub fn points(self) -> usize {
        match self {
            Self::Upsampled => 3,
            Self::UpsampledPairs => 5,
            Self::Winograd => 4,
            Self::WinogradFour => 6,
        }
    }

    /// Sums of inputs of a line, which are the products' factors.
    pub fn sums(self) -> usize {
        match self {
            Self::Upsampled => 3,
            Self::UpsampledPairs | Self::Winograd => 4,
            Self::WinogradFour => 6,
        }
    }

    /// Returns which of the sums is the factor of a point.
    pub fn sum_of(self, point: usize) -> usize {
        let of = |point: usize| match self {
            Self::Upsampled | Self::Winograd | Self::WinogradFour => point,
            Self::UpsampledPairs => PAIRS[point],
        };
        of(point / self.points()) * self.sums() + of(point % self.points())
    }
}
